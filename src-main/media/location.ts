/** Where the files of a data set lie: its root is relative to the project when inside it, so that the project can be moved. */
import { isAbsolute, join, relative, sep } from 'node:path';
import type { Place } from '../../datasets/tree.ts';
import type { PictureFile } from '../pixels/range.ts';
import { isBelow, pathInside } from '../platform/contained.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';

/** For messages and dialogs: where it says that it lies, whether that may be read or not. */
export function shownRoot(project: ProjectFolder, root: string): string {
  return isAbsolute(root) ? root : join(project.folder, root);
}

/** The form that is stored. */
export function storedRoot(project: ProjectFolder, folder: string): string {
  return isBelow(project.folder, folder) ? relative(project.folder, folder).split(sep).join('/') : folder;
}

/** A file of a data set; a path that leads out of its root is refused. Where a data set is its root's pictures themselves, it is the root. */
export function mediaFile(project: ProjectFolder, root: string, path: string): string {
  const folder = project.root(root);
  return path === '.' || path === '' ? folder : pathInside(folder, path);
}

/** A picture of a data set: a file below its root, or a range of the archive that its root is. */
export function pictureFile(project: ProjectFolder, root: string, file: string, range: Place | null): PictureFile {
  return range ? { path: project.root(root), range: { ...range, member: file } } : { path: mediaFile(project, root, file) };
}
