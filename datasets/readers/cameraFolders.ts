/**
 * Which camera the name of a folder tells: `c1`, `cam2`, `Camera 3` or a bare `4` by number, `cam_a` and `camera-east` by name. Any other
 * name tells none, unless the user says that every folder is a camera. Test: test/datasets/readers/personFolders.test.ts.
 */
import type { CameraRecord } from '../importer.ts';
import { compareNames } from './pictures.ts';

export interface CameraName {
  number: number | null;
  /** null where the number is all there is. */
  name: string | null;
}

const NUMBERED = /^(?:c|cam|camera)[ _-]?(\d{1,9})$|^(\d{1,2})$/i;
const NAMED = /^cam(?:era)?(?:[ _-].+|[a-z])$/i;

export function readCameraFolder(folderName: string, camera: 'auto' | 'folders' | 'one'): CameraName | null {
  if (camera === 'one') return { number: 0, name: null };
  const numbered = NUMBERED.exec(folderName);
  if (numbered !== null) return { number: Number(numbered[1] ?? numbered[2]), name: null };
  return camera === 'folders' || NAMED.test(folderName) ? { number: null, name: folderName } : null;
}

/** Records of cameras by number; those that have only a name get numbers above the others, in the order of their names. */
export function nameCameras(cameras: readonly CameraName[]): { of(camera: CameraName): CameraRecord } {
  const numbers = new Set<number>();
  const names = new Set<string>();
  for (const { number, name } of cameras) {
    if (number !== null) numbers.add(number);
    else if (name !== null) names.add(name);
  }
  const byNumber = new Map([...numbers].map((camid): [number, CameraRecord] => [camid, { camid, name: `Camera ${camid}` }]));
  const above = Math.max(0, ...numbers);
  const byName = new Map([...names].sort(compareNames).map((name, index): [string, CameraRecord] => [name, { camid: above + 1 + index, name }]));
  return {
    of: ({ number, name }) => (number !== null ? byNumber.get(number) : byName.get(name ?? '')) ?? { camid: 0, name: 'Camera 0' },
  };
}
