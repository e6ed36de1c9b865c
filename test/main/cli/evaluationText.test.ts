/** Lines of `evaluate` and `compare`, and the command that makes two results comparable, as a shell takes it. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { againCommands, figuresOf, gainWithInterval, methodAsJson, strataAsJson, withInterval } from '../../../src-main/cli/evaluationText.ts';
import type { Evaluation, QuestionCheck } from '../../../src-shared/contract/evaluations.ts';

const request = {
  runId: 'r',
  runName: 'my run',
  datasetId: 1,
  datasetName: "Anna's set",
  protocol: 'market' as const,
  distance: 'cosine' as const,
  readsPictures: false,
};
const check = (again: QuestionCheck['again']): QuestionCheck => ({ evaluationId: 1, differences: [], isOutdated: false, reasons: [], again });

it('names each missing side once, in words that a shell gives back as they were', () => {
  const commands = againCommands('../a project', [check([request]), check([request, { ...request, runName: 'plain' }]), check([])]);
  expect(commands).toHaveLength(2);
  const said = execFileSync('sh', ['-c', `printf '%s\\n' ${commands[0]!.replace('tracklet ', '')}`], { encoding: 'utf8' })
    .trim()
    .split('\n');
  expect(said).toEqual(['evaluate', '--project', '../a project', '--run', 'my run', '--dataset', "Anna's set", '--protocol', 'market', '--distance', 'cosine']);
  expect(commands[1]).toContain('--run plain --dataset');
});

it('leaves out what is not known', () => {
  const queries = [1, 2, 3, 4].map((identityId) => ({
    identityId,
    valid: true,
    ap: [0.5],
    inp: [0.25],
    firstHit: [2],
    hiddenShare: identityId === 1 ? 0 : null,
  }));
  const figures = figuresOf([{ protocol: 'market', cmc: [0, 1, 1] } as unknown as Evaluation], queries);
  expect(methodAsJson(figures.methods[0]!)).toEqual({
    mAP: { value: 0.5, low: null, high: null },
    mINP: { value: 0.25, low: null, high: null },
    ranks: { rank1: { value: 0, low: null, high: null } },
    beyond: { count: 0, last: 0 },
  });
  expect(strataAsJson(figures, 0).filter(({ n }) => n > 0)).toEqual([
    { label: '0', from: 0, to: 0, n: 1, mAP: 0.5, mAPLow: null, mAPHigh: null, rank1: 0 },
    { label: 'not judged', from: null, to: null, n: 3, mAP: 0.5, mAPLow: null, mAPHigh: null, rank1: 0 },
  ]);
  expect(withInterval({ value: 0.5, interval: null })).toBe('50.0 %');
  expect(gainWithInterval({ value: -0.05, interval: { low: -0.1, high: 0.01 } })).toBe('−5.0 (95 % −10.0 to +1.0)');
});
