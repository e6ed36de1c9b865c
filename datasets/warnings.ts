/**
 * Collects warnings of one import so that a thousand boxes with the same trouble are one warning with a count and the first place.
 * Test: test/datasets/importers/mot-video.test.ts.
 */
import type { ImportWarning, RecordSink } from './importer.ts';

export type WarningCollector = (code: string, where: string, message: string, count?: number) => void;

/** `warn` collects by code and message; `flush` sends them in the order of their first appearance. */
export function collectWarnings(sink: RecordSink): { warn: WarningCollector; flush: () => void } {
  const collected = new Map<string, ImportWarning>();
  return {
    warn(code, where, message, count = 1) {
      const key = `${code}\n${message}`;
      const known = collected.get(key);
      if (known === undefined) collected.set(key, { code, message, where, count });
      else known.count += count;
    },
    flush() {
      for (const warning of collected.values()) sink.warning(warning);
      collected.clear();
    },
  };
}
