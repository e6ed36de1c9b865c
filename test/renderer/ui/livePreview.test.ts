/** Only the newest question counts, whatever order answers come in, and a refusal never shows counts of something else. */
import { expect, test } from 'vitest';
import type { ImportPreview } from '../../../src-shared/contract/imports.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { createLivePreview, type PreviewInput } from '../../../src-renderer/ui/datasets/livePreview.svelte.ts';

const input = (path: string, minFrames = 1): PreviewInput => ({ path, importer: 'image-folder', options: { minFrames }, strict: false });
const answer = (name: string): ImportPreview => ({ name }) as ImportPreview;

function rig() {
  const asked: { input: PreviewInput; signal: AbortSignal; resolve(preview: ImportPreview): void; reject(error: unknown): void }[] = [];
  const timers: (() => void)[] = [];
  const preview = createLivePreview({
    ask: (wanted, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ input: wanted, signal, resolve, reject });
      }),
    later(call) {
      timers.push(call);
      return () => void timers.splice(timers.indexOf(call), 1);
    },
  });
  const tick = async (): Promise<void> => {
    for (const call of timers.splice(0)) call();
    await settle();
  };
  return { preview, asked, timers, tick };
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test('keys pressed one after the other are one question', async () => {
  const { preview, asked, timers, tick } = rig();
  for (const path of ['/a', '/ab', '/abc']) preview.want(input(path));
  expect([asked.length, timers.length, preview.isAsking]).toEqual([0, 1, true]);
  await tick();
  expect(asked.map((one) => one.input.path)).toEqual(['/abc']);
  // The same again is no new question.
  preview.want(input('/abc'));
  await tick();
  expect(asked).toHaveLength(1);
  asked[0]?.resolve(answer('abc'));
  await settle();
  expect([preview.result?.name, preview.isAsking, preview.error]).toEqual(['abc', false, null]);
});

test('a newer question ends the older one, whose late answer changes nothing', async () => {
  const { preview, asked, tick } = rig();
  preview.want(input('/a'));
  await tick();
  preview.want(input('/a', 2));
  expect(asked[0]?.signal.aborted).toBe(true);
  await tick();
  asked[1]?.resolve(answer('new'));
  await settle();
  asked[0]?.resolve(answer('old'));
  await settle();
  expect(preview.result?.name).toBe('new');
  // Of other options the last counts stay in sight until the new ones come; of another folder they do not.
  preview.want(input('/a', 3));
  expect([preview.result?.name, preview.isAsking]).toEqual(['new', true]);
  preview.want(input('/b'));
  expect([preview.result, preview.isAsking]).toEqual([null, true]);
  await tick();
  asked.at(-1)?.reject(new AppError('IMPORT_INCOMPLETE', 'b cannot be imported whole.'));
  await settle();
  expect([preview.error?.code, preview.result, preview.isAsking]).toEqual(['IMPORT_INCOMPLETE', null, false]);
  preview.want(null);
  expect([preview.error, preview.isAsking]).toEqual([null, false]);
});
