/**
 * What is fuzzed: one reader of files from elsewhere a target, with its corpus in the folder of its name. A target reads one input; whatever
 * it throws that is no AppError with the file's name, and work beyond the budget, is a finding.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { readNpy } from '../../datasets/readers/npy.ts';
import { walkFiles } from '../../datasets/readWhole.ts';
import { readPth } from '../../datasets/readers/pth.ts';
import { zipMembers } from '../../datasets/readers/zipMembers.ts';
import type { FileTree, Place } from '../../datasets/tree.ts';
import { openTarTree } from '../../datasets/trees/tar.ts';
import { openZipTree } from '../../datasets/trees/zip.ts';
import { readSafetensors } from '../../models/train/safetensors.ts';
import { AppError } from '../../src-shared/errors.ts';
import { readBudget, type ReadBudget } from '../../src-shared/readBudget.ts';
import { memorySource } from '../support/archives.ts';
import { checkpoint } from '../support/pickles.ts';

export interface FuzzTarget {
  name: string;
  corpus: Uint8Array[];
  /** Returns the bytes of what came out. */
  read(input: Uint8Array, label: string, budget: ReadBudget): number | Promise<number>;
  budget(input: Uint8Array): ReadBudget;
}

const bytesIn = (tensors: Iterable<[string, { values: { byteLength: number } }]>): number =>
  [...tensors].reduce((sum, [, { values }]) => sum + values.byteLength, 0);

/** Behind the checksums of the archive a change of the pickle would never be seen: so the pickle is changed and packed anew. */
const STORAGES = storagesOf(new Uint8Array(readFileSync(new URL('../fixtures/readers/state.pth', import.meta.url))));

function storagesOf(file: Uint8Array): Record<string, Uint8Array> {
  const archive = zipMembers(file, (what) => new Error(what));
  const names = archive.names.filter((name) => name.startsWith('state/data/'));
  return Object.fromEntries(names.map((name) => [name.slice('state/data/'.length), archive.read(name) ?? new Uint8Array(0)]));
}

const READERS: Record<string, FuzzTarget['read']> = {
  pth: (input, label, budget) => bytesIn(readPth(input, label, budget)),
  pickle: (input, label, budget) => bytesIn(readPth(checkpoint(input, STORAGES), label, budget)),
  npy: (input, label, budget) => readNpy(input, label, budget).values.byteLength,
  safetensors: (input, label, budget) => bytesIn(readSafetensors(input, label, budget).tensors),
  zip(input, label) {
    const archive = zipMembers(input, (what) => new AppError('FILE_INVALID', `${label}: ${what}.`));
    return archive.names.reduce((sum, name) => sum + (archive.read(name)?.length ?? 0), 0);
  },
  zipTree: async (input, label) => bytesBelow(await openZipTree(memorySource(input), label), label, input),
  tarTree: async (input, label) => bytesBelow(await openTarTree(memorySource(input), label), label, input),
};

/** All that can be read of a tree, and a part of each file, which must be that part. */
async function bytesBelow(tree: FileTree, label: string, input: Uint8Array): Promise<number> {
  let sum = 0;
  for await (const { path, kind } of walkFiles(tree, new AbortController().signal)) {
    if (kind !== 'file') continue;
    const whole = await tree.bytes(path);
    sum += whole.length;
    const part = await tree.range(path, 1, 4);
    if (Buffer.compare(part, whole.subarray(1, 4)) !== 0 || (await tree.size(path)) !== whole.length) throw new Error(`${label}: ${path} has two contents`);
    const place = await tree.place(path);
    if (place && !isPlaceOf(place, whole, input)) throw new Error(`${label}: ${path} lies elsewhere`);
  }
  return sum;
}

/** Read without the archive's directory, as whoever shows one picture does. */
function isPlaceOf({ start, packed, size, coding }: Place, whole: Uint8Array, input: Uint8Array): boolean {
  const bytes = input.subarray(start, start + packed);
  const made = coding === 'stored' ? bytes : inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  return bytes.length === packed && size === whole.length && Buffer.compare(made, whole) === 0;
}

export function fuzzTargets(): FuzzTarget[] {
  return Object.entries(READERS).map(([name, read]) => ({ name, corpus: corpusOf(name), read, budget: (input) => readBudget(input.length) }));
}

export function corpusFolder(name: string): URL {
  return new URL(`./${name}/corpus/`, import.meta.url);
}

function corpusOf(name: string): Uint8Array[] {
  const folder = corpusFolder(name);
  return readdirSync(folder)
    .sort()
    .map((file) => new Uint8Array(readFileSync(new URL(file, folder))));
}
