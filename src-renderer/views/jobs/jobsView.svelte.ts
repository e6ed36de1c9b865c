/**
 * The jobs of a project as their view has them: in groups, one of them chosen with its log, and what keys and buttons do with one.
 * It knows no document; whatever reaches outside is given to it. Test: test/renderer/jobs/jobsView.svelte.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../lib/commands.svelte.ts';
import { canRetry, isActive } from '../../lib/jobState.ts';
import { routePath, type Route } from '../../lib/route.ts';
import type { FollowedLog } from './followJobLog.svelte.ts';
import { groupJobs, jobTarget } from '../../ui/jobs/jobText.ts';

export interface JobsOutside {
  client: Pick<Client, 'call'>;
  route: Route;
  navigate(path: string, options?: { replace?: boolean }): void;
  jobs: { readonly list: readonly Job[] };
  followLog(id: () => number | null): FollowedLog;
}

export class ShownJobs {
  readonly #outside: JobsOutside;
  problem = $state.raw<ErrorShape | null>(null);
  /** Of the one that is chosen. */
  readonly log: FollowedLog;

  readonly #grouped = $derived.by(() => groupJobs(this.#outside.jobs.list));
  readonly groups = $derived.by(() =>
    [
      { key: 'active', title: 'Running and waiting', list: this.#grouped.active },
      { key: 'attention', title: 'Failed or interrupted', list: this.#grouped.attention },
      { key: 'ended', title: 'Ended', list: this.#grouped.ended },
    ].filter((group) => group.list.length > 0),
  );
  readonly all = $derived.by(() => this.groups.flatMap((group) => group.list));
  /** Those that can be forgotten. */
  readonly ended = $derived.by(() => this.#grouped.ended.length + this.#grouped.attention.length);
  readonly selected = $derived.by((): Job | null => this.all.find((job) => String(job.id) === this.#outside.route.id) ?? this.all[0] ?? null);
  /** Where what it made is seen. */
  readonly target = $derived.by(() => (this.selected ? jobTarget(this.selected) : null));

  /** Call it while a component starts. */
  constructor(outside: JobsOutside) {
    this.#outside = outside;
    this.log = outside.followLog(() => this.selected?.id ?? null);
  }

  select(job: Job): void {
    this.#outside.navigate(routePath('jobs', job.id), { replace: true });
  }
  #move(step: number): void {
    const at = this.all.findIndex((job) => job.id === this.selected?.id);
    const next = this.all[Math.min(this.all.length - 1, Math.max(0, at + step))];
    if (next) this.select(next);
  }
  readonly openTarget = (): void => {
    if (this.target) this.#outside.navigate(this.target.path);
  };

  async #attempt(work: (client: Pick<Client, 'call'>) => Promise<unknown>): Promise<void> {
    this.problem = null;
    try {
      await work(this.#outside.client);
    } catch (error) {
      this.problem = toErrorShape(error);
    }
  }
  cancel(job: Job): Promise<void> {
    return this.#attempt((client) => client.call('jobs.cancel', { id: job.id }));
  }
  retry(job: Job): Promise<void> {
    return this.#attempt((client) => client.call('jobs.retry', { id: job.id }));
  }
  readonly clear = (): Promise<void> => this.#attempt((client) => client.call('jobs.clear', {}));

  /** What the keys of the view do; the log is another component. */
  commands(findInLog: () => void): Record<string, CommandHandler | (() => void)> {
    return {
      'jobs.next': () => this.#move(1),
      'jobs.previous': () => this.#move(-1),
      'jobs.cancel': { press: () => this.selected && void this.cancel(this.selected), enabled: () => this.selected !== null && isActive(this.selected) },
      'jobs.retry': { press: () => this.selected && void this.retry(this.selected), enabled: () => this.selected !== null && canRetry(this.selected) },
      'jobs.open': { press: this.openTarget, enabled: () => this.target !== null },
      'jobs.clear': { press: () => void this.clear(), enabled: () => this.ended > 0 },
      'jobs.findInLog': findInLog,
    };
  }
}
