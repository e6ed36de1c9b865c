/** Names, kinds and shapes of all calls, as one text: a page or command built for another contract notices. Test: test/main/cli/attach.test.ts. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { calls } from '../../src-shared/contract.ts';

let known: string | null = null;

export function contractHash(): string {
  known ??= createHash('sha256')
    .update(readFileSync(new URL('../../src-shared/contract.ts', import.meta.url), 'utf8'))
    .update(readFileSync(new URL('../../src-shared/entities.ts', import.meta.url), 'utf8'))
    .update(Object.keys(calls).join())
    .digest('hex')
    .slice(0, 16);
  return known;
}
