/**
 * What an import would do with the options as they stand: asked again a moment after something changed, and only the newest answer counts.
 * Test: test/renderer/ui/livePreview.test.ts.
 */
import type { ImportPreview } from '../../../src-shared/contract/imports.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';

export interface PreviewInput {
  path: string;
  importer: string;
  options: Record<string, unknown>;
  strict: boolean;
}

export interface LivePreview {
  /** The last answer, also while a newer one is on its way. */
  readonly result: ImportPreview | null;
  readonly error: ErrorShape | null;
  readonly isAsking: boolean;
  /** null: there is nothing to ask about. */
  want(input: PreviewInput | null): void;
  close(): void;
}

export interface PreviewTools {
  ask(input: PreviewInput, signal: AbortSignal): Promise<ImportPreview>;
  /** Calls back once after a moment; returns what cancels it. */
  later(call: () => void): () => void;
}

export function createLivePreview({ ask, later }: PreviewTools): LivePreview {
  let result = $state.raw<ImportPreview | null>(null);
  let error = $state.raw<ErrorShape | null>(null);
  let isAsking = $state(false);
  let wanted = '';
  let cancelTimer = (): void => undefined;
  let under: AbortController | null = null;

  function stop(): void {
    cancelTimer();
    under?.abort();
    under = null;
  }
  async function start(input: PreviewInput): Promise<void> {
    const own = (under = new AbortController());
    try {
      const answer = await ask(input, own.signal);
      if (under !== own) return;
      result = answer;
      error = null;
    } catch (caught) {
      if (under !== own) return;
      // The counts of another path or other options would be read as those of this one.
      result = null;
      error = toErrorShape(caught);
    }
    isAsking = false;
  }

  return {
    get result() {
      return result;
    },
    get error() {
      return error;
    },
    get isAsking() {
      return isAsking;
    },
    want(input) {
      const key = JSON.stringify(input);
      if (key === wanted) return;
      const samePath = input !== null && wanted !== '' && (JSON.parse(wanted) as PreviewInput | null)?.path === input.path;
      wanted = key;
      stop();
      error = null;
      if (!samePath) result = null;
      isAsking = input !== null;
      if (input !== null) cancelTimer = later(() => void start(input));
    },
    close: stop,
  };
}
