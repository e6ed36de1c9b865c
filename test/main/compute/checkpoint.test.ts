/** Checkpoints: whole or absent, verified, the one before when the newest is damaged. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpointName, listCheckpoints, readCheckpoint, readNewestCheckpoint, writeCheckpoint } from '../../../src-main/compute/checkpoint.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function files(text: string): Map<string, Uint8Array> {
  return new Map([
    ['model.safetensors', new TextEncoder().encode(`weights ${text}`)],
    ['state.json', new TextEncoder().encode(text)],
  ]);
}

test('the last two are kept, and the newest is read back byte for byte', async () => {
  for (const step of [10, 20, 100, 99]) await writeCheckpoint(folder, step, files(`at ${step}`));
  expect(await listCheckpoints(folder)).toEqual(['step-00000099', 'step-00000100']);
  const { checkpoint, damaged } = await readNewestCheckpoint(folder);
  expect(checkpoint?.step).toBe(100);
  expect(Buffer.from(checkpoint?.files.get('model.safetensors') ?? []).toString()).toBe('weights at 100');
  expect(damaged).toEqual([]);
});

test('every single damaged byte of the newest is noticed, and the one before is used', async () => {
  await writeCheckpoint(folder, 1, files('one'));
  await writeCheckpoint(folder, 2, files('two'));
  const newest = join(folder, 'step-00000002');
  const kept = join(folder, 'kept');
  await cp(newest, kept, { recursive: true });
  for (const file of ['model.safetensors', 'state.json']) {
    const bytes = await readFile(join(newest, file));
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes);
      damaged[i] = (damaged[i] as number) ^ 1;
      await writeFile(join(newest, file), damaged);
      const found = await readNewestCheckpoint(folder);
      expect(found.checkpoint?.step).toBe(1);
      expect(found.damaged[0]?.reason).toContain(file);
    }
    await writeFile(join(newest, file), bytes);
  }
  for (const file of ['model.safetensors', 'state.json', 'manifest.json']) {
    await truncate(join(newest, file), 2);
    expect((await readNewestCheckpoint(folder)).checkpoint?.step).toBe(1);
    await rm(newest, { recursive: true });
    await cp(kept, newest, { recursive: true });
  }
  expect((await readNewestCheckpoint(folder)).checkpoint?.step).toBe(2);
});

test.each([12, 20, 22])('what was passed over as damaged is not counted among the two kept, nor preferred later (next at %i)', async (next) => {
  for (const step of [10, 20]) await writeCheckpoint(folder, step, files(`at ${step}`));
  await truncate(join(folder, 'step-00000020', 'model.safetensors'), 2);
  const { checkpoint, damaged } = await readNewestCheckpoint(folder);
  expect([checkpoint?.step, damaged.map(({ name }) => name)]).toEqual([10, ['step-00000020']]);
  await writeCheckpoint(folder, next, files('continued'), damaged);
  expect(await listCheckpoints(folder)).toEqual(['step-00000010', checkpointName(next)]);
  const found = await readNewestCheckpoint(folder);
  expect([found.checkpoint?.step, found.damaged]).toEqual([next, []]);
  await truncate(join(folder, checkpointName(next), 'state.json'), 2);
  expect((await readNewestCheckpoint(folder)).checkpoint?.step).toBe(10);
});

test('what was passed over stays until the next one is whole on the disk', async () => {
  for (const step of [10, 20]) await writeCheckpoint(folder, step, files(`at ${step}`));
  await truncate(join(folder, 'step-00000020', 'model.safetensors'), 2);
  const { damaged } = await readNewestCheckpoint(folder);
  const unwritable = new Map([['nowhere/model.safetensors', new Uint8Array(1)]]);
  await expect(writeCheckpoint(folder, 12, unwritable, damaged)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  expect((await readdir(folder)).sort()).toEqual(['step-00000010', 'step-00000020']);
});

test('a draft left by a power cut is neither read nor kept', async () => {
  await writeCheckpoint(folder, 5, files('five'));
  await mkdir(join(folder, 'step-00000009.tmp'));
  await writeFile(join(folder, 'step-00000009.tmp', 'model.safetensors'), 'half');
  expect((await readNewestCheckpoint(folder)).checkpoint?.step).toBe(5);
  await writeCheckpoint(folder, 6, files('six'));
  expect((await readdir(folder)).sort()).toEqual(['step-00000005', 'step-00000006']);
});

test('a manifest that names a file elsewhere is refused', async () => {
  await writeCheckpoint(folder, 1, files('one'));
  const path = join(folder, 'step-00000001', 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { files: Record<string, unknown> };
  manifest.files['../../secret.json'] = { sha256: '', bytes: 0 };
  await writeFile(path, JSON.stringify(manifest));
  await expect(readCheckpoint(join(folder, 'step-00000001'))).rejects.toMatchObject({ code: 'FILE_INVALID' });
});

test('a folder that is not there holds no checkpoint', async () => {
  expect(await readNewestCheckpoint(join(folder, 'nowhere'))).toEqual({ checkpoint: null, damaged: [] });
});
