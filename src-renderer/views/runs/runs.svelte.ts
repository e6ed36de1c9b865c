/**
 * Everything about the runs of a project: which one is shown and followed, what is picked to be compared, and what keys and buttons do with a run.
 * It knows no document; whatever reaches outside is given to it. Test: test/renderer/runs/runs.svelte.test.ts.
 */
import { untrack } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import type { Client } from '../../../src-shared/contract/index.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { BatchChange, RunDetail } from '../../../src-shared/contract/runs.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { newestOfEach } from '../../../src-shared/evaluation/question.ts';
import { quantile } from '../../charts/smoothing.ts';
import type { CommandHandler } from '../../lib/commands.svelte.ts';
import type { QueryState, useQuery } from '../../lib/query.svelte.ts';
import { isRecord, type Remembered } from '../../lib/remembered.ts';
import { routePath, type Route } from '../../lib/route.ts';
import { evaluationsOfRuns } from '../../lib/questionGroups.ts';
import { useToday } from '../../lib/today.svelte.ts';
import type { FollowedRun } from './followRun.svelte.ts';
import { stepTimes } from './metricSeries.ts';
import { runResults, withEarlierWeights } from './runResults.ts';
import { describeRun } from '../../lib/runState.ts';

/** What is picked and asked, over a change of the view and a reload. */
export interface KeptRuns {
  picked: string[];
  question: string | null;
}
export function isKeptRuns(value: unknown): value is KeptRuns {
  return isRecord(value) && Array.isArray(value['picked']) && (value['question'] === null || typeof value['question'] === 'string');
}

export interface RunsOutside {
  client: Pick<Client, 'call'>;
  query: typeof useQuery;
  route: Route;
  navigate(path: string, options?: { replace?: boolean }): void;
  jobs: { readonly list: readonly Job[] };
  follow(id: () => string | null): FollowedRun;
  /** By `performance.now()`. */
  time: { readonly monotonic: number };
  kept: Remembered<KeptRuns>;
  /** In the status bar. */
  say(text: string): void;
}

/** What is asked of one run, until it is answered: another may be shown meanwhile. */
export interface RunQuestion {
  kind: 'rename' | 'remove';
  run: RunDetail;
}

/** So much work is not removed without a question. */
const ASKED_FROM_SECONDS = 60;

type Data<N extends Parameters<typeof useQuery>[0]> = ReturnType<typeof useQuery<N>>;

export class Runs {
  readonly #outside: RunsOutside;
  readonly runs: Data<'runs.list'>;
  readonly methods: Data<'methods.list'>;
  readonly datasets: Data<'datasets.list'>;
  readonly evaluations: Data<'evaluations.list'>;
  readonly project: Data<'project.info'>;
  readonly engine: Data<'engine.status'>;
  readonly #today: ReturnType<typeof useToday>;
  readonly #detail: QueryState<RunDetail>;
  readonly followed: FollowedRun;

  askedQuestion = $state<string | null>(null);
  readonly picked: SvelteSet<string>;
  /** The one on screen; that of before until the next one is read. */
  shown = $state.raw<RunDetail | null>(null);
  isLogOnly = $state(false);
  isBusy = $state(false);
  /** What the form starts from; a new object fills it again. */
  like = $state.raw<RunDetail | null>(null);
  problem = $state.raw<ErrorShape | null>(null);
  question = $state.raw<RunQuestion | null>(null);
  newName = $state('');

