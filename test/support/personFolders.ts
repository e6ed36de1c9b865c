/** Folders of one person before one camera each, with pictures in them that all differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { picture } from './motSequence.ts';

/** `folders`: path below `root` → numbers of its pictures (`0001.jpg`), below ten. */
export async function makePersonFolders(root: string, folders: Record<string, readonly number[]>): Promise<void> {
  for (const [path, numbers] of Object.entries(folders)) {
    mkdirSync(join(root, path), { recursive: true });
    for (const number of numbers) writeFileSync(join(root, path, `000${number}.jpg`), await picture(number));
  }
}
