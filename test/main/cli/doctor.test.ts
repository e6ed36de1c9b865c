/** What `tracklet doctor` reports on this machine, and what it says when parts are missing. It must not download. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { inspect } from '../../../src-main/cli/doctor.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';

const NOTHING = join(tmpdir(), 'no-such-folder-of-parts');
const noFfmpeg = { provisioned: NOTHING, searchPath: '', packaged: null };

let library: string;
beforeAll(async () => {
  library = await requireTensorFlowLibrary();
}, ENGINE_TIMEOUT_MS);
beforeEach(() => {
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
  vi.stubEnv('FFMPEG_PATH', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('names what is missing and how to get it, without getting it', async () => {
  const report = await inspect({ engine: { provisioned: NOTHING, python: null }, ffmpeg: noFfmpeg });
  expect(report.engine).toMatchObject({ engine: 'wasm', device: 'wasm' });
  expect(report.ffmpeg).toBeNull();
  expect(report.missing.map(({ what }) => what.split(':')[0])).toEqual(['TensorFlow', 'ffmpeg']);
  for (const { what, how } of report.missing) expect({ what, isSentence: /[a-z].*\.$/.test(how) }).toEqual({ what, isSentence: true });
  expect(existsSync(NOTHING)).toBe(false);
});

it('reports a setting that does not work as missing, and goes on', async () => {
  const report = await inspect({
    engine: { provisioned: NOTHING, python: null, tensorflow: join(NOTHING, 'x') },
    ffmpeg: noFfmpeg,
    settings: { ffmpeg: join(NOTHING, 'ffmpeg') },
  });
  expect(report.missing.map(({ what }) => what)).toEqual([expect.stringContaining(join(NOTHING, 'x')), expect.stringContaining(join(NOTHING, 'ffmpeg'))]);
  expect(report.sqlite?.version).toMatch(/^3\.\d+\.\d+$/);
});

it('reports the engine, its devices and versions', async () => {
  const report = await inspect({ engine: { tensorflow: library }, ffmpeg: noFfmpeg });
  expect(report.engine).toMatchObject({ engine: 'tensorflow', library });
  expect(report.devices.tensorflow).toContain('CPU');
  expect(report.node).toMatchObject({ version: process.versions.node, platform: process.platform });
  expect(report.devices.cores).toBeGreaterThan(0);
  // One JSON document: it must survive the trip.
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});
