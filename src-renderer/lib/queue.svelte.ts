/**
 * The tracklets a person works through: the filtered list of the Tracklets view, in its order. Annotate takes its Tab from here.
 * It outlives a reload as it was, since what is worked on may no longer pass its filter. Test: test/renderer/queue.svelte.test.ts.
 *   setQueue(ids, 'Not started, hidden 5–100 %');   nextInQueue(id, 1) → the id after it, or null at the end
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

function queueOf(ids: Int32Array, label: string): { ids: Int32Array; label: string; places: Map<number, number> } {
  const places = new Map<number, number>();
  for (let index = 0; index < ids.length; index++) places.set(ids[index] ?? 0, index);
  return { ids, label, places };
}

export function setQueue(ids: Int32Array, label: string): void {
  current = queueOf(ids, label);
  kept.write({ label, steps: Array.from(ids, (id, index) => (id - (ids[index - 1] ?? 0)).toString(36)).join(' ') });
}

export function queueLabel(): string {
  return current.label;
}

export function queueLength(): number {
  return current.ids.length;
}

/** Place of a tracklet from 0 on; −1 when it is not in the queue. */
export function placeInQueue(id: number): number {
  return current.places.get(id) ?? -1;
}

export function queueAt(place: number): number | null {
  return current.ids[place] ?? null;
}

/** The tracklet so many places on; null beyond either end. One that is not in the queue leads to its start. */
export function nextInQueue(id: number, step: number): number | null {
  const place = placeInQueue(id);
  return place < 0 ? queueAt(0) : queueAt(place + step);
}
