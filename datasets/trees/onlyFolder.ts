/**
 * Who packs a folder most often packs its name along, so that all lies in one folder of the archive. That folder as a tree of its own.
 * Test: test/datasets/trees/onlyFolder.test.ts.
 */
import { listed, type FileEntry, type FileTree } from '../tree.ts';

/** What macOS puts beside it. */
const BESIDE = '__MACOSX';

/** null: the tree holds something else beside one folder, or none. */
export async function onlyFolder(tree: FileTree): Promise<FileTree | null> {
  const entries = (await tree.list('')).filter(({ name, kind }) => kind !== 'hidden' && name !== BESIDE);
  const [folder] = entries;
  return folder?.kind === 'folder' && entries.length === 1 ? below(tree, folder.path) : null;
}

function below(tree: FileTree, folder: string): FileTree {
  const inside = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
  const outside = (path: string): string => path.slice(folder.length + 1);
  async function* entries(path: string): AsyncGenerator<FileEntry, void, undefined> {
    for await (const { target, ...entry } of tree.entries(inside(path)))
      yield {
        ...entry,
        path: outside(entry.path),
        ...(target === undefined ? {} : { target: target.startsWith(`${folder}/`) ? outside(target) : `../${target}` }),
      };
  }
  return {
    label: folder,
    entries,
    list: (path) => listed(entries(path)),
    exists: (path) => tree.exists(inside(path)),
    text: (path) => tree.text(inside(path)),
    bytes: (path) => tree.bytes(inside(path)),
    range: (path, start, end) => tree.range(inside(path), start, end),
    chunks: (path) => tree.chunks(inside(path)),
    size: (path) => tree.size(inside(path)),
    place: (path) => tree.place(inside(path)),
  };
}
