/** The engine's benchmark but for the measuring: which peer counts, ratios, bars, failures, settings, and the protocol with a side. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ROWS, type Row } from '../../bench/engine/rows.ts';
import { chosenRows, settingsOf } from '../../bench/engine/settings.ts';
import { startSide } from '../../bench/engine/side.ts';
import { figuresOf, median, plainFigure, tableOf, type Measured, type Pairing } from '../../bench/engine/table.ts';

const row: Row = {
  id: 'r',
  name: 'step',
  unit: 'images/s',
  amount: 8,
  peers: ['eager', 'compile'],
  bar: { of: 'ratio', kind: 'least', value: 1.15 },
  memory: true,
};
const typed = { rounds: '3', turn: '6', threads: '2' };

function pairing(way: Pairing['way'], rounds: Pairing['rounds'], memory: number): Pairing {
  return { way, rounds, memory, version: '1', parameters: 1, firstStepSeconds: 1 };
}

function measured(parts: Partial<Measured>): Measured {
  return { row, ours: [0.5, 0.5, 0.8], memory: 2e9, parameters: 1, pairings: [], failures: [], ...parts };
}

it('the peer that is hardest to beat counts, for speed and for memory, whichever way that is', () => {
  const pairings = [pairing('eager', [{ ours: 0.5, peer: 1 }], 1.6e9), pairing('compile', [{ ours: 0.5, peer: 0.6 }], 2.5e9)];
  const [speed, memory] = figuresOf(measured({ pairings }));
  expect(speed).toMatchObject({ ours: 16, peerName: 'torch.compile', mustReach: 1.15, met: true, failed: [] });
  expect(speed?.peer).toBeCloseTo(8 / 0.6, 10);
  expect(speed?.ratio).toBeCloseTo(1.2, 10);
  expect(speed?.ways.map(({ name, ratio }) => [name, ratio])).toEqual([
    ['PyTorch eager', 2],
    ['torch.compile', 1.2],
  ]);
  expect(memory).toMatchObject({ unit: 'GB', ours: 2, peer: 1.6, peerName: 'PyTorch eager', ratio: 1.25, mustReach: 1, met: false });
});

it('a ratio is the median of neighbours in time, so a minute in which the machine is busy does not decide', () => {
  const rounds = [
    { ours: 0.5, peer: 0.6 },
    { ours: 5, peer: 6 },
    { ours: 0.5, peer: 6 },
  ];
  const [speed] = figuresOf(measured({ pairings: [pairing('eager', rounds, 3e9)] }));
  expect(speed?.ratio).toBeCloseTo(1.2, 10);
});

it('a bar on a ratio is open without a peer, and a failed peer is named', () => {
  const failures: Measured['failures'] = [{ way: 'compile', reason: 'no C++ compiler' }];
  const [alone] = figuresOf(measured({}));
  expect(alone).toMatchObject({ ours: 16, peer: null, ratio: null, met: null });
  const [allFailed] = figuresOf(measured({ failures }));
  expect(allFailed).toMatchObject({ met: null, failed: [{ name: 'torch.compile', reason: 'no C++ compiler' }] });
  const some = figuresOf(measured({ failures, pairings: [pairing('eager', [{ ours: 0.5, peer: 1 }], 3e9)] }));
  expect(some[0]?.met).toBe(true);
  const table = tableOf(some);
  expect(table).toContain('yes, without torch.compile');
  expect(table).toContain('    torch.compile failed: no C++ compiler');
  expect(tableOf([alone as NonNullable<typeof alone>])).toMatch(/open$/m);
});

it('times are per operation, and their bar is a most', () => {
  const dispatch = ROWS.find(({ id }) => id === 'dispatch') as Row;
  const [figure] = figuresOf(measured({ row: dispatch, ours: [0.01, 0.02, 0.014], pairings: [pairing('eager', [{ ours: 0.014, peer: 0.001 }], 1)] }));
  expect(figure).toMatchObject({ unit: 'µs', mustReach: 15, met: true, peer: 1 });
  expect(figure?.ours).toBeCloseTo(14, 10);
  expect(plainFigure('start', 'start', 's', 10.5, { of: 'ours', kind: 'most', value: 10 }).met).toBe(false);
});

it('the table is aligned and says what must be reached', () => {
  const lines = tableOf([
    plainFigure('a', 'a long name of something', 's', 123.4, { of: 'ours', kind: 'most', value: 150 }),
    plainFigure('b', 'b', 'images/s', 0.5, null),
  ]).split('\n');
  expect(lines[2]).toMatch(/^a long name of something {2}123 s .*≤ 150 s {2,}yes$/);
  expect(lines[3]).toMatch(/^b {25}0\.500 images\/s {2}– /);
});

it('median of an even and of an odd count', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it('settings are checked, and PyTorch is asked only when wanted', () => {
  const env = { TRACKLET_TORCH_PYTHON: 'python-of-torch' };
  expect(settingsOf({ ...typed, against: 'torch' }, env)).toMatchObject({ against: 'torch', options: { python: 'python-of-torch', rounds: 3, device: 'cpu' } });
  expect(settingsOf({ ...typed }, env)).toMatchObject({ against: null, options: { python: null } });
  expect(settingsOf({ ...typed, against: 'torch' }, {})).toMatchObject({ options: { python: null } });
  expect(settingsOf({ ...typed, rows: 'train8,nothing' }, env)).toEqual({ problem: expect.stringContaining('no row "nothing"') as string });
  expect(settingsOf({ ...typed, without: 'tpu' }, env)).toEqual({ problem: expect.stringContaining('no peer "tpu"') as string });
  expect(settingsOf({ ...typed, rounds: '0' }, env)).toEqual({ problem: '--rounds needs a whole number from 1, not "0".' });
  expect(settingsOf({ ...typed, device: 'tpu' }, env)).toEqual({ problem: expect.stringContaining('--device') as string });
  expect(chosenRows('vit,start')).toEqual(['vit', 'start']);
  expect(chosenRows(undefined)).toContain('wasm');
});

it('a side answers by lines of its own among whatever else it prints, and its last words explain its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'side-'));
  try {
    const program = join(folder, 'side.mjs');
    writeFileSync(
      program,
      `import { createInterface } from 'node:readline';
      console.log('some library says hello');
      console.log('@side {"ready":true,"stepSeconds":0.5,"firstStepSeconds":1,"parameters":7,"version":"v","threads":2}');
      for await (const line of createInterface({ input: process.stdin })) {
        const count = Number(line.split(' ')[1]);
        if (count > 5) { console.error('out of paper'); process.exit(3); }
        console.log('@side ' + JSON.stringify({ seconds: Array(count).fill(0.25), peakMemory: 1 }));
      }`,
    );
    const side = await startSide(process.execPath, [program]);
    expect(side.ready.parameters).toBe(7);
    expect(await side.go(2)).toEqual({ seconds: [0.25, 0.25], peakMemory: 1 });
    expect((await side.go(3)).seconds).toHaveLength(3);
    await expect(side.go(6)).rejects.toThrow('out of paper (status 3)');
    await side.close();
    await expect(startSide(process.execPath, ['-e', 'console.error("no module named torch"); process.exit(1)'])).rejects.toThrow(
      'no module named torch (status 1)',
    );
    await expect(startSide(join(folder, 'nothing'), [])).rejects.toThrow('ENOENT');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('without a Python it says how to make one, and measures nothing', () => {
  const { TRACKLET_TORCH_PYTHON: _, ...env } = process.env;
  const program = fileURLToPath(new URL('../../bench/engine.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--against', 'torch'], { env, encoding: 'utf8' });
  expect(status, stderr).toBe(2);
  expect(stderr).toContain('pip install torch torchvision onnx onnxruntime');
  expect(JSON.parse(stdout)).toMatchObject({ figures: [] });
});
