/** Draws a synthetic set into the project's folder and imports it. Test: test/main/features/sample.test.ts. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { MANIFEST_FILE } from '../../../../datasets/synthetic/manifest.ts';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';
import { importFolder } from '../../imports/importJob.ts';
import { synthesise } from '../service.ts';

const params = z.object({ identities: z.int(), cameras: z.int(), seed: z.int(), name: z.string().nullable() });
export type SynthParams = z.output<typeof params>;

export default defineJob<SynthParams, JobDeps>({
  id: 'synth',
  title: 'Synthetic set',
  group: 'data',
  params,
  // Drawing takes every core, like training; side by side both would only be slower.
  resource: 'compute',
  resumable: false,
  async run({ name, ...options }, tools, { context }) {
    const { project, events } = context;
    const folder = project.file(`data/synthetic-${tools.job.id}`);
    // Drawn already by a try that ended later: the manifest is the last file of a whole set.
    if (!existsSync(join(folder, MANIFEST_FILE))) {
      await project.makeFolder(dirname(folder));
      const made = await synthesise(folder, options, {
        signal: tools.signal,
        onProgress: (done, total) => tools.progress(done, total, 'tracklets', 'Drawing'),
      });
      tools.log('info', `${made.identities} identities, ${made.tracklets} tracklets, ${made.frames} frames in ${folder}.`);
    }
    const result = await importFolder(context, { path: folder, importer: 'synthetic', options: {}, name }, tools);
    tools.setDataset(result.dataset);
    events.changed(['Datasets', 'Tracklets'], null);
    return result;
  },
});
