/** Finding ffmpeg: the order of places, and that only a program that answers counts. The programs are small scripts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findFfmpeg } from '../../../src-main/media/ffmpegBinary.ts';
import { ffmpegPart } from '../../../src-main/platform/provision/parts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ffmpeg-'));
  vi.stubEnv('FFMPEG_PATH', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that answers like ffmpeg of the given version. */
function program(at: string, version: string, script = `echo 'ffmpeg version ${version} Copyright (c) the FFmpeg developers'`): string {
  const path = join(folder, at);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const elsewhere = (): { provisioned: string; searchPath: string; packaged: null } => ({ provisioned: join(folder, 'native'), searchPath: '', packaged: null });

describe.skipIf(process.platform === 'win32')('findFfmpeg', () => {
  it('is null where there is none', async () => {
    expect(await findFfmpeg({ ...elsewhere(), packaged: join(folder, 'download-was-refused'), searchPath: folder })).toBeNull();
  });

  it('goes by setting, package, PATH', async () => {
    const [setting, packaged, onPath] = [program('mine', '7.1'), program('package/ffmpeg', '6.0'), program('bin/ffmpeg', '5.1.2-static')];
    const paths = { ...elsewhere(), packaged, searchPath: [join(folder, 'empty'), join(folder, 'bin')].join(delimiter) };
    expect(await findFfmpeg(paths, { ffmpeg: setting })).toEqual({ path: setting, version: '7.1', source: 'setting' });
    expect(await findFfmpeg(paths)).toEqual({ path: packaged, version: '6.0', source: 'package' });
    expect(await findFfmpeg({ ...paths, packaged: null })).toEqual({ path: onPath, version: '5.1.2-static', source: 'path' });
  });

  it('passes over programs that do not answer like ffmpeg', async () => {
    const broken = program('broken/ffmpeg', '', 'exit 1');
    program('other/ffmpeg', '', 'echo something else');
    const good = program('bin/ffmpeg', '9.0');
    const searchPath = ['broken', 'other', 'bin'].map((name) => join(folder, name)).join(delimiter);
    expect(await findFfmpeg({ ...elsewhere(), packaged: broken, searchPath })).toEqual({ path: good, version: '9.0', source: 'path' });
  });

  it('does not look in folders relative to where it was started', async () => {
    program('bin/ffmpeg', '9.0');
    expect(await findFfmpeg({ ...elsewhere(), searchPath: `.${delimiter}bin` })).toBeNull();
  });

  it('refuses a setting that does not work, instead of looking elsewhere', async () => {
    const searchPath = join(program('bin/ffmpeg', '9.0'), '..');
    await expect(findFfmpeg({ ...elsewhere(), searchPath }, { ffmpeg: join(folder, 'gone') })).rejects.toMatchObject({
      code: 'FFMPEG_MISSING',
      params: { path: join(folder, 'gone') },
    });
  });

  it('takes the provisioned one last, and only when it is whole', async () => {
    const part = ffmpegPart()!;
    const member = 'imageio_ffmpeg/binaries/ffmpeg-any-v9';
    const path = program(join('native', 'ffmpeg', member), '9.0.2');
    expect(await findFfmpeg(elsewhere())).toBeNull();
    const { size } = statSync(path);
    const [{ distribution, version, sha256 }] = part.wheels as [(typeof part.wheels)[number]];
    writeFileSync(
      join(folder, 'native', 'ffmpeg', 'provisioned.json'),
      JSON.stringify({ id: 'ffmpeg', wheels: [{ distribution, version, sha256 }], files: [{ path: member, size }] }),
    );
    expect(await findFfmpeg(elsewhere())).toEqual({ path, version: '9.0.2', source: 'provisioned' });
  });
});
