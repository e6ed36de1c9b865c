/** What is asked of a child and what is known already; the child is played. */
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMethodsService, type MethodsService } from '../../../src-main/features/methods/service.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder: ReturnType<typeof temporaryFolder>;
let asked: unknown[];
let warned: unknown[];
let models: string;
/** What the child answers next; an error is thrown. */
let answer: (task: { kind: string }) => unknown;

beforeEach(() => {
  folder = temporaryFolder();
  [asked, warned] = [[], []];
  models = join(folder.path, 'models');
  mkdirSync(join(models, 'methods'), { recursive: true });
  writeFileSync(join(models, 'methods', 'a.ts'), 'a');
  answer = ({ kind }) => (kind === 'methods' ? [{ id: 'a' }, { id: 'b' }] : { macsPerFrame: asked.length });
});
afterEach(() => folder[Symbol.dispose]());

function service(version = '1', more: object = {}): MethodsService {
  const context = { project: { ...projectFolder(folder.path), ...more }, version, log: { warn: (...words: unknown[]) => warned.push(words) } };
  const compute = async (...input: unknown[]): Promise<unknown> => {
    asked.push(input);
    return answer(input[0] as { kind: string });
  };
  return createMethodsService(context as never, compute as never, { models });
}
const kinds = () => asked.map((one) => (one as [{ kind: string }])[0].kind);

describe('the list', () => {
  test('is asked once, also at the same time, and kept for the next start', async () => {
    const methods = service();
    expect(await Promise.all([methods.list(), methods.list()])).toEqual([
      [{ id: 'a' }, { id: 'b' }],
      [{ id: 'a' }, { id: 'b' }],
    ]);
    expect(asked).toEqual([[{ kind: 'methods' }, { silence: 120_000 }]]);
    const kept = JSON.parse(readFileSync(join(folder.path, 'cache', 'methods.json'), 'utf8')) as { stamp: string; methods: unknown };
    expect(kept).toEqual({ stamp: expect.stringMatching(/^1\/[0-9a-f]{16}$/) as string, methods: [{ id: 'a' }, { id: 'b' }] });
    expect(await service().list()).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(asked).toHaveLength(1);
    expect(warned).toEqual([]);
  });

  test.each<[string, () => void]>([
    ['changed', () => writeFileSync(join(models, 'methods', 'a.ts'), 'ab')],
    ['touched', () => utimesSync(join(models, 'methods', 'a.ts'), 5, 5)],
    ['added', () => writeFileSync(join(models, 'b.ts'), '')],
  ])('is asked again when a model file was %s', async (_name, change) => {
    await service().list();
    change();
    await service().list();
    await service().list();
    expect(asked).toHaveLength(2);
  });

  test('is asked again under another version and when what was kept is damaged; not for a file that is no model', async () => {
    await service().list();
    writeFileSync(join(models, 'README.md'), '');
    await service().list();
    expect(asked).toHaveLength(1);
    await service('2').list();
    expect(asked).toHaveLength(2);
    writeFileSync(join(folder.path, 'cache', 'methods.json'), '{"stamp":');
    await service('2').list();
    expect(asked).toHaveLength(3);
  });

  test('that failed is asked again', async () => {
    const methods = service();
    answer = () => {
      throw new Error('no child');
    };
    await expect(methods.list()).rejects.toThrow('no child');
    expect(existsSync(join(folder.path, 'cache', 'methods.json'))).toBe(false);
    answer = () => [];
    expect(await methods.list()).toEqual([]);
  });

  test('that cannot be kept is known all the same', async () => {
    const error = new Error('full');
    const methods = service('1', { makeFolder: () => Promise.reject(error) });
    expect(await methods.list()).toHaveLength(2);
    expect(warned).toEqual([[{ err: error }, 'the list of methods could not be kept']]);
  });
});

test('a method is found by its name, or what there is is named', async () => {
  const methods = service();
  expect(await methods.get('b')).toEqual({ id: 'b' });
  const unknown = { code: 'UNKNOWN_METHOD', message: 'There is no method "c"; known are a, b.', params: { method: 'c' } };
  await expect(methods.get('c')).rejects.toMatchObject(unknown);
  await expect(methods.describe('c', {})).rejects.toMatchObject(unknown);
  expect(kinds()).toEqual(['methods']);
});

describe('sizes', () => {
  test('are asked once for the same method, options in any order, and identities', async () => {
    const methods = service();
    const first = await methods.describe('a', { x: 1, y: 2 }, 5);
    expect(asked[1]).toEqual([{ kind: 'describe', method: 'a', options: { x: 1, y: 2 }, identities: 5 }, { silence: 120_000 }]);
    expect(await methods.describe('a', { y: 2, x: 1 }, 5)).toBe(first);
    expect(asked).toHaveLength(2);
    await methods.describe('b', { x: 1, y: 2 }, 5);
    await methods.describe('a', { x: 1, y: 3 }, 5);
    await methods.describe('a', { x: 1, z: 2 }, 5);
    await methods.describe('a', { x: 1, y: 2 }, 6);
    await methods.describe('a', { x: 1, y: 2 });
    expect(asked).toHaveLength(7);
  });

  test('that could not be told are asked again', async () => {
    const methods = service();
    await methods.list();
    answer = () => {
      throw new Error('no such option');
    };
    await expect(methods.describe('a', { q: 1 })).rejects.toThrow('no such option');
    answer = () => ({ macsPerFrame: 1 });
    expect(await methods.describe('a', { q: 1 })).toEqual({ macsPerFrame: 1 });
  });

  test('are forgotten, the oldest first, where there are more than 200', async () => {
    const methods = service();
    await methods.list();
    const ask = async (n: number): Promise<boolean> => {
      const before = asked.length;
      await methods.describe('a', { n });
      return asked.length > before;
    };
    for (let n = 0; n < 200; n++) expect(await ask(n)).toBe(true);
    expect(await ask(0)).toBe(false);
    expect(await ask(200)).toBe(true);
    expect([await ask(1), await ask(0), await ask(1)]).toEqual([false, true, true]);
  });
});
