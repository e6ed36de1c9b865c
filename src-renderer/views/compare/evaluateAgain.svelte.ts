/**
 * Evaluations that were asked for again out of Compare. What was asked for stays with the window, since jobs take longer than a look: who comes
 * back, also after a reload, finds it waiting, or its result in the place of the one before. Test: test/renderer/compare/evaluateAgain.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { Input } from '../../../src-shared/contract/index.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { toErrorShape } from '../../../src-shared/errors.ts';
import { isActive } from '../../lib/jobState.ts';
import { isRecord, remembered } from '../../lib/remembered.ts';
import type { CompareOutside } from './outside.ts';

export type Request = Input<'evaluations.start'>;

interface Started {
  /** Evaluations that stood side by side. */
  shown: number[];
  requests: Request[];
  /** One a request. */
  jobs: number[];
}

/** What nobody came back to is forgotten beyond so many. */
const MOST_KEPT = 8;

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isInteger(one));
}
function isStarted(value: unknown): value is Started {
  if (!isRecord(value) || !Array.isArray(value['requests'])) return false;
  return areNumbers(value['shown']) && areNumbers(value['jobs']) && value['requests'].every((one) => isRecord(one) && typeof one['runId'] === 'string');
}
const kept = remembered('evaluatedAgain', (value): value is Started[] => Array.isArray(value) && value.every(isStarted));

function keyOf({ runId, datasetId, protocol, distance }: Request): string {
  return JSON.stringify([runId, datasetId, protocol, distance]);
}

export interface AgainOutside {
  client: CompareOutside['client'];
  jobs: { readonly list: readonly Job[] };
  /** Evaluations that stand side by side now; none while they are not known. */
  shown(): readonly number[];
  /** These runs were evaluated again. */
  onready(runIds: string[]): void;
}

export class EvaluateAgain {
  readonly #outside: AgainOutside;
  #started = $state.raw<Started[]>(kept.read() ?? []);
  #isAsking = $state(false);
  problem = $state.raw<Job['error']>(null);
  readonly #working = $derived.by(() => {
    const active = new Set(this.#outside.jobs.list.filter(isActive).map(({ id }) => id));
    return new Set(this.#started.flatMap(({ requests, jobs }) => requests.filter((_, i) => active.has(jobs[i]!)).map(keyOf)));
  });
  readonly #ended = $derived.by(() => {
    const byId = new Map(this.#outside.jobs.list.map((job) => [job.id, job]));
    const here = String(this.#outside.shown());
    const started = this.#started.find(({ shown, jobs }) => String(shown) === here && jobs.every((id) => byId.has(id) && !isActive(byId.get(id)!)));
    return started && { started, failed: started.jobs.map((id) => byId.get(id)!).find((job) => job.state !== 'done') };
  });

  /** Call it while a component starts. */
  constructor(outside: AgainOutside) {
    this.#outside = outside;
    $effect(() => {
      const ended = this.#ended;
      if (!ended) return;
      untrack(() => {
        this.#keep(this.#started.filter((one) => one !== ended.started));
        if (ended.failed) this.problem = ended.failed.error;
        else outside.onready(ended.started.requests.map(({ runId }) => runId));
      });
    });
  }

  /** All of these are on their way. */
  isWorking(requests: readonly Request[]): boolean {
    return this.#isAsking || (requests.length > 0 && requests.every((one) => this.#working.has(keyOf(one))));
  }

  async start(requests: readonly Request[]): Promise<void> {
    if (this.isWorking(requests)) return;
    this.problem = null;
    this.#isAsking = true;
    const shown = [...this.#outside.shown()];
    try {
      const own = requests.map(({ runId, datasetId, protocol, distance }) => ({ runId, datasetId, protocol, distance }));
      const jobs: number[] = [];
      for (const request of own) jobs.push((await this.#outside.client.call('evaluations.start', request)).jobId);
      this.#keep([...this.#started.filter((one) => String(one.shown) !== String(shown)), { shown, requests: own, jobs }].slice(-MOST_KEPT));
    } catch (error) {
      this.problem = toErrorShape(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #keep(started: Started[]): void {
    this.#started = started;
    kept.write(started);
  }
}
