/**
 * Derives a registry from a folder: every `*.ts` file with a default export that has an `id` is an entry.
 * No hand-kept lists, no import side effects; a duplicate id throws at start. Test: test/main/platform/registry.test.ts.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

export async function loadRegistry<Entry extends { id: string }>(folder: URL): Promise<Map<string, Entry>> {
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`);
  const names = (await readdir(base)).filter((name) => name.endsWith('.ts')).sort();
  const registry = new Map<string, Entry>();
  for (const name of names) {
    const module = (await import(new URL(name, base).href)) as { default?: Entry };
    const entry = module.default;
    if (!entry || typeof entry.id !== 'string') throw new Error(`${name} has no default export with an id`);
    if (registry.has(entry.id)) throw new Error(`${name} repeats the id "${entry.id}"`);
    registry.set(entry.id, entry);
  }
  return registry;
}

/** Of all folders of that name one step down: `<parent>/<any>/<name>/`. An id that two of them have throws. */
export async function loadRegistries<Entry extends { id: string }>(parent: URL, name: string): Promise<Map<string, Entry>> {
  const folders = (await readdir(parent)).sort().map((between) => new URL(`${between}/${name}/`, parent));
  const registry = new Map<string, Entry>();
  for (const folder of folders.filter((one) => existsSync(one)))
    for (const [id, entry] of await loadRegistry<Entry>(folder)) {
      if (registry.has(id)) throw new Error(`${folder.pathname} repeats the id "${id}"`);
      registry.set(id, entry);
    }
  return registry;
}
