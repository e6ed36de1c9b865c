/** How a source differs from the data set that was made of it, in words for log, terminal and page. Test: test/shared/sourceChange.test.ts. */
import type { ErrorParams } from './errors.ts';
import type { SourceChange } from './contract/imports.ts';

/** What the data set has now. */
export interface Held {
  tracklets: number;
  frames: number;
}

/** Pictures that stay are fewer than this share of all: whoever changed a folder would hardly have changed so much. */
const FEW = 0.05;

/** "3 pictures changed", "1 tracklet added"; empty where only what is said of them changed. */
function changeParts({ pictures, tracklets }: Pick<SourceChange, 'pictures' | 'tracklets'>): string[] {
  const part = (n: number, one: string, what: string): string[] => (n === 0 ? [] : [`${n} ${n === 1 ? one : `${one}s`} ${what}`]);
  return [
    ...part(pictures.changed, 'picture', 'changed'),
    ...part(pictures.added, 'picture', 'added'),
    ...part(pictures.removed, 'picture', 'removed'),
    ...part(tracklets.added, 'tracklet', 'added'),
    ...part(tracklets.removed, 'tracklet', 'removed'),
    ...part(tracklets.renamed, 'tracklet', 'renamed'),
  ];
}

/** "3 pictures changed, 1 picture added", or what else it says otherwise. */
export function changeText(change: Pick<SourceChange, 'pictures' | 'tracklets' | 'isElsewhere'>): string {
  if (change.isElsewhere) return 'its pictures lie elsewhere, and nothing else changed';
  const parts = changeParts(change);
  if (parts.length > 0) return parts.join(', ');
  const { changed } = change.tracklets;
  return changed > 0 ? `what it says of ${changed} ${changed === 1 ? 'tracklet' : 'tracklets'}` : 'names of people or cameras, or further splits';
}

/** Why this looks like another folder: no tracklet, or almost no picture, of the data set is in it. null: it does not. */
export function otherFolder({ pictures, tracklets }: Pick<SourceChange, 'pictures' | 'tracklets'>, held: Held): string | null {
  if (held.frames === 0) return null;
  const kept = Math.max(0, held.frames - pictures.changed - pictures.removed);
  const keptTracklets = held.tracklets - tracklets.removed;
  if (kept >= held.frames * FEW && keptTracklets > 0) return null;
  const what = keptTracklets <= 0 ? `none of its ${held.tracklets} tracklets` : `${kept === 0 ? 'none' : kept} of its ${held.frames} pictures`;
  return `This looks like another folder: ${what} ${kept === 1 && keptTracklets > 0 ? 'is' : 'are'} in it as imported.`;
}

/** As a refused import carries it. */
export function changeParams({ pictures, tracklets, dataset, name }: SourceChange): ErrorParams {
  return {
    dataset,
    name,
    picturesChanged: pictures.changed,
    picturesAdded: pictures.added,
    picturesRemoved: pictures.removed,
    trackletsAdded: tracklets.added,
    trackletsRemoved: tracklets.removed,
    trackletsRenamed: tracklets.renamed,
  };
}

/** Of what a refused import carries; null where it carries no change. */
export function changeOfParams(params: ErrorParams): SourceChange | null {
  const number = (key: string): number => (typeof params[key] === 'number' ? params[key] : 0);
  const { dataset, name } = params;
  if (typeof dataset !== 'number' || typeof name !== 'string') return null;
  return {
    dataset,
    name,
    tracklets: { added: number('trackletsAdded'), changed: 0, removed: number('trackletsRemoved'), renamed: number('trackletsRenamed') },
    pictures: { changed: number('picturesChanged'), added: number('picturesAdded'), removed: number('picturesRemoved') },
  };
}
