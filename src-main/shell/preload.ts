/** What a page cannot do by itself: native dialogs, reveal in folder, menu events. Nothing else crosses. */
import { contextBridge, ipcRenderer } from 'electron';

contextBridge.exposeInMainWorld('trackletShell', {
  pickFolder: (title: string) => ipcRenderer.invoke('shell:pickFolder', title) as Promise<string | null>,
  pickFile: (title: string, extensions: string[]) => ipcRenderer.invoke('shell:pickFile', title, extensions) as Promise<string | null>,
  /** Asks in a dialog of the window and hands the choice to the host; null when nothing was chosen. */
  chooseProgram: (key: string) => ipcRenderer.invoke('shell:chooseProgram', key) as Promise<{ path: string; problem: string | null } | null>,
  reveal: (path: string) => ipcRenderer.invoke('shell:reveal', path) as Promise<void>,
  /** Commands chosen in the native menu, by their id in keys.json. */
  showCommands: (states: readonly unknown[]) => ipcRenderer.send('shell:commands', states),
  onCommand(listener: (id: string) => void) {
    const forward = (_event: unknown, id: string) => listener(id);
    ipcRenderer.on('shell:command', forward);
    return () => ipcRenderer.removeListener('shell:command', forward);
  },
});
