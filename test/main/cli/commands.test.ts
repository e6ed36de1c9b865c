/** The command line as a user's shell sees it: a process, its output and its exit status. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolHelp } from '../../../src-shared/protocols/index.ts';
import { writeNpy } from '../../../datasets/readers/npy.ts';
import { usage, type Command } from '../../../src-main/cli/command.ts';
import { tracklet as run } from '../../support/commandLine.ts';

const commandsFolder = new URL('../../../src-main/cli/commands/', import.meta.url);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracklet-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tracklet = (...args: string[]) => run(args);

it('names each command after its file, with a help line for every option', async () => {
  for (const name of await readdir(commandsFolder)) {
    const command = ((await import(new URL(name, commandsFolder).href)) as { default: Command }).default;
    expect(`${command.id}.ts`).toBe(name);
    for (const [option, { help }] of Object.entries(command.options)) expect(help, `${command.id} --${option}`).toMatch(/\w/);
    expect(usage(command)).toContain(`tracklet ${command.id}`);
  }
});

it('keeps what a command is called apart from what it does', async () => {
  const { out } = await tracklet('--help');
  const rows = out.split('\n').filter((line) => line.startsWith('  '));
  expect(rows.length).toBe((await readdir(commandsFolder)).length);
  for (const row of rows) expect(row).toMatch(/^ {2}\S.*? {2,}[A-Z]/);
});

it('describes what may be set: options and recipe', async () => {
  const { out } = await tracklet('describe', 'resnet-tap');
  expect(out).toMatch(/\n {2}depth = 50 {2,}The published networks use 50\.\n/);
  expect(out).toMatch(/\n {2}stepsPerEpoch {2,}50 small, 0 as in the paper\n/);
});

/** One list, wherever a protocol is named. */
const PROTOCOLS = `There is no protocol "cuhk03"; there are ${protocolHelp}.`;

describe('exit status', () => {
  it('is 0 for help and 2 for what cannot be understood, with a sentence on standard error only', async () => {
    expect((await tracklet('--help')).code).toBe(0);
    for (const [args, sentence] of [
      [['nonsense'], 'There is no command "nonsense"'],
      [['metrics', '--distence', 'x'], "Unknown option '--distence'"],
      [['metrics'], '--distance is missing'],
      [['synth', folder, '--identities', 'many'], '--identities needs a whole number, not "many"'],
      [['compare', '--runs', 'r', 'r', '--project', folder, '--dataset', 'd'], '--runs names r twice'],
      [['metrics', '--protocol', 'cuhk03'], PROTOCOLS],
      [['evaluate', '--run', 'r', '--project', folder, '--protocol', 'cuhk03'], PROTOCOLS],
      [['compare', '--runs', 'r', 's', '--project', folder, '--dataset', 'd', '--protocol', 'cuhk03'], PROTOCOLS],
      [['metrics', '--max-rank', '0'], '--max-rank needs at least 1'],
      [['describe', 'no-such-method'], 'There is no method "no-such-method"; known are'],
      [['describe', 'resnet-tap', '--set', 'dpth=18'], 'has no option "dpth"'],
      [['describe', 'resnet-tap', '--set', 'depth=19'], 'depth'],
    ] as const) {
      const { code, out, err } = await tracklet(...args);
      expect(err, args.join(' ')).toContain(sentence);
      expect({ code, out }, args.join(' ')).toEqual({ code: 2, out: '' });
    }
  });

  it('is 1 for a failure in the world, and --json still prints one document', async () => {
    const { code, out, err } = await tracklet('stats', '--project', join(folder, 'absent'), '--dataset', 'x', '--json');
    expect(code).toBe(1);
    expect(err).toMatch(/absent/);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'PROJECT_MISSING', remedy: expect.stringMatching(/\w/) as string } });
  });
});

