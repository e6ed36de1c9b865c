/**
 * What is said of the run on screen: how far it is, its figures, where it computes, when it was last heard, and the smaller batch that it could go on
 * with. What the host last said and what was heard since are one. Test: test/renderer/runs/shownRun.svelte.test.ts.
 */
import type { EngineStatus } from '../../../src-shared/contract/engine.ts';
import type { RunDetail } from '../../../src-shared/contract/runs.ts';
import { smallerBatch, type Smaller } from '../../../src-shared/recipe/smaller.ts';
import { duration } from '../../lib/format.ts';
import type { FollowedRun } from './followRun.svelte.ts';
import { precisionLine, tiles } from './metricSeries.ts';
import { endsAbout, type RunView } from '../../lib/runState.ts';

export interface ShownRunInputs {
  readonly run: RunDetail;
  readonly view: RunView;
  readonly followed: FollowedRun;
  readonly engine: EngineStatus | undefined;
}

/** By the time of day, and by `performance.now()`. */
export interface RunClock {
  readonly now: number;
  readonly monotonic: number;
}

export class ShownRun {
  readonly #inputs: () => ShownRunInputs;
  readonly #clock: RunClock;

  constructor(inputs: () => ShownRunInputs, clock: RunClock) {
    this.#inputs = inputs;
    this.#clock = clock;
  }

  readonly step = $derived.by(() => Math.max(this.#inputs().run.step, this.#inputs().followed.columns.step.at(-1) ?? 0));
  readonly #epoch = $derived.by(() => this.#inputs().followed.columns.epoch.at(-1) ?? this.#inputs().run.epoch);
  /** The one it is in, counted from 1; 0 before its first step. */
  readonly epoch = $derived.by(() => {
    const { run } = this.#inputs();
    return Math.min(run.epochs, run.state === 'done' ? run.epochs : this.#epoch + (this.step === 0 ? 0 : 1));
  });
  readonly elapsedSeconds = $derived.by(() => Math.max(this.#inputs().run.elapsedSeconds, this.#inputs().followed.columns.seconds.at(-1) ?? 0));
  readonly figures = $derived.by(() => tiles(this.#inputs().followed.columns));
  readonly end = $derived.by(() => endsAbout(this.#inputs().view.secondsLeft, this.#clock.now));
  /** What it was computed with, or what it would be; null where nothing is known yet. */
  readonly device = $derived.by(() => {
    const { run, engine } = this.#inputs();
    if (run.engine) return engineLine(run.engine);
    return engine?.state === 'ready' ? [engine.engine, engine.device].filter(Boolean).join(', ') : (engine?.message ?? null);
  });
  readonly precision = $derived.by(() => precisionLine(this.#inputs().run.recipe.precision, this.#inputs().followed.columns));
  /** Where memory ran out. */
  readonly smaller = $derived.by((): Smaller | null => {
    const { run, view } = this.#inputs();
    return view.canResume && run.error?.code === 'OUT_OF_MEMORY' ? smallerBatch(run.recipe) : null;
  });
  readonly quiet = $derived.by(() => {
    const { run, followed } = this.#inputs();
    if (followed.heardAt === 0 || run.state !== 'running') return null;
    const seconds = (this.#clock.monotonic - followed.heardAt) / 1000;
    return `last line ${seconds < 1.5 ? 'just now' : `${duration(seconds)} ago`}`;
  });
}

/** "Resume with 4 identities a batch". */
export function resumeText(smaller: Smaller): string {
  return 'identitiesPerBatch' in smaller
    ? `Resume with ${smaller.identitiesPerBatch} identities a batch`
    : `Resume with ${smaller.clipsPerIdentity} clips an identity`;
}

function engineLine(facts: Record<string, unknown>): string {
  const threads = typeof facts['threads'] === 'number' ? `${facts['threads']} threads` : null;
  return [facts['engine'] ?? facts['kind'], facts['version'], facts['device'], threads].filter((part) => typeof part === 'string' && part !== '').join(', ');
}
