/** Call `synth.start`. Test: test/main/features/sample.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';
import type { SynthParams } from './jobs/synth.ts';

export function createSynthHandlers({ jobs }: Pick<HostContext, 'jobs'>): Pick<Handlers, 'synth.start'> {
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