it('an empty path is refused, as a place and as an option: it would stand for the current folder', async () => {
  for (const [args, sentence] of [
    [['project', 'new', ''], '<dir> is empty.'],
    [['synth', ''], '<dir> is empty.'],
    [['serve', ''], '[project] is empty.'],
    [['import', '', '--project', folder], '<path> is empty.'],
    [['stats', '--project', '', '--dataset', 'x'], '--project is empty.'],
    [['engine', 'set', '--tensorflow', ''], '--tensorflow is empty.'],
    [['compare', '--runs', 'a', '--runs', '', '--project', folder, '--dataset', 'd'], '--runs is empty.'],
  ] as const) {
    const { code, err } = await run(args, { cwd: folder });
    expect({ code, err }, args.join(' ')).toEqual({ code: 2, err: `${sentence}\n` });
  }
  expect(await readdir(folder)).not.toContain('project.sqlite');
});

describe('metrics', () => {
  const csv = (rows: [number, number][]): string => `pid,camid\n${rows.map((row) => row.join(',')).join('\n')}\n`;

  it('gives the published values for the classic rank lists', async () => {
    // Rank lists of the MARS evaluation: average precision in the common form and by the trapezoid rule.
    const lists: { list: number[]; common: number; trapezoid: number }[] = [
      { list: [1, 0, 1, 0, 0, 1], common: 0.72222, trapezoid: 0.67778 },
      { list: [0, 1, 0, 1], common: 0.5, trapezoid: 0.3333 },
      { list: [0, 0, 0, 1], common: 0.25, trapezoid: 0.125 },
      { list: [1, 0, 0, 0, 1], common: 0.7, trapezoid: 0.6625 },
      { list: [1, 1, 1], common: 1, trapezoid: 1 },
    ];
    const paths = { d: join(folder, 'd.npy'), q: join(folder, 'q.csv'), g: join(folder, 'g.csv') };
    for (const { list, common, trapezoid } of lists) {
      await writeFile(
        paths.d,
        writeNpy(
          [1, list.length],
          Float32Array.from(list, (_, index) => index / 10),
        ),
      );
      await writeFile(paths.q, csv([[5, 0]]));
      await writeFile(paths.g, csv(list.map((hit) => [hit ? 5 : 6, 1])));
      const run = (protocol: string) => tracklet('metrics', '--distance', paths.d, '--query', paths.q, '--gallery', paths.g, '--protocol', protocol, '--json');
      const market = JSON.parse((await run('market')).out) as { mAP: number; cmc: number[]; validQueries: number };
      expect(market.mAP).toBeCloseTo(common, 4);
      expect(market.cmc[0]).toBe(list[0]);
      expect(market.validQueries).toBe(1);
      expect((JSON.parse((await run('mars')).out) as { mAP: number }).mAP).toBeCloseTo(trapezoid, 4);
    }
  });

  it('has no rank beyond the curve that was asked for or the gallery', async () => {
    const paths = { d: join(folder, 'd3.npy'), q: join(folder, 'q3.csv'), g: join(folder, 'g3.csv') };
    // The match stands at rank 7 of 12.
    const ids = [6, 6, 6, 6, 6, 6, 5, 6, 6, 6, 6, 6];
    await writeFile(
      paths.d,
      writeNpy(
        [1, 12],
        Float32Array.from(ids, (_, index) => index),
      ),
    );
    await writeFile(paths.q, csv([[5, 0]]));
    await writeFile(paths.g, csv(ids.map((id) => [id, 1])));
    const args = ['metrics', '--distance', paths.d, '--query', paths.q, '--gallery', paths.g];
    const curve = async (...more: string[]) => (JSON.parse((await tracklet(...args, '--json', ...more)).out) as { cmc: number[] }).cmc;
    expect(await curve()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(await curve('--max-rank', '5')).toEqual([0, 0, 0, 0, 0]);
    expect((await tracklet(...args)).out).toContain('mAP 14.29  rank-1 0.00  rank-5 0.00  rank-10 100.00  mINP 14.29');
    expect((await tracklet(...args, '--max-rank', '5')).out).toContain('mAP 14.29  rank-1 0.00  rank-5 0.00  mINP 14.29');
    expect((await tracklet(...args, '--max-rank', '3')).out).toContain('mAP 14.29  rank-1 0.00  mINP 14.29');
    expect(Object.keys(JSON.parse((await tracklet(...args, '--json')).out) as object)).toEqual([
      'mAP',
      'mINP',
      'cmc',
      'queries',
      'validQueries',
      'gallery',
      'protocol',
    ]);
  });

  it('says which file and line is wrong', async () => {
    const paths = { d: join(folder, 'd2.npy'), q: join(folder, 'q2.csv'), g: join(folder, 'g2.csv') };
    await writeFile(paths.d, writeNpy([1, 3], Float32Array.of(1, 2, 3)));
    await writeFile(paths.q, 'pid,camid\n1,0\n');
    await writeFile(paths.g, 'pid,camid\n1,1\n2,x\n');
    const args = ['metrics', '--distance', paths.d, '--query', paths.q, '--gallery', paths.g];
    expect((await tracklet(...args)).err).toContain('g2.csv, line 3: camid must be a whole number, not "x"');
    await writeFile(paths.g, 'pid,camid\n1,1\n2,1\n');
    const { code, err } = await tracklet(...args);
    expect(err).toContain('d2.npy has shape (1, 3); 1 queries and 2 gallery entries need (1, 2)');
    expect(code).toBe(2);
    await writeFile(paths.g, 'id,camid\n1,1\n');
    expect((await tracklet(...args)).err).toContain('line 1: the column pid is missing');
  });
});

it('describes a method with the counts of the field, as one JSON document', async () => {
  // ResNet-50 with last stride 1, 625 classes, four frames at 256×128: 24.793 M, 23.512 M without classifier, 16.213 G a clip.
  const { code, out } = await tracklet('describe', 'resnet-tap', '--set', 'depth=50', '--set', 'frames=4', '--json');
  expect(code).toBe(0);
  const size = JSON.parse(out) as { parameters: number; parametersWithoutClassifier: number; macsPerClip: number; options: { depth: number } };
  expect([size.parameters, size.parametersWithoutClassifier].map((count) => (count / 1e6).toFixed(3))).toEqual(['24.793', '23.512']);
  expect((size.macsPerClip / 1e9).toFixed(3)).toBe('16.213');
  expect(size.options.depth).toBe(50);
});

it('makes a project once and refuses to make it over something else', async () => {
  const project = join(folder, 'project');
  expect(JSON.parse((await tracklet('project', 'new', project, '--json')).out)).toEqual({ project });
  expect((await readFile(join(project, 'project.sqlite'))).subarray(0, 15).toString()).toBe('SQLite format 3');
  const again = await tracklet('project', 'new', project);
  expect(again).toMatchObject({ code: 1, err: `The folder ${project} is a project already.\nOpen it, or choose another folder.\n` });
  const file = join(folder, 'file');
  await writeFile(file, 'x');
  expect((await tracklet('project', 'new', file)).err).toBe(`${file} is a file, not a folder.\nChoose another folder.\n`);
  // One that has projects below itself is fine.
  expect((await tracklet('project', 'new', folder)).code).toBe(0);
});

it('bench runs a program of test/bench and prints its figures, with the status of the program', async () => {
  const { code, out, err } = await tracklet('bench', 'kill', '1', '--json');
  const { figures } = JSON.parse(out) as { figures: { name: string; ours: number; mustReach: number | null }[] };
  expect(code, err).toBe(0);
  expect(figures[0]).toEqual({ name: 'acknowledged values lost in 1 kills', unit: 'values', ours: 0, peer: null, peerName: null, ratio: null, mustReach: 0 });
  expect(err).toContain('acknowledged values in 1 rounds');
  const unknown = await tracklet('bench', 'nothing');
  expect(unknown.code).toBe(2);
  expect(unknown.err).toMatch(/There is no benchmark "nothing"\. Benchmarks: annotate, .*tracklets/);
});