  readonly list = $derived.by(() => this.runs.data ?? []);
  readonly selectedId = $derived.by(() => {
    const { id } = this.#outside.route;
    return id !== null && this.list.some((run) => run.id === id) ? id : (this.list.find((run) => run.state === 'running')?.id ?? this.list[0]?.id ?? null);
  });
  readonly #sign = $derived.by(() => {
    const { followed } = this;
    if (followed.heardAt === 0) return null;
    const median = quantile(stepTimes(followed.columns).slice(-50), 0.5) / 1000;
    return { quietSeconds: (this.#outside.time.monotonic - followed.heardAt) / 1000, medianStep: Number.isFinite(median) ? median : 0 };
  });
  readonly views = $derived.by(() => {
    const { columns } = this.followed;
    return this.list.map((run) =>
      describeRun(
        run.id === this.selectedId && this.shown?.id === run.id
          ? { ...run, step: Math.max(run.step, columns.step.at(-1) ?? 0), epoch: Math.max(run.epoch, columns.epoch.at(-1) ?? 0) }
          : run,
        this.#outside.jobs.list,
        run.id === this.selectedId ? this.#sign : null,
      ),
    );
  });
  readonly view = $derived.by(() => this.views.find((candidate) => candidate.run.id === this.selectedId) ?? null);
  readonly results = $derived.by(() => runResults(this.evaluations.data ?? [], this.askedQuestion, this.#today.reasons ?? undefined));
  /** By evaluation whose figures are not of today, or that another took the place of: why, in words. */
  readonly older = $derived.by(() => withEarlierWeights(this.results.older, this.evaluations.data ?? [], this.shown));
  readonly comparable = $derived.by(() => evaluationsOfRuns([...this.picked], this.evaluations.data ?? [], this.#today.reasons ?? undefined));

  /** The run that is asked about, as far as it has come. */
  readonly questioned = $derived.by(() => (this.shown?.id === this.question?.run.id ? this.shown : (this.question?.run ?? null)));

  /** Call it while a component starts. */
  constructor(outside: RunsOutside) {
    this.#outside = outside;
    const { query, kept } = outside;
    const before = kept.read();
    this.askedQuestion = before?.question ?? null;
    this.picked = new SvelteSet(before?.picked);
    this.runs = query('runs.list', () => ({}));
    this.methods = query('methods.list', () => ({}));
    this.datasets = query('datasets.list', () => ({}));
    this.evaluations = query('evaluations.list', () => ({}));
    this.#today = useToday(() => this.evaluations.data, query, newestOfEach);
    this.project = query('project.info', () => ({}));
    this.engine = query('engine.status', () => ({}));
    this.#detail = query('runs.get', () => (this.selectedId === null ? null : { id: this.selectedId }));
    $effect(() => {
      if (this.#detail.data) this.shown = this.#detail.data;
      else if (this.selectedId === null) this.shown = null;
    });
    this.followed = outside.follow(() => this.selectedId);
    $effect(() => kept.write({ picked: [...this.picked], question: this.askedQuestion }));
    // A run that has gone cannot be compared.
    $effect(() => {
      const { data } = this.runs;
      if (data) for (const id of untrack(() => [...this.picked])) if (!data.some((run) => run.id === id)) this.picked.delete(id);
    });
  }

  evaluationsOf(id: string | null): NonNullable<typeof this.evaluations.data> {
    return (this.evaluations.data ?? []).filter((evaluation) => evaluation.runId === id);
  }

  readonly select = (id: string): void => {
    const { navigate, route } = this.#outside;
    navigate(routePath('runs', id), { replace: route.view === 'runs' });
  };
  move(step: number): void {
    const at = this.list.findIndex((run) => run.id === this.selectedId);
    const next = this.list[Math.min(this.list.length - 1, Math.max(0, at + step))];
    if (next) this.select(next.id);
  }
  readonly pick = (id: string): void => {
    if (!this.picked.delete(id)) this.picked.add(id);
  };
  readonly compare = (): void => {
    this.#outside.navigate(routePath('compare', null, this.comparable.length > 0 ? { e: this.comparable.join(',') } : {}));
  };
  likeThis(): void {
    this.like = this.shown ? { ...this.shown } : null;
  }

  async #attempt(work: (client: Pick<Client, 'call'>) => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.problem = null;
    try {
      await work(this.#outside.client);
      return true;
    } catch (error) {
      this.problem = toErrorShape(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
  readonly stop = (): void => {
    const id = this.selectedId;
    if (id !== null && this.view?.canStop) void this.#attempt((client) => client.call('runs.stop', { id }));
  };
  readonly resume = (batch?: BatchChange): void => {
    const id = this.selectedId;
    if (id !== null && this.view?.canResume) void this.#attempt((client) => client.call('runs.resume', { id, ...(batch ? { batch } : {}) }));
  };
  readonly askRename = (): void => {
    if (this.shown === null) return;
    this.newName = this.shown.name;
    // What failed before is not the fault of a name.
    this.problem = null;
    this.question = { kind: 'rename', run: this.shown };
  };
  readonly rename = async (): Promise<void> => {
    const { question } = this;
    const name = this.newName.trim();
    if (question && name !== '' && (await this.#attempt((client) => client.call('runs.rename', { id: question.run.id, name })))) this.question = null;
  };
  /** Asked only where much goes. */
  readonly askRemove = (): void => {
    const { shown } = this;
    if (shown === null) return;
    if (shown.elapsedSeconds < ASKED_FROM_SECONDS && this.evaluations.data && this.evaluationsOf(shown.id).length === 0) void this.#remove(shown);
    else this.question = { kind: 'remove', run: shown };
  };
  readonly remove = async (): Promise<void> => {
    const { question } = this;
    this.question = null;
    if (question) await this.#remove(question.run);
  };
  async #remove({ id, name }: RunDetail): Promise<void> {
    const { navigate, route, say } = this.#outside;
    if (!(await this.#attempt((client) => client.call('runs.remove', { id })))) return;
    this.picked.delete(id);
    // Who has gone elsewhere meanwhile stays there.
    if (route.view === 'runs' && route.id === id) navigate('/runs', { replace: true });
    say(`Removed ${name}; undo brings it back`);
  }

  /** What the keys of the view do; the form of a new run and the log are other components. */
  commands(page: { fillIn(): void; findInLog(): void }): Record<string, CommandHandler | (() => void)> {
    const isShown = () => this.shown !== null;
    return {
      'runs.next': () => this.move(1),
      'runs.previous': () => this.move(-1),
      'runs.pick': {
        press: () => this.selectedId !== null && this.pick(this.selectedId),
        enabled: () => this.selectedId !== null && this.results.evaluated.has(this.selectedId),
      },
      'runs.compare': { press: this.compare, enabled: () => this.comparable.length > 0 },
      'runs.new': () => page.fillIn(),
      'runs.log': () => (this.isLogOnly = !this.isLogOnly),
      'runs.findInLog': () => page.findInLog(),
      'runs.stop': { press: this.stop, enabled: () => this.view?.canStop === true },
      'runs.resume': { press: () => this.resume(), enabled: () => this.view?.canResume === true },
      'runs.rename': { press: this.askRename, enabled: isShown },
      'runs.remove': { press: this.askRemove, enabled: isShown },
    };
  }
}
