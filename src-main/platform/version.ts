/** Version of the program, from its manifest. Test: test/main/host/parity.test.ts. */
import { readFileSync } from 'node:fs';

let version: string | null = null;

export function programVersion(): string {
  version ??= (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
  return version;
}
