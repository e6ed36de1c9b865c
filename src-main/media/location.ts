/** Where the files of a data set lie: its root is relative to the project when inside it, so that the project can be moved. */
import { isAbsolute, relative, sep } from 'node:path';
import type { ProjectFolder } from '../host/context.ts';
import { containedPath } from '../host/project.ts';
import { rootFolder } from '../pixels/locate.ts';

export function absoluteRoot(project: ProjectFolder, root: string): string {
  return rootFolder(project.folder, root);
}

/** The form that is stored. */
export function storedRoot(project: ProjectFolder, folder: string): string {
  const inside = relative(project.folder, folder);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? folder : inside.split(sep).join('/');
}

/** A file of a data set; a path that leads out of its root is refused. */
export function mediaFile(project: ProjectFolder, root: string, path: string): string {
  return containedPath(absoluteRoot(project, root), path);
}
