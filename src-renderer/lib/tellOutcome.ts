/** An update from the source that set values or steps aside: nobody would see that where they look. Test: test/e2e/changedPictures.test.ts. */
import type { Job } from '../../src-shared/entities.ts';
import { outcomeSentences } from '../../src-shared/updateOutcome.ts';
import { client } from '../client.ts';
import { tell } from './notices.svelte.ts';
import { navigate, routePath } from './router.svelte.ts';

/** Call with a job that has ended. What cannot be asked stands in the log of the job, too. */
export async function tellOutcome(job: Job): Promise<void> {
  if (job.kind !== 'import' || job.state !== 'done') return;
  const result = await client.call('imports.result', { jobId: job.id }).catch(() => null);
  const sentences = result?.outcome ? outcomeSentences(result.outcome) : [];
  if (sentences.length === 0 || !result?.changed) return;
  const { dataset, name } = result.changed;
  tell(`Updated ${name}`, sentences.join(' '), { label: 'Show data set', run: () => navigate(routePath('datasets', dataset)) });
}
