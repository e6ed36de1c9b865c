/**
 * The desktop window: starts the host, shows its page, gives it native dialogs and a menu. Nothing else lives here.
 * Arguments: --node=<binary> --host=<entry> --project=<folder> [--create] [--sample] [--smoke=<png>]; the launcher fills them in.
 */
import { app, BrowserWindow, dialog, ipcMain, Menu, session, shell, type IpcMainInvokeEvent } from 'electron';
import { existsSync, writeFileSync } from 'fs';
import { join } from 'path';
import keys from '../../src-shared/keys.json';
import { startHost, type HostProcess } from './hostProcess';
import { commandStates, menuTemplate, type CommandEntry, type CommandState } from './menu';

const argument = (name: string): string | null => {
  const found = process.argv.find((text) => text.startsWith(`--${name}=`));
  return found ? found.slice(name.length + 3) : null;
};

/** Settings that name a program or library to run (src-shared/programSettings.ts), with what their dialog says. */
const PROGRAMS: Record<string, string> = {
  'engine.tensorflow': 'Choose the library of TensorFlow (libtensorflow_cc)',
  ffmpeg: 'Choose the program ffmpeg',
};

let host: HostProcess | null = null;
let window: BrowserWindow | null = null;

function packagedPath(...parts: string[]): string {
  return join(process.resourcesPath, ...parts);
}

async function launch(project: string, create: boolean): Promise<void> {
  const node = argument('node') ?? packagedPath('node', process.platform === 'win32' ? 'node.exe' : 'node');
  const entry = argument('host') ?? packagedPath('app', 'src-main', 'host', 'main.ts');
  const args = ['--disable-warning=ExperimentalWarning', entry, '--project', project];
  if (create) args.push('--create');
  if (process.argv.includes('--sample')) args.push('--sample');
  // The page then stays, goes on with the new token and still has what was not saved.
  if (host) args.push('--wanted-port', new URL(host.url).port);
  host = await startHost(node, args, (text) => process.stderr.write(text));
  host.onLost((reason) => {
    const choice = dialog.showMessageBoxSync({
      type: 'error',
      message: 'The workbench process ended',
      detail: `${reason}\n\nNothing that was shown as saved is lost.`,
      buttons: ['Start again', 'Quit'],
      defaultId: 0,
      cancelId: 1,
    });
    if (choice === 1) return app.quit();
    launch(project, false).catch(fail);
  });
  openWindow(host.url);
}

function openWindow(url: string): void {
  window =
    window ??
    new BrowserWindow({
      width: 1440,
      height: 900,
      minWidth: 1024,
      minHeight: 640,
      backgroundColor: '#171717',
      title: 'Tracklet Workbench',
      show: false,
      webPreferences: { preload: join(__dirname, 'preload.cjs'), contextIsolation: true, nodeIntegration: false, sandbox: true },
    });
  const opened = window;
  opened.once('ready-to-show', () => opened.show());
  opened.on('closed', () => (window = null));
  const origin = new URL(url).origin;
  // The window shows the workbench and nothing else; links go nowhere by themselves.
  opened.webContents.on('will-navigate', (event, target) => {
    if (new URL(target).origin !== origin) event.preventDefault();
  });
  if (typeof opened.webContents.setWindowOpenHandler === 'function') opened.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  const smoke = argument('smoke');
  if (smoke) opened.webContents.once('did-finish-load', () => void captureSmoke(opened, smoke));
  opened.loadURL(url).catch(fail);
}

/** For the smoke test: what a user would see, and that the preload ran; then quit. */
async function captureSmoke(target: BrowserWindow, file: string): Promise<void> {
  const seen = (await target.webContents.executeJavaScript(
    '({ title: document.title, shell: Object.keys(window.trackletShell || {}).sort(), node: typeof require })',
  )) as unknown;
  writeFileSync(file, (await target.webContents.capturePage()).toPNG());
  process.stdout.write(`${JSON.stringify({ smoke: seen, menu: Menu.getApplicationMenu()?.items.map((item) => item.label) })}\n`);
  app.quit();
}

