/**
 * Who the folders of people are. A person is a folder name. Two names with one number (`1` and `p1`) are two people, except that names that
 * differ only in leading zeros are one where no split holds both (`query/1` and `gallery/0001`). `-1` is junk and `0000` a distractor, as in
 * MARS and Market-1501; a single `0` is a person, since sets may count from 0. Test: test/datasets/readers/personFolders.test.ts.
 */
import type { IdentityKind, ImportContext, SplitName } from '../importer.ts';
import type { FileEntry } from '../tree.ts';
import { compareNames } from './pictures.ts';

export interface PersonFolder {
  folder: FileEntry;
  split: SplitName;
}

export interface Person {
  key: string;
  pid: number;
  name: string;
  kind: IdentityKind;
  /** What names of pictures must say to be of this person; null when folder names are not read as numbers. */
  number: number | null;
}

export interface People {
  all: Person[];
  /** null: the folder is not read as a person. */
  of(folder: PersonFolder): Person | null;
}

interface Reading {
  folderName: string;
  number: number;
  kind: IdentityKind;
  /** Equal for names that differ only in leading zeros. */
  bare: string;
}

/** MARS writes junk as `00-1`, Market as `-1`. */
const JUNK = /^0*-0*1$/;
const DISTRACTORS = /^0{2,}$/;
const PERSON = /^(?<prefix>(?:pid|id|person|p)[ _-]?)?(?<digits>\d{1,16})$/i;

/** null: the name is no person number. */
export function readPersonName(folderName: string, conventions: boolean): Reading | null {
  if (JUNK.test(folderName)) return { folderName, number: -1, kind: conventions ? 'junk' : 'person', bare: '-1' };
  if (DISTRACTORS.test(folderName)) return { folderName, number: 0, kind: conventions ? 'distractor' : 'person', bare: '0000' };
  const { prefix = '', digits } = PERSON.exec(folderName)?.groups ?? {};
  const number = Number(digits);
  if (!Number.isSafeInteger(number)) return null;
  return { folderName, number, kind: 'person', bare: `${prefix.toLowerCase()}${number}` };
}

function shownName({ folderName, number, kind }: Reading): string {
  return kind === 'person' && /^\d+$/.test(folderName) ? String(number).padStart(4, '0') : folderName;
}

export function readPeople(
  folders: readonly PersonFolder[],
  chosen: { people: 'numbers' | 'names'; conventions: boolean },
  warn: ImportContext['warn'],
): People {
  return chosen.people === 'names' ? byNames(folders) : byNumbers(folders, chosen.conventions, warn);
}

function byNames(folders: readonly PersonFolder[]): People {
  const names = [...new Set(folders.map(({ folder }) => folder.name))].sort(compareNames);
  const people = new Map(names.map((name, index): [string, Person] => [name, { key: name, pid: index + 1, name, kind: 'person', number: null }]));
  return { all: [...people.values()], of: ({ folder }) => people.get(folder.name) ?? null };
}

function byNumbers(folders: readonly PersonFolder[], conventions: boolean, warn: ImportContext['warn']): People {
  const readings = new Map<string, Reading>();
  const splitsOf = new Map<string, Set<SplitName>>();
  for (const { folder, split } of folders) {
    const reading = readings.get(folder.name) ?? readPersonName(folder.name, conventions);
    if (reading === null) continue;
    readings.set(folder.name, reading);
    splitsOf.set(folder.name, (splitsOf.get(folder.name) ?? new Set()).add(split));
  }
  const keyOf = keysOf([...readings.values()], splitsOf, warn);
  const people = new Map<string, Person>();
  let highest = Math.max(0, ...[...readings.values()].map(({ number }) => number));
  const taken = new Set<number>();
  const renamed: string[] = [];
  for (const reading of [...readings.values()].sort((a, b) => a.number - b.number || compareNames(a.folderName, b.folderName))) {
    const key = keyOf.get(reading.folderName) ?? reading.folderName;
    if (people.has(key)) continue;
    const isFree = !taken.has(reading.number);
    const pid = isFree ? reading.number : ++highest;
    taken.add(pid);
    if (!isFree) renamed.push(`${reading.folderName} as ${pid}`);
    people.set(key, { key, pid, name: isFree ? shownName(reading) : reading.folderName, kind: reading.kind, number: reading.number });
  }
  for (const place of renamed)
    warn('PEOPLE_SAME_NUMBER', place, 'Folders with one number but different names are kept as different people, under numbers of their own.');
  return {
    all: [...people.values()],
    of: ({ folder }) => people.get(keyOf.get(folder.name) ?? '') ?? null,
  };
}

/** Folder name → key of the person. Names that differ only in leading zeros share one, unless a split holds both. */
function keysOf(readings: readonly Reading[], splitsOf: ReadonlyMap<string, ReadonlySet<SplitName>>, warn: ImportContext['warn']): Map<string, string> {
  const byBare = new Map<string, Reading[]>();
  for (const reading of readings) byBare.set(reading.bare, [...(byBare.get(reading.bare) ?? []), reading]);
  const keys = new Map<string, string>();
  for (const [bare, group] of byBare) {
    const splits = group.flatMap(({ folderName }) => [...(splitsOf.get(folderName) ?? [])]);
    const isOne = new Set(splits).size === splits.length || group[0]?.kind !== 'person';
    if (isOne && group.length > 1 && group[0]?.kind === 'person')
      warn(
        'PEOPLE_JOINED',
        group.map(({ folderName }) => folderName).join(' and '),
        'Folders of different splits whose names differ only in leading zeros are read as one person.',
      );
    for (const { folderName } of group) keys.set(folderName, isOne ? bare : folderName);
  }
  return keys;
}
