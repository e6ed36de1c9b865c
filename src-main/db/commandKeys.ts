/**
 * Commands by the key their client gave, stored in the transaction of their write: a command sent again after a lost connection,
 * or after the host was killed, finds its first result here and does not run twice. Test: test/main/host/parity.test.ts.
 */
import type { Reader, Writer } from './handles.ts';

export function storeCommandKey(db: Writer, input: { key: string; at: number; output: unknown }): void {
  db.run('INSERT OR REPLACE INTO command_key (key, output, at) VALUES (?, ?, ?)', [input.key, JSON.stringify(input.output ?? {}), input.at]);
}

/** The first output, or null when the key is new. */
export function commandOutput(db: Reader, input: { key: string }): { output: unknown } | null {
  const text = db.column<string>('SELECT output FROM command_key WHERE key = ?', [input.key])[0];
  return text === undefined ? null : { output: JSON.parse(text) as unknown };
}

export function forgetCommandKeys(db: Writer, input: { before: number }): void {
  db.run('DELETE FROM command_key WHERE at < ?', [input.before]);
}
