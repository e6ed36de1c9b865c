/** `tracklet synth <dir>`: needs no project. */
import { dirname, resolve } from 'node:path';
import { makeFolders } from '../../platform/makeFolders.ts';
import { defineCommand, integer } from '../command.ts';

export default defineCommand({
  id: 'synth',
  positionals: ['<dir>'],
  summary: 'Make a synthetic data set with exactly known visibility',
  options: {
    identities: { type: 'string', value: 'n', help: 'identities; default 120' },
    cameras: { type: 'string', value: 'n', help: 'cameras; default 4' },
    seed: { type: 'string', value: 'n', help: 'same seed, same bytes; default 1' },
  },
  async run(args, io) {
    const { synthesise } = await import('../../features/synth/service.ts');
    const folder = resolve(args.positionals[0] ?? '');
    makeFolders(dirname(folder));
    let shown = -1;
    const result = await synthesise(
      folder,
      { identities: integer(args, 'identities', 120), cameras: integer(args, 'cameras', 4), seed: integer(args, 'seed', 1) },
      {
        signal: io.signal,
        onProgress(done, total) {
          const percent = Math.floor((100 * done) / Math.max(total, 1));
          if (percent >= shown + 5) io.note(`Drawing: ${(shown = percent)} %`);
        },
      },
    );
    io.out(
      io.json ? JSON.stringify(result) : `${result.identities} identities, ${result.cameras} cameras, ${result.tracklets} tracklets, ${result.frames} frames`,
    );
  },
});
