/** Call `synth.start`, and its job: draws a synthetic set into the project's folder and imports it. Test: test/main/features/sample.test.ts. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MANIFEST_FILE } from '../../../datasets/synthetic/manifest.ts';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../../host/context.ts';
import { importFolder, type ImportResult } from '../imports/importJob.ts';
import { synthesise } from './service.ts';

export interface SynthParams {
  identities: number;
  cameras: number;
  seed: number;
  name: string | null;
}

export function createSynthHandlers(context: HostContext): Pick<Handlers, 'synth.start'> {
  const { jobs, project, events } = context;

  jobs.registerRunner('synth', {
    // Drawing takes every core, like training; side by side both would only be slower.
    resource: 'compute',
    resumable: false,
    async run(job, tools): Promise<ImportResult> {
      const { name, ...options } = job.params as SynthParams;
      const folder = project.file(`data/synthetic-${job.id}`);
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

  return {
    'synth.start': async (input) => {
      const params: SynthParams = input;
      return {
        jobId: await jobs.start({
          kind: 'synth',
          title: `Make ${input.name ?? 'a synthetic set'} (${input.identities} identities, ${input.cameras} cameras)`,
          params,
        }),
      };
    },
  };
}
