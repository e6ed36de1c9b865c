/** The native menu names what undo would do, greys what can do nothing with the reason, and takes nothing else from a page. */
import { expect, test } from 'vitest';
import keys from '../../../src-shared/keys.json' with { type: 'json' };
import { commandStates, menuTemplate, type CommandEntry } from '../../../src-main/shell/menu.ts';

const COMMANDS = keys as CommandEntry[];

function labels(said: unknown): { label: string | undefined; enabled: boolean | undefined }[] {
  const template = menuTemplate(
    COMMANDS,
    false,
    () => undefined,
    () => undefined,
    commandStates(said, COMMANDS),
  );
  const go = template.find(({ label }) => label === 'Go');
  return (go?.submenu as { label?: string; enabled?: boolean }[]).map(({ label, enabled }) => ({ label, enabled })).slice(2);
}
const undoAndRedo = (said: unknown) => labels(said).filter(({ label }) => /^(Undo|Redo)/.test(label ?? ''));

test('undo and redo name their step; where there is nothing they are grey and say so', () => {
  const step = 'Score 7 on frames 3–9 of tracklet 12 & more';
  expect(
    undoAndRedo([
      { id: 'app.undo', title: `Undo: ${step}`, why: null },
      { id: 'app.redo', title: 'Redo', why: 'Nothing to redo in this window' },
    ]),
  ).toEqual([
    { label: 'Undo: Score 7 on frames 3–9 of tracklet 12 && more', enabled: true },
    { label: 'Redo (Nothing to redo in this window)', enabled: false },
  ]);
  expect(undoAndRedo([])).toEqual([
    { label: 'Undo', enabled: true },
    { label: 'Redo', enabled: true },
  ]);
});

test.each([null, 'x', {}, [null], [{ id: 'rm', title: 'x', why: null }], [{ id: 'app.undo', title: 7 }], [{ title: 'no id', why: null }]])(
  'what a page says that is no state of a command changes nothing: %j',
  (said) => expect(labels(said)).toEqual(labels([])),
);

test('a page cannot make an entry as long as it likes', () => {
  const [undo] = commandStates([{ id: 'app.undo', title: 'x'.repeat(1e6), why: 'y'.repeat(1e6) }], COMMANDS);
  expect([undo?.title.length, undo?.why?.length]).toEqual([200, 200]);
});
