/**
 * The one writer of command lines of `tracklet`: what a page shows to copy, what a run keeps as its own command, what an error names as the next step.
 * A POSIX shell and `tracklet` read back what was meant. Test: test/shared/commandLine.test.ts.
 */
import { shellWord } from './shellWord.ts';

/** `undefined` and null are left out, a list repeats its option, true is a switch. */
type OptionValue = string | number | boolean | null | undefined | readonly string[];

/** @example commandLine(['stats'], { project: 'a b' }) // tracklet stats --project 'a b' */
export function commandLine(words: readonly string[], options: Readonly<Record<string, OptionValue>>): string {
  return ['tracklet', ...words.map(shellWord), ...optionWords(options)].join(' ');
}

/** `--name value` of each. */
export function optionWords(options: Readonly<Record<string, OptionValue>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    // A value that looks like an option has to be tied to its own.
    return (typeof value === 'object' ? value : [String(value)]).map((text) => `--${name}${text.startsWith('-') ? '=' : ' '}${shellWord(text)}`);
  });
}

/** For the option `set`: `key=value` of each. */
export function settings(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).map(([key, value]) => `${key}=${settingText(value)}`);
}

/** Lists as they are typed, `4,5`; what would be read as something else is written as JSON. */
function settingText(value: unknown): string {
  if (typeof value === 'string') return isReadAsJson(value) ? JSON.stringify(value) : value;
  const isPlainList = Array.isArray(value) && value.every((item) => typeof item === 'number' || (typeof item === 'string' && /^[a-z][\w-]*$/i.test(item)));
  return isPlainList && !value.some((item) => typeof item === 'string' && isReadAsJson(item)) ? value.join(',') : JSON.stringify(value);
}

function isReadAsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export interface TrainCommand {
  method: string;
  project: string;
  dataset: string;
  name?: string | null;
  seed?: number;
  recipe?: 'small' | 'paper';
  /** Options and recipe values that differ from where the recipe starts. */
  changes: Readonly<Record<string, unknown>>;
  /** Data sets that are evaluated on when it is trained, and under which protocol. */
  evaluateOn?: readonly { dataset: string; protocol: string }[];
}

/** The command that trains the same run. */
export function trainCommand({ method, project, dataset, name, seed, recipe, changes, evaluateOn = [] }: TrainCommand): string {
  return commandLine(['train', method], {
    project,
    dataset,
    name,
    seed,
    recipe,
    set: settings(changes),
    'evaluate-on': evaluateOn.map((each) => `${each.dataset}:${each.protocol}`),
  });
}
