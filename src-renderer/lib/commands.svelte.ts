/**
 * Everything a key, the palette or a menu can do. What exists, its title and default keys stand in src-shared/keys.json; who does it
 * registers here while it is on screen. Palette, `?` help and status bar read the same list.
 *
 *   registerCommands('annotate', {
 *     'annotate.next': () => controller.next(),
 *     'annotate.paint': { press: (event) => …, release: (event) => …, enabled: () => hasFocus },
 *   });
 *
 * Call it while a component starts: the handlers go when the component goes.
 */
import { onDestroy } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { CallName } from '../../src-shared/contract/index.ts';
import keys from '../../src-shared/keys.json';
import { keyNames } from './keys.ts';
import { refusal } from './readOnly.svelte.ts';
import { navigate, route, type ViewId } from './router.svelte.ts';

export interface CommandEntry {
  id: string;
  title: string;
  /** '*' = everywhere. */
  view: ViewId | '*';
  /** Default keys. */
  keys: string[];
  palette: boolean;
  /** Place in the status bar; absent = not there. */
  status?: number;
  /** Title in the status bar and the help, where the long one is too long. */
  short?: string;
  /** What it calls where it changes the project; it rests while that is refused. */
  call?: CallName;
  /** Keys shown together as one in status bar and help, such as "↑↓←→". */
  label?: string;
}

export interface CommandHandler {
  press(event?: KeyboardEvent): void;
  /** Called when the key is let go, for keys that are held. */
  release?(event: KeyboardEvent): void;
  /** False: the key does nothing here and goes on to whoever wants it. */
  enabled?(): boolean;
  /** False: the key belongs to whatever has the focus now. Unlike `enabled` it says nothing about palette and status bar. */
  hasFocus?(): boolean;
  /** What it would do now, where the title can name it. */
  title?(): string;
  /** Why it would do nothing now: palette and menu grey it and say so, while its key is still taken. */
  why?(): string | null;
  /** Keys held down repeat; false ignores the repeats. Default true. */
  repeats?: boolean;
}

export const COMMANDS = keys as CommandEntry[];

const byId = new Map(COMMANDS.map((command) => [command.id, command]));
const handlers = new SvelteMap<string, CommandHandler>();
const held = new Map<string, CommandHandler>();

/** Keys the user chose instead of the default ones, from the setting 'keys'. */
export const rebound = $state({ keys: {} as Record<string, string[]> });
/** Dialogs that are open: while one is, keys of the view underneath rest. */
export const layers = $state({ open: 0 });
/** What a key still does while a dialog is open. */
const OVER_DIALOGS: ReadonlySet<string> = new Set(['app.palette', 'app.jobs', 'app.settings']);
/** A command chosen for a view that is not on screen yet. */
let wanted: { id: string; until: number } | null = null;

export function keysOf(id: string): string[] {
  return rebound.keys[id] ?? byId.get(id)?.keys ?? [];
}

export function registerCommands(view: ViewId | '*', entries: Record<string, CommandHandler | ((event?: KeyboardEvent) => void)>): void {
  const mine: [string, CommandHandler][] = [];
  for (const [id, entry] of Object.entries(entries)) {
    const command = byId.get(id);
    if (!command || command.view !== view) throw new Error(`The command ${id} of view ${view} is not in keys.json`);
    const handler = typeof entry === 'function' ? { press: entry } : entry;
    handlers.set(id, handler);
    mine.push([id, handler]);
    if (wanted?.id === id) {
      const isFresh = performance.now() < wanted.until;
      wanted = null;
      if (isFresh) setTimeout(() => runCommand(id));
    }
  }
  onDestroy(() => {
    for (const [id, handler] of mine) if (handlers.get(id) === handler) handlers.delete(id);
  });
}

/** As palette and menu name it: with what it would do, where it knows. */
export function titleOf(id: string): string {
  return handlers.get(id)?.title?.() ?? byId.get(id)?.title ?? id;
}

/** Why it does nothing now, in words; null where it does something, or has no words for it. */
export function whyNot(id: string): string | null {
  return refusal(callOf(id)) ?? handlers.get(id)?.why?.() ?? null;
}

