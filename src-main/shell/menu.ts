/** The native menu, derived from keys.json: every palette command of all views has its entry, with its default key shown. */
import type { MenuItemConstructorOptions } from 'electron';

export interface CommandEntry {
  id: string;
  title: string;
  view: string;
  keys: string[];
  palette: boolean;
}

/** How a command stands now, where that is not as keys.json has it: its name with what it would do, and why it can do nothing. */
export interface CommandState {
  id: string;
  title: string;
  why: string | null;
}

/** What a page said, as far as it can be one; anything else is left out. */
export function commandStates(said: unknown, commands: readonly CommandEntry[]): CommandState[] {
  if (!Array.isArray(said)) return [];
  return said.flatMap((one: Partial<CommandState> | null) => {
    if (!one || !commands.some((command) => command.id === one.id) || typeof one.title !== 'string') return [];
    return [{ id: one.id as string, title: one.title.slice(0, 200), why: typeof one.why === 'string' ? one.why.slice(0, 200) : null }];
  });
}

const VIEW_TITLES: Record<string, string> = {
  tracklets: 'Tracklets',
  annotate: 'Annotate',
  runs: 'Runs',
  compare: 'Compare',
  datasets: 'Datasets',
  jobs: 'Jobs',
};

export function menuTemplate(
  commands: CommandEntry[],
  isMac: boolean,
  run: (id: string) => void,
  openProject: () => void,
  states: readonly CommandState[] = [],
): MenuItemConstructorOptions[] {
  const entry = (command: CommandEntry): MenuItemConstructorOptions => {
    const key = command.keys[0];
    // Shown, not registered: the page handles keys, so a key held to paint is not stolen by the menu.
    const state = states.find((one) => one.id === command.id);
    const title = state?.title ?? command.title;
    const why = state?.why ?? null;
    return {
      // An ampersand would underline the letter after it. Only some systems show tips in menus, so the label says why as well.
      label: (why === null ? title : `${title} (${why})`).replace(/&/g, '&&'),
      enabled: why === null,
      ...(key ? { accelerator: accelerator(key), registerAccelerator: false } : {}),
      click: () => run(command.id),
    };
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
