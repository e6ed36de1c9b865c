/**
 * The tracklets a person works through: the filtered list of the Tracklets view, in its order. Annotate takes its Tab from here.
 * It outlives a reload as it was, since what is worked on may no longer pass its filter. Test: test/renderer/queue.svelte.test.ts.
 *   setQueue(ids, 'Not started, hidden 5–100 %');   queueIds()
 */
import { isRecord, remembered } from './remembered.ts';

interface KeptQueue {
  label: string;
  /** Steps from id to id in base 36: a list of 100,000 must fit a window's storage. */
  steps: string;
}
const kept = remembered('queue', (value): value is KeptQueue => {
  return (
    isRecord(value) && typeof value['label'] === 'string' && typeof value['steps'] === 'string' && /^(?:-?[0-9a-z]+(?: -?[0-9a-z]+)*)?$/.test(value['steps'])
  );
});

let current = $state.raw(restored());

function restored(): ReturnType<typeof queueOf> {
  const { label, steps } = kept.read() ?? { label: '', steps: '' };
  let id = 0;
  return queueOf(steps === '' ? new Int32Array(0) : Int32Array.from(steps.split(' '), (step) => (id += parseInt(step, 36))), label);
}

function queueOf(ids: Int32Array, label: string): { ids: Int32Array; label: string; known: ReadonlySet<number> } {
  return { ids, label, known: new Set(ids) };
}

export function setQueue(ids: Int32Array, label: string): void {
  current = queueOf(ids, label);
  kept.write({ label, steps: Array.from(ids, (id, index) => (id - (ids[index - 1] ?? 0)).toString(36)).join(' ') });
}

export function queueLabel(): string {
  return current.label;
}

/** Ids in order. */
export function queueIds(): Int32Array {
  return current.ids;
}

export function isInQueue(id: number): boolean {
  return current.known.has(id);
}
