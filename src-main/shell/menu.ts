/** The native menu, derived from keys.json: every palette command of all views has its entry, with its default key shown. */
import type { MenuItemConstructorOptions } from 'electron';

export interface CommandEntry {
  id: string;
  title: string;
  view: string;
  keys: string[];
  palette: boolean;
}

const VIEW_TITLES: Record<string, string> = {
  tracklets: 'Tracklets',
  annotate: 'Annotate',
  runs: 'Runs',
  compare: 'Compare',
  datasets: 'Datasets',
  jobs: 'Jobs',
};

export function menuTemplate(commands: CommandEntry[], isMac: boolean, run: (id: string) => void, openProject: () => void): MenuItemConstructorOptions[] {
  const entry = (command: CommandEntry): MenuItemConstructorOptions => {
    const key = command.keys[0];
    // Shown, not registered: the page handles keys, so a key held to paint is not stolen by the menu.
    return { label: command.title, ...(key ? { accelerator: accelerator(key), registerAccelerator: false } : {}), click: () => run(command.id) };
  };
  const ofView = (view: string) => commands.filter((command) => command.palette && command.view === view).map(entry);
  const views = Object.keys(VIEW_TITLES).filter((view) => ofView(view).length > 0);
  return [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    { label: 'File', submenu: [{ label: 'Open project…', click: openProject }, { type: 'separator' }, isMac ? { role: 'close' } : { role: 'quit' }] },
    { role: 'editMenu' },
    { label: 'Go', submenu: ofView('*') },
    ...views.map((view) => ({ label: VIEW_TITLES[view] ?? view, submenu: ofView(view) })),
    {
      label: 'Window',
      submenu: [{ role: 'reload' }, { role: 'togglefullscreen' }, { role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }, { role: 'toggleDevTools' }],
    },
  ];
}

/** "Ctrl+ArrowLeft" as keys.json writes it → Electron's name. */
function accelerator(key: string): string {
  return key
    .split('+')
    .map((part) => (part === 'Ctrl' ? 'CmdOrCtrl' : part.startsWith('Arrow') ? part.slice(5) : part === ' ' ? 'Space' : part))
    .join('+');
}
