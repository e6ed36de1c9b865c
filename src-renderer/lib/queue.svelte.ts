/**
 * The tracklets a person works through: the filtered list of the Tracklets view, in its order. Annotate takes its Tab from here.
 *   setQueue(ids, 'Not started, hidden 5–100 %', id);   nextInQueue(id, 1) → the id after it, or null at the end
 */

let current = $state.raw<{ ids: Int32Array; label: string; places: Map<number, number> }>({ ids: new Int32Array(0), label: '', places: new Map() });

export function setQueue(ids: Int32Array, label: string): void {
  const places = new Map<number, number>();
  for (let index = 0; index < ids.length; index++) places.set(ids[index] ?? 0, index);
  current = { ids, label, places };
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
