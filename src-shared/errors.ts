/**
 * The closed list of error codes, each with its cause and the next step for the user.
 * Anything that crosses a process boundary is `{code, message, params}`; nobody matches message text.
 * `message` is a whole sentence that names the file, line or key; `remedy` comes from this table, `terminal` in its place on the command line.
 * Test: test/shared/errors.test.ts.
 */

import { meaningOf } from './errno.ts';

export const ERROR_CODES = {
  BAD_INPUT: { cause: 'A value in the request does not fit.', remedy: 'Correct the value that is named.' },
  NOT_FOUND: {
    cause: 'The thing asked for does not exist.',
    remedy: 'Refresh the view; it may have been removed.',
    terminal: 'See what there is with the commands of "tracklet --help".',
  },
  CANCELLED: { cause: 'The work was cancelled.', remedy: 'Start it again when you want it.' },
  UNAUTHORISED: { cause: 'The request had no valid token, or came from another site.', remedy: 'Open the address that the program printed.' },
  PROJECT_LOCKED: {
    cause: 'Another program has this project open.',
    remedy: 'Close the other window or server, then open the project again.',
    terminal: 'Wait for the other command, or close the other program, then run it again.',
  },
  PROJECT_NEWER: { cause: 'The project was written by a newer version of the program.', remedy: 'Install the newer version; nothing was changed.' },
  PROJECT_DAMAGED: {
    cause: 'The project database cannot be read.',
    remedy: 'List its backups with "tracklet backup list", then put one back with "tracklet backup restore"; the damaged file is kept.',
  },
  PROJECT_MOVED: {
    cause: 'The project that is open is no longer in its place.',
    remedy: 'Put it back where it was: unsaved edits are kept in the window and saved then. To go on elsewhere, close the program and open the project there.',
    terminal: 'Put it back where it was, or name its new place, then run the command again.',
  },
  PROJECT_READ_ONLY: {
    cause: 'The project is open for looking only.',
    remedy: 'Open it where you may write, or copy its folder to such a place and open the copy.',
  },
  PROJECT_UNSAFE: {
    cause: 'The project holds what this program did not make.',
    remedy: 'Nothing of it was run or changed. Ask whoever sent it for a copy that this program made, or take a copy from its folder backups.',
  },
  PROJECT_MISSING: { cause: 'The folder is not a project.', remedy: 'Make one with "tracklet project new <dir>".' },
  DISK_FULL: {
    cause: 'The disk is full.',
    remedy: 'Free some space; what you do is then kept again, without a restart. A job that failed can be run again and continues where it stopped.',
    terminal: 'Free some space, then run the command again. A run goes on from its last checkpoint with "tracklet train --resume <run>".',
  },
  DISK_FAILED: {
    cause: 'The disk or share cannot be read or written.',
    remedy: 'Check the disk, its cable or the network share and the log of the system; copy the project to another disk before going on.',
  },
  ACCESS_DENIED: {
    cause: 'The rights of a file or folder forbid it.',
    remedy: 'Change its owner or rights, or start the program as a user who may use it.',
  },
  WRITE_PROTECTED: {
    cause: 'The place is write-protected.',
    remedy: 'Mount the disk for writing, or copy the project to a place that can be written.',
  },
  TOO_MANY_FILES: {
    cause: 'The system lets this program open no more files.',
    remedy: 'Close other programs or windows, or raise the limit ("ulimit -n"), then repeat it.',
  },
  CHANGES_LOST: {
    cause: 'Changes that were saved could not be read back.',
    remedy: 'Look at what you did last, and do it again where it is missing. The settings list the backups.',
    terminal: 'Look at what you did last, and do it again where it is missing; "tracklet backup list" shows the backups.',
  },
  FILE_UNREADABLE: { cause: 'A file or folder cannot be read.', remedy: 'Check that it exists and that you may read it.' },
  FILE_INVALID: { cause: 'A file does not have the expected form.', remedy: 'Correct the line or field that is named.' },
  MEDIA_UNDECODABLE: {
    cause: 'A picture or video cannot be decoded.',
    remedy: 'Open it in another program; if that fails too, fetch it again from its source.',
  },
  MEDIA_MISSING: {
    cause: 'Pictures or video are not where the data set expects them.',
    remedy: 'Use Locate on the data set to point to their folder.',
    terminal: 'Open the project ("tracklet open <dir>") and use Locate on the data set, or put the folder back.',
  },
  FFMPEG_MISSING: { cause: 'No ffmpeg was found.', remedy: 'Run "tracklet doctor"; it says how to get one.' },
  IMPORT_UNRECOGNISED: {
    cause: 'No importer recognises the folder.',
    remedy: 'See the layouts in the documentation, or choose an importer by name.',
    terminal: 'See the layouts in the documentation, or choose an importer with --as.',
  },
  IMPORT_INCOMPLETE: {
    cause: 'Something in the source cannot be imported, and a whole import was asked for.',
    remedy: 'Mend what is named, or import without "strict": it is then left out and counted.',
    terminal: 'Mend what is named, or import without --strict: it is then left out and counted.',
  },
  SOURCE_CHANGED: {
    cause: 'A data set of this source is in the project, and the source has changed since.',
    remedy: 'Update the data set: labels stay with the pictures they were given for. Or import the source as another data set.',
  },
  IMPORT_EMPTY: { cause: 'The source holds no identities.', remedy: 'Check the path and the options of the importer.' },
  NO_VALID_QUERY: {
    cause: 'No query has a match in the gallery under this protocol.',
    remedy: 'Choose a protocol that fits the cameras and splits of the data set.',
  },
  UNKNOWN_METHOD: { cause: 'The method is not known to this version.', remedy: 'List the methods with "tracklet methods".' },
  UNKNOWN_OPTION: { cause: 'The option is not known.', remedy: 'List the options with "tracklet describe <method>".' },
  WEIGHTS_MISMATCH: { cause: 'The weights do not fit the model.', remedy: 'Use the options that the weights were made with.' },
  ENGINE_UNAVAILABLE: { cause: 'The compute engine could not be started.', remedy: 'Run "tracklet doctor"; it says what is missing and how to get it.' },
  ENGINE_FAILED: { cause: 'An operation failed in the engine.', remedy: 'See the log of the job; the last good checkpoint is kept.' },
  OUT_OF_MEMORY: {
    cause: 'The device that computes has not enough memory.',
    remedy: 'Take a smaller batch, fewer or smaller frames, or a narrower model; a run can be resumed with a smaller batch.',
  },
  DOWNLOAD_FAILED: { cause: 'A download failed.', remedy: 'Check the connection, then try again; it resumes where it stopped.' },
  CHECKSUM_MISMATCH: { cause: 'A downloaded file is not the expected one.', remedy: 'Try again; if it repeats, the source is not to be trusted.' },
  JOB_CRASHED: {
    cause: 'The process of the job ended unexpectedly.',
    remedy: 'Resume it; it continues from the last checkpoint.',
    terminal: 'Run the command again; a run goes on from its last checkpoint with "tracklet train --resume <run>".',
  },
  CONNECTION_LOST: {
    cause: 'The connection to the program was lost.',
    remedy: 'It reconnects by itself; unsaved edits are sent again.',
    terminal: 'Run the command again.',
  },
  REVIEW_INCOMPLETE: {
    cause: 'A tracklet has frames without a value, or frames that were never shown.',
    remedy: 'Look at them and give them values, or mark it reviewed anyway.',
  },
  BUSY: { cause: 'More was asked for at once than can be done.', remedy: 'Wait until what is under way has ended, then try again.' },
  CONFLICT: {
    cause: 'The thing was changed meanwhile.',
    remedy: 'Look at it again, then repeat the edit.',
    terminal: 'See what there is now, then run the command again.',
  },
  UNSUPPORTED: { cause: 'This is not possible here.', remedy: 'See the message for what is possible.' },
  INTERNAL: { cause: 'The program made a mistake.', remedy: 'Report it with the details.' },
} as const satisfies Record<string, { cause: string; remedy: string; terminal?: string }>;

