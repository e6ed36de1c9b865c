/** What reaches a terminal of a name that somebody chose, in words, in errors and in documents. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tracklet } from '../../support/commandLine.ts';

const EVIL = 'a\u001b]0;title\u0007\u202eb\u2066c\u009bd\re\u007f\u200f';

test.each([[[]], [['--json']]])('a command that is given such a name: %j', async (more) => {
  const folder = await mkdtemp(join(tmpdir(), 'tracklet-visible-'));
  const env = { TRACKLET_HOME: join(folder, 'home'), VITEST: undefined };
  const { code, out, err } = await tracklet([EVIL, ...more], { cwd: folder, env });
  expect(code).toBe(2);
  expect(`${out}${err}`).toContain('\\u202e');
  expect(`${out}${err}`).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
  if (more.length > 0) expect((JSON.parse(out) as { error: { message: string } }).error.message).toContain(EVIL);
  await rm(folder, { recursive: true, force: true });
});
