/** `tracklet compare` as a shell sees it: figures that are no longer those of today are told, with the command that mends them. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommand } from '../../../src-main/cli/command.ts';
import evaluation from '../../../src-main/cli/commands/evaluate.ts';
import { openHost } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { tracklet } from '../../support/commandLine.ts';
import { angle, evaluatedProject } from '../support/evaluatedProject.ts';

test('the queries that only one of two finds are told of that one', async () => {
  const { folder, host, addRun, evaluate } = await evaluatedProject();
  const compare = (...more: string[]) =>
    tracklet(['compare', '--project', folder, '--dataset', 'Tiny', '--runs', 'right', 'mixed', ...more], { env: { TRACKLET_HOME: join(folder, 'home') } });
  try {
    // Tracklets 9 to 16 are the people 4 to 7, each once asking and once searched; `mixed` takes 4 for 5 and 5 for 4.
    await addRun('right', (id) => angle(Math.ceil(id / 2) * 20));
    await addRun('mixed', (id) => angle(Math.ceil((id === 10 ? 12 : id === 12 ? 10 : id) / 2) * 20));
    for (const distance of ['cosine', 'euclidean'] as const) for (const run of ['right', 'mixed']) await evaluate(run, { distance });
    await host.close();
    const text = await compare();
    // Of several questions the one with the usual distance, not the newest; the other is told.
    expect(text.out).toMatch(/^Tiny, .*cosine/);
    expect(text.err).toContain('They answer other questions too: market, euclidean. Choose with --protocol and --distance.');
    const chosen = await compare('--distance', 'euclidean');
    expect([chosen.out, chosen.err]).toEqual([expect.stringMatching(/^Tiny, .*euclidean/), expect.not.stringContaining('other questions')]);
    expect(text.out).toContain('only right right 2, only mixed right 0, McNemar p 0.50');
    expect((JSON.parse((await compare('--json')).out) as { differences: unknown[] }).differences).toMatchObject([
      // Four people: too few for an interval, of mAP and of rank-1 alike.
      { a: 'right', b: 'mixed', rank1: -0.5, rank1Low: null, rank1High: null, mAPLow: null, bothRight: 2, onlyA: 2, onlyB: 0, bothWrong: 0, n: 4 },
    ]);
  } finally {
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});

test('sides whose lists or weights are those of before are warned of, each with its command', async () => {
  const { folder, host, addRun, evaluate } = await evaluatedProject();
  const home = join(folder, 'home');
  const compare = (...more: string[]) =>
    tracklet(['compare', '--project', folder, '--dataset', 'Tiny', '--runs', 'right', 'long', ...more], { env: { TRACKLET_HOME: home } });
  const again = (run: string) => `tracklet evaluate --project ${folder} --run ${run} --dataset Tiny --protocol market --distance cosine`;
  try {
    for (const run of ['right', 'long']) {
      await addRun(run, (id) => angle(Math.ceil(id / 2) * 20));
      await evaluate(run);
    }
    await host.close();
    const before = await compare('--json');
    expect(before).toMatchObject({ code: 0, err: expect.not.stringContaining('outdated') as string });
    expect((JSON.parse(before.out) as { outdated: unknown }).outdated).toEqual([]);

    const trained = await openHost({ folder, paths: { ...userPaths(), home } });
    await trained.context.db.write('runs', 'update', { id: 'long', weightsHash: 'trained on' });
    await trained.close();
    const after = await compare('--json');
    expect(after.code).toBe(0);
    expect((JSON.parse(after.out) as { outdated: unknown }).outdated).toEqual([{ run: 'long', reasons: ['the run was trained on after this evaluation'] }]);
    expect(after.err).toContain('Warning: long is outdated, the run was trained on after this evaluation.');
    expect(after.err).toContain(again('long'));
    expect(after.err).not.toContain(again('right'));

    const moved = await openHost({ folder, paths: { ...userPaths(), home } });
    await moved.client().call('tracklets.setSplit', { ids: [14, 16], split: 'none' });
    await moved.close();
    const text = await compare();
    expect(text.code).toBe(0);
    expect(text.err).toContain('right is outdated, the query and gallery lists were changed after this evaluation; long is outdated');
    for (const run of ['right', 'long']) expect(text.err).toContain(again(run));
    expect(text.out).not.toContain('outdated');
  } finally {
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});

test('runs without an evaluation are named with the whole commands that make one, and these can be typed', async () => {
  const { folder, host, addRun, evaluate } = await evaluatedProject();
  const compare = (...more: string[]) =>
    tracklet(['compare', '--project', folder, '--dataset', 'Tiny', '--runs', 'right', "it's new", ...more], { env: { TRACKLET_HOME: join(folder, 'home') } });
  try {
    for (const run of ['right', "it's new"]) await addRun(run, (id) => angle(Math.ceil(id / 2) * 20));
    await evaluate('right');
    await host.close();
    const start = `  tracklet evaluate --project ${folder}`;
    const plain = await compare();
    expect(plain.code).toBe(1);
    expect(plain.err).toBe(
      `it's new has no evaluation on this data set.\nFirst run:\n${start} --run 'it'\\''s new' --dataset Tiny --protocol market --distance cosine\n`,
    );
    const euclidean = await compare('--distance', 'euclidean');
    expect(euclidean.err).toBe(
      "right and it's new have no evaluation on this data set under euclidean.\nFirst run:\n" +
        `${start} --run right --dataset Tiny --distance euclidean\n${start} --run 'it'\\''s new' --dataset Tiny --distance euclidean\n`,
    );
    for (const line of euclidean.err.split('\n').filter((text) => text.startsWith('  tracklet'))) {
      // As a shell takes it apart.
      const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line.trim()}`], { encoding: 'utf8' })
        .trimEnd()
        .split('\n');
      expect(parseCommand(evaluation, words.slice(2)).values).toMatchObject({ project: folder, dataset: 'Tiny', distance: 'euclidean' });
    }
  } finally {
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});

test('of results of several days those of today are taken, whichever is newer; what was asked before is answered by its row', async () => {
  const { folder, host, client, addRun, evaluate } = await evaluatedProject();
  const run = (...words: string[]) =>
    tracklet([...words, '--project', folder, '--dataset', 'Tiny', '--json'], { env: { TRACKLET_HOME: join(folder, 'home') } });
  const compare = async () => {
    const { code, out, err } = await run('compare', '--runs', 'right', 'long');
    const { question, outdated } = JSON.parse(out) as { question: { hash: string; words: string }; outdated: unknown[] };
    return { code, err, hash: question.hash, words: question.words, outdated };
  };
  try {
    for (const name of ['right', 'long']) await addRun(name, (id) => angle(Math.ceil(id / 2) * 20));
    const hashOf = async (id: number) => (await client.call('evaluations.list', {})).find((one) => one.id === id)?.question?.hash as string;
    const before = await hashOf(await evaluate('right'));
    await evaluate('long');
    await client.call('tracklets.setSplit', { ids: [14, 16], split: 'none' });
    const newer = await hashOf(await evaluate('right'));
    await evaluate('long');
    await host.close();
    const ofFewer = await compare();
    expect(ofFewer).toMatchObject({ code: 0, hash: newer, words: expect.stringContaining('in a gallery of 2') as string, outdated: [] });
    // The other question is of the same protocol and distance: no option chooses it, so none is offered.
    expect(ofFewer.err).not.toContain('other questions');

    const undone = await openHost({ folder, paths: { ...userPaths(), home: join(folder, 'home') } });
    await undone.client().call('history.undo', {});
    await undone.close();
    expect(await compare()).toMatchObject({ code: 0, hash: before, words: expect.stringContaining('in a gallery of 4') as string, outdated: [] });
    const again = await run('evaluate', '--run', 'right');
    expect((JSON.parse(again.out) as { runs: unknown[] }).runs).toMatchObject([{ run: 'right', gallery: 4, question: before }]);
    const last = await openHost({ folder, paths: { ...userPaths(), home: join(folder, 'home') } });
    expect(await last.client().call('evaluations.list', {})).toHaveLength(4);
    await last.close();
  } finally {
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});