/** Only our page's main frame may ask. */
function trusted(event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>): boolean {
  const origin = host ? new URL(host.url).origin : null;
  const from = event.senderFrame?.url ?? event.sender.getURL();
  return origin !== null && window !== null && event.sender === window.webContents && new URL(from).origin === origin;
}

function registerDialogs(): void {
  const pick = async (title: unknown, properties: 'openDirectory' | 'openFile', extensions: string[]): Promise<string | null> => {
    if (!window) return null;
    const filters = extensions.length > 0 ? [{ name: extensions.join(', '), extensions }] : [];
    const result = await dialog.showOpenDialog(window, { title: String(title).slice(0, 200), properties: [properties], filters });
    return result.canceled ? null : (result.filePaths[0] ?? null);
  };
  ipcMain.handle('shell:pickFolder', (event, title: unknown) => (trusted(event) ? pick(title, 'openDirectory', []) : null));
  ipcMain.handle('shell:pickFile', (event, title: unknown, extensions: unknown) =>
    trusted(event) ? pick(title, 'openFile', Array.isArray(extensions) ? extensions.map(String) : []) : null,
  );
  // A page asks for the dialog; the path goes from here to the host and the page never holds it in its hands.
  ipcMain.handle('shell:chooseProgram', async (event, key: unknown) => {
    const title = typeof key === 'string' && Object.prototype.hasOwnProperty.call(PROGRAMS, key) ? PROGRAMS[key] : undefined;
    if (!trusted(event) || typeof key !== 'string' || title === undefined || !host) return null;
    const path = await pick(title, 'openFile', []);
    return path === null ? null : { path, problem: await host.set(key, path) };
  });
  let shown = '[]';
  ipcMain.on('shell:commands', (event, said: unknown) => {
    const states = trusted(event) ? commandStates(said, keys as CommandEntry[]) : [];
    const text = JSON.stringify(states);
    // Made anew only when it differs: an open menu closes by it.
    if (text === shown) return;
    shown = text;
    registerMenu(states);
  });
  ipcMain.handle('shell:reveal', (event, path: unknown) => {
    if (trusted(event) && typeof path === 'string') shell.showItemInFolder(path);
  });
}

/** A folder chosen by mistake must not become a project. */
function wantsProject(folder: string): boolean {
  const choice = dialog.showMessageBoxSync({
    type: 'question',
    message: 'This folder is not a project yet',
    detail: folder,
    buttons: ['Make a project here', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
  });
  return choice === 0;
}

function registerMenu(states: readonly CommandState[] = []): void {
  const run = (id: string) => window?.webContents.send('shell:command', id);
  const openProject = () => {
    void dialog.showOpenDialog({ title: 'Open a project', properties: ['openDirectory', 'createDirectory'] }).then((result) => {
      const folder = result.filePaths[0];
      if (result.canceled || folder === undefined) return;
      const isProject = existsSync(join(folder, 'project.sqlite'));
      if (!isProject && !wantsProject(folder)) return;
      host?.stop();
      launch(folder, !isProject).catch(fail);
    });
  };
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(keys as CommandEntry[], process.platform === 'darwin', run, openProject, states)));
}

function fail(error: unknown): void {
  dialog.showErrorBox('Tracklet Workbench cannot start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}

if (!argument('smoke') && !app.requestSingleInstanceLock()) app.quit();
else {
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', () => host?.stop());
  app
    .whenReady()
    .then(() => {
      session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
      registerDialogs();
      registerMenu();
      const named = argument('project');
      // Started from the desktop, without a command line, it begins with the sample.
      return launch(named ?? join(app.getPath('documents'), 'Tracklet Workbench', 'Sample project'), named === null || process.argv.includes('--create'));
    })
    .catch(fail);
}
