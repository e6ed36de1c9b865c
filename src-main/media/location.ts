/** Where the files of a data set lie: its root is relative to the project when inside it, so that the project can be moved. */
import { isAbsolute, join, relative, sep } from 'node:path';
import { pathInside } from '../platform/contained.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';

export function absoluteRoot(project: ProjectFolder, root: string): string {
  return project.root(root);
}

/** For messages and dialogs: where it says that it lies, whether that may be read or not. */
export function shownRoot(project: ProjectFolder, root: string): string {
  return isAbsolute(root) ? root : join(project.folder, root);
}

/** The form that is stored. */
export function storedRoot(project: ProjectFolder, folder: string): string {
  const inside = relative(project.folder, folder);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? folder : inside.split(sep).join('/');
}

/** A file of a data set; a path that leads out of its root is refused. Where a data set is its root's pictures themselves, it is the root. */
export function mediaFile(project: ProjectFolder, root: string, path: string): string {
  const folder = absoluteRoot(project, root);
  return path === '.' || path === '' ? folder : pathInside(folder, path);
}
