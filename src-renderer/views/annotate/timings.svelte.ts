/**
 * How long the hand waits: from a key or pointer event to the pixels it asked for. Shown in the status bar and left as performance
 * measures (`annotate.step`, `annotate.paint`, `annotate.durable`, `annotate.acknowledged`) for test/bench/annotate.ts; nothing is kept or sent.
 */
type Kind = 'step' | 'paint' | 'durable' | 'acknowledged';

export class Timings {
  stepMs = $state<number | null>(null);
  #step: { position: number; at: number } | null = null;
  #paint: number | null = null;

  stepAsked(position: number, at: number): void {
    this.#step = { position, at };
  }

  /** The stage now shows this position. */
  drawn(position: number): void {
    if (this.#step?.position !== position) return;
    this.stepMs = measure('step', this.#step.at);
    this.#step = null;
  }

  paintAsked(at: number): void {
    this.#paint ??= at;
  }

  lanesDrawn(): void {
    if (this.#paint !== null) measure('paint', this.#paint);
    this.#paint = null;
  }

  /** `durableAt` is the host's time of the commit, in milliseconds since 1970; the page may hear of it later. */
  durable(askedAt: number, durableAt: number | null): void {
    measure('acknowledged', askedAt);
    if (durableAt !== null) measure('durable', askedAt, Math.max(askedAt, durableAt - performance.timeOrigin));
  }
}

function measure(kind: Kind, start: number, end = performance.now()): number {
  const name = `annotate.${kind}`;
  performance.measure(name, { start, end });
  // Observers have been told; the page's own list must not grow over a day of work.
  performance.clearMeasures(name);
  return end - start;
}
