/**
 * What an import or an update came to, where nobody would see it: nothing added, nothing changed, values set aside, steps ended. Where no data set was
 * chosen, a new one is shown, and one that an import asks about; a new one is named otherwise. Tests: test/renderer/tellOutcome.test.ts, test/e2e/changedPictures.test.ts.
 */
import type { Output } from '../../src-shared/contract/index.ts';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { changeText } from '../../src-shared/sourceChange.ts';
import { outcomeSentences } from '../../src-shared/updateOutcome.ts';
import { client } from '../client.ts';
import { tell } from './notices.svelte.ts';
import { navigate, route, routePath } from './router.svelte.ts';
import { say } from './stepDone.svelte.ts';

/** Call with a job that has ended. What cannot be asked stands in the log of the job, too. */
export async function tellOutcome(job: Job): Promise<void> {
  if (job.group !== 'data') return;
  const asked = job.error?.code === 'SOURCE_CHANGED' ? job.error.params['dataset'] : null;
  if (job.state === 'failed' && typeof asked === 'number') return showWhereNoneIsChosen(asked);
  if (job.state !== 'done') return;
  const result = await client.call('imports.result', { jobId: job.id }).catch(() => null);
  if (!result) return;
  const said = textOf(result);
  const show = (): void => navigate(routePath('datasets', result.dataset));
  if (said) tell(said.title, said.text, { label: 'Show data set', run: show });
  else if (route.view === 'datasets' && route.id === null) showWhereNoneIsChosen(result.dataset);
  else if (route.view === 'datasets') tell(`Imported ${result.name}`, 'It stands in the list of data sets.', { label: 'Show data set', run: show });
  else say(`Imported ${result.name}`, null);
}

function showWhereNoneIsChosen(dataset: number): void {
  if (route.view === 'datasets' && route.id === null) navigate(routePath('datasets', dataset), { replace: true });
}

/** null: a new data set. */
function textOf({ name, alreadyImported, isUpdate, updated, changed, outcome }: Output<'imports.result'>): { title: string; text: string } | null {
  if (alreadyImported)
    return isUpdate
      ? { title: `Nothing changed in ${name}`, text: 'Its source is as it was imported.' }
      : { title: 'Nothing was added', text: `The same source is there as ${name}.` };
  if (!updated || !changed) return null;
  return { title: `Updated ${name}`, text: [`${capital(changeText(changed))}.`, ...(outcome ? outcomeSentences(outcome) : [])].join(' ') };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
