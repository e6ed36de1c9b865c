/**
 * Run in a namespace of its own by test/main/db/fullDisk.test.ts: a host on a disk of 4 MB that fills up while somebody works. Prints one line of
 * JSON: what was acknowledged, what was refused and how, and what is there after space has returned and after a restart.
 * Arguments: the mounted folder.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHost } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';
import { toErrorShape } from '../../src-shared/errors.ts';

const disk = process.argv[2] ?? '';
const home = join(disk, 'home');
const open = () => openHost({ folder: join(disk, 'p'), create: { name: 'Full' }, paths: { home, provisioned: home }, log: openLog('silent') });
const ballast = join(disk, 'ballast');

const host = await open();
const { db } = host.context;
const acknowledged: string[] = [];
let refused: ReturnType<typeof toErrorShape> | null = null;

async function work(times: number, prefix: string): Promise<void> {
  for (let n = 0; n < times; n++) {
    const key = `${prefix}${n}`;
    try {
      await db.write('project', 'setMeta', { [key]: key.repeat(2000) });
      acknowledged.push(key);
    } catch (error) {
      refused = toErrorShape(error);
      return;
    }
  }
}

/** Takes what is left of the disk. */
function fill(): void {
  for (let size = 1 << 20; size >= 512; size >>= 1) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Smaller pieces may still fit.
    }
  }
}

await work(10, 'before');
fill();
await work(2000, 'full');
const whenFull = refused as ReturnType<typeof toErrorShape> | null;
const setting = await host.context.settings.set('theme', 'x'.repeat(200_000)).then(
  () => null,
  (error: unknown) => toErrorShape(error),
);
const acknowledgedWhenFull = acknowledged.length;
rmSync(ballast);
refused = null;
await work(10, 'after');
const refusedAfter = refused;
const read = async (from: typeof host): Promise<string[]> => Object.keys(await from.context.db.read('project', 'meta', null));
const seen = await read(host);
await host.close();
const again = await open();
const kept = await read(again);
const verdict = await again.context.db.check();
await again.close();
process.stdout.write(`${JSON.stringify({ acknowledged, acknowledgedWhenFull, whenFull, setting, refusedAfter, seen, kept, verdict })}\n`);
