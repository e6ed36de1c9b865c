/** The form of one command of the command line, and the parsing that all share. One file in `cli/commands/` a command. */
import { parseArgs } from 'node:util';
import { AppError } from '../../src-shared/errors.ts';
import { distanceNames, type DistanceName } from '../../src-shared/protocols/protocol.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  multiple?: boolean;
  /** Shown as `--name <value>`; empty for switches. */
  value?: string;
  help: string;
}

export interface CommandIo {
  /** One JSON document or lines of text on standard output. */
  out(text: string): void;
  /** Progress and logs, on standard error. */
  note(text: string): void;
  json: boolean;
  /** What the project was opened without: every JSON document of the command carries it. */
  leftOut?: string;
  signal: AbortSignal;
}

export interface ParsedArguments {
  positionals: string[];
  values: Record<string, string | boolean | string[] | undefined>;
}

export interface Command {
  id: string;
  /** Positional arguments as shown, such as `<path>`; `[x]` may be left out, `<x>…` repeats. */
  positionals: string[];
  summary: string;
  options: Record<string, OptionSpec>;
  /** Lines below the options. */
  details?(): string[];
  /** What is lost where a second signal ends it without waiting for its clean stop; default: what is not kept yet. */
  lost?: string;
  /** What `--json` prints, for the documentation. */
  /** Resolves with an exit status where "it worked" (0) would be wrong although there is no error to tell. */
  run(args: ParsedArguments, io: CommandIo): Promise<number | undefined | void>;
}

/** Wrong usage of the command line: exit status 2. */
export class UsageError extends Error {}

export function defineCommand(command: Command): Command {
  return command;
}

export function parseCommand(command: Command, args: string[]): ParsedArguments {
  const options: Record<string, OptionSpec> = {
    ...command.options,
    json: { type: 'boolean' as const, help: '' },
    help: { type: 'boolean' as const, help: '' },
  };
  try {
    const parsed = parseArgs({
      args,
      options: Object.fromEntries(Object.entries(options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }])),
      allowPositionals: true,
      strict: true,
    });
    const needed = command.positionals.filter((name) => name.startsWith('<')).length;
    const most = command.positionals.some((name) => name.endsWith('…')) ? Infinity : command.positionals.length;
    const help = parsed.values['help'] === true;
    if (!help && parsed.positionals.length < needed) throw new UsageError(`${command.positionals[parsed.positionals.length]} is missing.`);
    if (!help) refuseEmpty(command, parsed as ParsedArguments);
    if (parsed.positionals.length > most) throw new UsageError(`"${parsed.positionals[most]}" is one argument too many.`);
    return parsed as ParsedArguments;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** An empty path would stand for the current folder: a script whose variable is not set must not work on that. Nothing else is meant by nothing either. */
function refuseEmpty(command: Command, { positionals, values }: ParsedArguments): void {
  const at = positionals.indexOf('');
  if (at >= 0) throw new UsageError(`${command.positionals[Math.min(at, command.positionals.length - 1)] ?? 'An argument'} is empty.`);
  const name = Object.keys(values).find((key) => values[key] === '' || (Array.isArray(values[key]) && values[key].includes('')));
  if (name !== undefined) throw new UsageError(`--${name} is empty.`);
}

export function usage(command: Command): string {
  const lines = [`tracklet ${[command.id, ...command.positionals].join(' ')} [options]`, '', command.summary, ''];
  const rows = Object.entries({ ...command.options, json: { type: 'boolean' as const, help: 'print one JSON document on standard output' } as OptionSpec });
  lines.push(...columns(rows.map(([name, option]) => [`--${name}${option.value ? ` <${option.value}>` : ''}`, option.help])));
  if (command.details) lines.push('', ...command.details());
  return lines.join('\n');
}

/** Two columns, the second where the longest of the first ends. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd());
}

export function text(args: ParsedArguments, name: string): string | null {
  const value = args.values[name];
  return typeof value === 'string' ? value : null;
}

export function required(args: ParsedArguments, name: string): string {
  const value = text(args, name);
  if (value === null || value === '') throw new UsageError(`--${name} is missing.`);
  return value;
}

export function integer(args: ParsedArguments, name: string, fallback: number): number {
  const value = text(args, name);
  if (value === null) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number)) throw new UsageError(`--${name} needs a whole number, not "${value}".`);
  return number;
}

export function list(args: ParsedArguments, name: string): string[] {
  const value = args.values[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

/** `--set key=value` pairs; values are read as JSON where that is possible, else as text. */
export function settings(args: ParsedArguments, name = 'set'): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const pair of list(args, name)) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--${name} needs key=value, not "${pair}".`);
    const key = pair.slice(0, at);
    // What every object has by itself is no option of anything.
    if (key in Object.prototype) throw new AppError('UNKNOWN_OPTION', `There is no option "${key}".`, { key });
    values[key] = jsonOrText(pair.slice(at + 1));
  }
  return values;
}

/** Null where it is not named. */
export function distanceNamed(args: ParsedArguments): DistanceName | null {
  const asked = text(args, 'distance');
  const distance = distanceNames.find((name) => name === asked) ?? null;
  if (asked !== null && distance === null) throw new UsageError(`--distance is ${distanceNames.join(' or ')}, not "${asked}".`);
  return distance;
}

/** Values that stand for a list, as the program writes them: `3,6`, or one, or none. `isList` says which keys do. */
export function withLists(values: Record<string, unknown>, isList: (key: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (!isList(key) || Array.isArray(value)) return [key, value];
      return [
        key,
        value === ''
          ? []
          : String(value)
              .split(',')
              .map((part) => jsonOrText(part.trim())),
      ];
    }),
  );
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
