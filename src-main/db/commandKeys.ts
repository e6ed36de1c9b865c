/**
 * Commands by the key their client gave, stored in the transaction of their write: a command sent again after a lost connection,
 * or after the host was killed, finds its first result here and does not run twice. Test: test/main/host/parity.test.ts.
 */
import type { Reader, Writer } from './handles.ts';

export function storeCommandKey(db: Writer, input: { key: string; at: number; output: unknown }): void {
  db.run('INSERT OR REPLACE INTO command_key (key, output, at) VALUES (?, ?, ?)', [input.key, JSON.stringify(input.output ?? {}), input.at]);
}

/** A key is for one call: under this name it is kept. What looks at the window in a key finds it as before. */
export function keyOfCall(key: string, call: string): string {
  return `${key} ${call}`;
}

/** The first output and the call it was of, null in rows of earlier versions; or null when the key is new. */
export function commandOutput(db: Reader, input: { key: string }): { output: unknown; call: string | null } | null {
  // From the blank to the character after it.
  const rows = db.tuples<[string, string]>('SELECT key, output FROM command_key WHERE key = ? OR (key >= ? AND key < ?)', [
    input.key,
    `${input.key} `,
    `${input.key}!`,
  ]);
  const row = rows.find(([key]) => !key.slice(input.key.length + 1).includes(' '));
  return row ? { output: JSON.parse(row[1]) as unknown, call: row[0] === input.key ? null : row[0].slice(input.key.length + 1) } : null;
}

export function forgetCommandKeys(db: Writer, input: { before: number }): void {
  db.run('DELETE FROM command_key WHERE at < ?', [input.before]);
}
