/** The import of a video on a machine without ffmpeg fetches one by itself, once, through the real provisioner; a place of its own, so nothing is found there. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findFfmpeg } from '../../../src-main/media/ffmpegBinary.ts';
import { defaultPythons } from '../../../src-main/platform/provision/pip.ts';
import { ffmpegPart } from '../../../src-main/platform/provision/parts.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const sample = fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url));

beforeEach(() => {
  // The machine as the program would find it without any ffmpeg: none in the package, none on PATH, none in a setting.
  const python = absolutePython();
  vi.stubEnv('TRACKLET_PYTHON', python);
  vi.stubEnv('PATH', '');
  vi.stubEnv('FFMPEG_PATH', undefined);
  hidePackage();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('fetched once, said in the log, and used', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  const client = project.host.client();
  const provisioned = context.paths.provisioned;
  expect(await findFfmpeg({ provisioned })).toBeNull();
  using source = temporaryFolder();
  const folder = join(source.path, 'pets');
  mkdirSync(folder);
  cpSync(sample, folder, { recursive: true });
  const heard: string[] = [];
  client.on('job', (job) => void heard.push(`${job.unit} ${job.message}`));
  const { jobId } = await client.call('imports.start', { path: folder, importer: null, options: {}, name: null });
  expect(await context.jobs.wait(jobId)).toMatchObject({ identities: 19, frames: 4650 });
  expect((await client.call('jobs.log', { id: jobId, from: 0 })).lines.map((line) => line.text)).toContain(
    'No ffmpeg was found on this machine; fetching one.',
  );
  expect(heard.some((text) => /^bytes Fetching imageio-ffmpeg/.test(text))).toBe(true);
  expect(await findFfmpeg({ provisioned })).toMatchObject({ source: 'provisioned' });
  expect(existsSync(join(provisioned, ffmpegPart()?.id ?? '', 'provisioned.json'))).toBe(true);
}, 600_000);

/** The program that the provisioner would start, asked of itself while PATH is still there: a shim of a version manager needs PATH. */
function absolutePython(): string {
  for (const name of defaultPythons()) {
    const { status, stdout } = spawnSync(name, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
    if (status === 0 && stdout.trim() !== '') return stdout.trim();
  }
  throw new Error('the provisioner needs a Python with pip');
}

/** As if npm had not been able to install the optional package. */
function hidePackage(): void {
  const require = createRequire(import.meta.url);
  try {
    const path = require.resolve('ffmpeg-static');
    require.cache[path] = { id: path, filename: path, loaded: true, exports: null } as unknown as NodeJS.Module;
  } catch {
    // It is not installed here.
  }
}