/** The call that the command makes, where that changes the project. */
export function callOf(id: string | undefined): CallName | undefined {
  return id === undefined ? undefined : byId.get(id)?.call;
}

function rests(id: string): boolean {
  return refusal(callOf(id)) !== null;
}

/** Can it be run now, here or after going to its view? */
export function canRun(id: string): boolean {
  const handler = handlers.get(id);
  if (whyNot(id) !== null) return false;
  if (handler) return handler.enabled?.() ?? true;
  const command = byId.get(id);
  return command !== undefined && command.view !== '*' && command.view !== route.view;
}

export function runCommand(id: string, event?: KeyboardEvent): void {
  if (rests(id)) return;
  const handler = handlers.get(id);
  if (handler) {
    if (handler.enabled?.() ?? true) handler.press(event);
    return;
  }
  const command = byId.get(id);
  if (!command || command.view === '*' || command.view === route.view) return;
  wanted = { id, until: performance.now() + 3000 };
  navigate(`/${command.view}`);
}

/** Of the palette's commands those that do not stand as keys.json has them: named after what they would do, or of no use now with the reason. */
export function commandStates(): { id: string; title: string; why: string | null }[] {
  return COMMANDS.filter((command) => command.palette)
    .map(({ id }) => ({ id, title: titleOf(id), why: whyNot(id) }))
    .filter(({ id, title, why }) => why !== null || title !== byId.get(id)?.title);
}

/** Commands of the view on screen that have a handler, for status bar and help. */
export function commandsInForce(): CommandEntry[] {
  return COMMANDS.filter((command) => (command.view === '*' || command.view === route.view) && handlers.has(command.id));
}

/** Which other commands already have this key where this one lives; empty when the key is free. */
export function conflicts(id: string, key: string): CommandEntry[] {
  const view = byId.get(id)?.view;
  return COMMANDS.filter((other) => other.id !== id && (other.view === view || other.view === '*' || view === '*') && keysOf(other.id).includes(key));
}

function isEditable(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}

/** Enter and Space belong to the control that has the focus. */
function isActivation(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' && event.key !== ' ') return false;
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  return (
    event.target instanceof HTMLElement && event.target.closest('button, a[href], summary, input, [role="option"], [role="menuitem"], [role="slider"]') !== null
  );
}

function find(event: KeyboardEvent): { id: string; handler: CommandHandler } | null {
  const names = keyNames(event);
  if (names.length === 0) return null;
  const isTyping = isEditable(event.target);
  const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !/^F\d+$/.test(event.key);
  if (isTyping && isPlain) return null;
  if (isActivation(event)) return null;
  const scopes: (ViewId | '*')[] = layers.open > 0 ? ['*'] : [route.view, '*'];
  for (const name of names)
    for (const scope of scopes)
      for (const command of COMMANDS) {
        if (command.view !== scope || (layers.open > 0 && !OVER_DIALOGS.has(command.id)) || !keysOf(command.id).includes(name)) continue;
        // While typing, undo and its like belong to the text.
        if (isTyping && /^Ctrl\+(Shift\+)?[ZYACVX]$/.test(name)) continue;
        const handler = handlers.get(command.id);
        if (handler && !rests(command.id) && (handler.enabled?.() ?? true) && (handler.hasFocus?.() ?? true)) return { id: command.id, handler };
      }
  return null;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const found = find(event);
  if (!found) return;
  event.preventDefault();
  if (event.repeat && found.handler.repeats === false) return;
  if (found.handler.release) held.set(event.code, found.handler);
  found.handler.press(event);
}

function onKeyUp(event: KeyboardEvent): void {
  const handler = held.get(event.code);
  if (!handler) return;
  held.delete(event.code);
  handler.release?.(event);
}

/** A window that loses the focus never sees the key go up. */
function onBlur(): void {
  for (const [code, handler] of held) handler.release?.(new KeyboardEvent('keyup', { code }));
  held.clear();
}

addEventListener('keydown', onKeyDown);
addEventListener('keyup', onKeyUp);
addEventListener('blur', onBlur);
