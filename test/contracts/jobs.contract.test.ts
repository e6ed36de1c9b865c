/** Every kind of job, as the host finds them: what a row of a project says is checked before it runs, and what the page shows follows from the kind's file. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { jobDefinitions } from '../../src-main/host/jobs.ts';
import { defineJob, runnerOf } from '../../src-main/jobs/defineJob.ts';
import type { JobRow, JobTools } from '../../src-main/jobs/queue.ts';
import { z } from 'zod';

const definitions = await jobDefinitions();
const row = (kind: string, params: unknown): JobRow => ({ id: 7, kind, title: 'What it is called', params }) as JobRow;
const tools = { signal: new AbortController().signal } as unknown as JobTools;
/** Whatever a job would work with: nothing of it may be touched. */
const untouched = new Proxy({}, { get: (_, name) => expect.fail(`asked for ${String(name)}`) }) as never;

test('there is one for every file', () => {
  const files = readdirSync(new URL('../../src-main/features', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/\\]+[/\\]jobs[/\\][^/\\]+\.ts$/.test(path))
    .map((path) => basename(path, '.ts'));
  expect(definitions.map(({ id }) => id).sort()).toEqual(files.sort());
  expect(new Set(files).size).toBe(files.length);
  // Rows of today's projects name these.
  expect(files).toEqual(expect.arrayContaining(['evaluate', 'extract', 'import', 'provision', 'synth', 'train']));
});

test.each(definitions.map((definition) => [definition.id, definition] as const))(
  '%s: has a name, and refuses parameters that are none',
  async (id, definition) => {
    expect(definition.title).toMatch(/^[A-Z]/);
    const runner = runnerOf(definition, untouched);
    for (const params of [null, 3, 'text', [], { device: 5, runId: 5, identities: '6', path: 4 }]) {
      const job = row(id, params);
      await expect(runner.run(job, tools)).rejects.toMatchObject({
        code: 'PROJECT_DAMAGED',
        message: expect.stringContaining('The parameters of job 7 ("What it is called") are not those of such a job') as unknown,
        params: { job: 7 },
      });
      // The queue asks these of every job that waits.
      expect(typeof (runner.device?.(job) ?? 'cpu')).toBe('string');
      expect(runner.servesOnly?.(job) ?? false).toBe(false);
    }
  },
);

test('one gets what its schema lets through, its row, and what it works with', async () => {
  const seen: unknown[] = [];
  const made = defineJob<{ n: number; of: string | undefined }, { depth: number }>({
    id: 'made',
    title: 'Made',
    group: 'parts',
    shows: 'run',
    params: z.object({ n: z.int(), of: z.string().optional() }).transform(({ n, of }) => ({ n, of })),
    resource: 'compute',
    resumable: true,
    goesOn: true,
    device: ({ n }, { depth }) => `cuda:${n + depth}`,
    servesOnly: ({ of }) => of === 'others',
    run: async (params, given, deps) => (seen.push(params, given.job.id, given.signal, deps), 'result'),
  });
  const runner = runnerOf(made, { depth: 2 });
  expect(runner).toMatchObject({ title: 'Made', group: 'parts', shows: 'run', resource: 'compute', resumable: true, goesOn: true });
  const job = row('made', { n: 1, of: 'others', more: true });
  expect([runner.device?.(job), runner.servesOnly?.(job), await runner.run(job, tools)]).toEqual(['cuda:3', true, 'result']);
  expect(seen).toEqual([{ n: 1, of: 'others' }, 7, tools.signal, { depth: 2 }]);
});