/** Ends the remedy of a job that waited for one that failed: what helps that one helps both. */
export const FOLLOWS_BY_ITSELF = 'Then run that job again; this one follows by itself.';

export type ErrorCode = keyof typeof ERROR_CODES;
export type ErrorParams = Record<string, string | number | boolean | null>;

/** What crosses a boundary. `message` is a sentence; `remedy` says what helps. */
export interface ErrorShape {
  code: ErrorCode;
  message: string;
  remedy: string;
  params: ErrorParams;
}

/** An error of the world (bad file, full disk), not of our code. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, params: ErrorParams = {}, options: { cause?: unknown; remedy?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.params = params;
    this.remedy = options.remedy ?? ERROR_CODES[code].remedy;
  }
}

/** What somebody wanted to end has ended. */
export function cancelled(): AppError {
  return new AppError('CANCELLED', ERROR_CODES.CANCELLED.cause);
}

/** Turns anything thrown into the one shape. Unknown errors become INTERNAL and keep their text. */
export function toErrorShape(error: unknown): ErrorShape {
  if (error instanceof AppError) return { code: error.code, message: error.message, remedy: error.remedy, params: error.params };
  if (isErrorShape(error)) return { code: error.code, message: error.message, remedy: error.remedy, params: error.params };
  const text = error instanceof Error ? error.message : String(error);
  const meaning = meaningOf(error);
  if (meaning) {
    const { path } = error as { path?: unknown };
    const what = typeof path === 'string' && path !== '' ? path : 'A file';
    return {
      ...shape(meaning.code, `${what} could not be used: ${meaning.says} (${text}).`),
      ...(meaning.remedy === undefined ? {} : { remedy: meaning.remedy }),
    };
  }
  if ((error as { code?: unknown } | null)?.code === 'SQLITE_FULL') return shape('DISK_FULL', `The disk is full: ${text}`);
  if (error instanceof Error && error.name === 'AbortError') return shape('CANCELLED', ERROR_CODES.CANCELLED.cause);
  return shape('INTERNAL', text);
}

/** What helps, in the words of a terminal. */
export function terminalRemedy({ code, remedy }: ErrorShape): string {
  const entry: { remedy: string; terminal?: string } = ERROR_CODES[code];
  const ofAnother = remedy.endsWith(FOLLOWS_BY_ITSELF);
  const own = ofAnother ? remedy.slice(0, -FOLLOWS_BY_ITSELF.length).trimEnd() : remedy;
  const words = own === entry.remedy ? (entry.terminal ?? own) : own;
  // A command waits for all that it started, and starts all of it.
  return ofAnother && !/run .*again/i.test(words) ? `${words} Then run the command again.`.trimStart() : words;
}

export function fromErrorShape(error: ErrorShape): AppError {
  return new AppError(error.code, error.message, error.params, { remedy: error.remedy });
}

function shape(code: ErrorCode, message: string): ErrorShape {
  return { code, message, remedy: ERROR_CODES[code].remedy, params: {} };
}

function isErrorShape(value: unknown): value is ErrorShape {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<ErrorShape>;
  return (
    typeof candidate.code === 'string' &&
    candidate.code in ERROR_CODES &&
    typeof candidate.message === 'string' &&
    typeof candidate.remedy === 'string' &&
    typeof candidate.params === 'object'
  );
}
