/**
 * The values of one tracklet as the user sees them: what the host has, plus steps on their way, plus the stroke under the hand.
 * A step shows at once, is sent at once, and is taken back with a message when the host refuses it. The client re-sends what a lost
 * connection left unanswered, so `unsaved` is the truth about what is not durable yet.
 * Tested by test/renderer/annotate/values.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { paint } from '../../../src-shared/ranges.ts';
import { laneOf, type Lane, type LaneEdit } from './lanes.ts';

interface Author {
  annotator: string;
  updatedAt: number;
}

interface Step {
  field: string;
  edits: readonly LaneEdit[];
  author: Author;
}

export interface Refusal {
  label: string;
  error: ErrorShape;
}

export interface ValuesOptions {
  client: Pick<Client, 'call' | 'on'>;
  trackletId: number;
  /** What it is; a step that waited is not done to another. */
  of?: { name: string; frames: number };
  annotator: () => string;
  now?: () => number;
}

interface StepOptions {
  /** Steps with the same one are undone together. */
  join?: string;
  /** Marks a review although it has gaps. */
  anyway?: boolean;
}

const EMPTY: Lane = [];

export class TrackletValues {
  readonly trackletId: number;
  lanes = $state.raw<ReadonlyMap<string, Lane>>(new Map());
  isLoaded = $state(false);
  error = $state.raw<ErrorShape | null>(null);
  /** The last step the host refused; shown until dismissed or the next one succeeds. */
  refusal = $state.raw<Refusal | null>(null);
  /** Steps shown but not yet durable. */
  unsaved = $state(0);
  savedAt = $state<number | null>(null);
  /** From asking to the host's answer, of the last step, in milliseconds. */
  savedInMs = $state<number | null>(null);
  #options: ValuesOptions;
  #base: ReadonlyMap<string, Lane> = new Map();
  #pending: Step[] = [];
  #live: Step | null = null;
  #reading = false;
  #readAgain = false;
  /** Counts answers to steps: what was read before one came may lack it. */
  #answered = 0;
  #closed = false;
  #last: Promise<boolean> = Promise.resolve(true);
  #release: () => void;

  constructor(options: ValuesOptions) {
    this.#options = options;
    this.trackletId = options.trackletId;
    const mine = `Tracklet:${options.trackletId}`;
    this.#release = options.client.on('changed', ({ tags }) => {
      if (tags.includes(mine) || tags.includes('Tracklet')) void this.read();
    });
    void this.read();
  }

  lane(field: string): Lane {
    return this.lanes.get(field) ?? EMPTY;
  }

  /** What the lane will be once everything sent is durable, without the stroke under way. */
  laneBeforeStroke(field: string): Lane {
    return this.#pending.reduce<Lane>((lane, step) => (step.field === field ? applied(lane, step) : lane), this.#base.get(field) ?? EMPTY);
  }

  async read(): Promise<void> {
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#reading = true;
    do {
      this.#readAgain = false;
      const answered = this.#answered;
      try {
        const annotations = await this.#options.client.call('annotations.get', { trackletId: this.trackletId });
        if (this.#closed) return;
        if (answered !== this.#answered) this.#readAgain = true;
        else {
          const fields = new Set(annotations.map((annotation) => annotation.field));
          this.#base = new Map([...fields].map((field) => [field, laneOf(annotations, field)]));
          this.isLoaded = true;
          this.error = null;
          this.#show();
        }
      } catch (error) {
        if (this.#closed) return;
        this.error = toErrorShape(error);
      }
    } while (this.#readAgain);
    this.#reading = false;
  }

  /** The stroke under the hand: shown, not sent. Null ends it. */
  setLive(field: string, edits: readonly LaneEdit[] | null): void {
    this.#live = edits === null || edits.length === 0 ? null : { field, edits, author: this.#author() };
    this.#show();
  }

  /** Shows a step at once and sends it; false when the host refused it. */
  apply(label: string, field: string, edits: readonly LaneEdit[], options: StepOptions = {}): Promise<boolean> {
    if (edits.length > 0) this.#last = this.#send(label, field, edits, options);
    return this.#last;
  }

  async #send(label: string, field: string, edits: readonly LaneEdit[], { join, anyway }: StepOptions): Promise<boolean> {
    const step: Step = { field, edits, author: this.#author() };
    this.#pending = [...this.#pending, step];
    this.unsaved += 1;
    this.#show();
    const { of } = this.#options;
    const sentAt = performance.now();
    try {
      const { durableAt } = await this.#options.client.call('annotations.apply', {
        label,
        edits: edits.map((edit) => ({ trackletId: this.trackletId, field, ...edit })),
        ...(join === undefined ? {} : { join }),
        ...(anyway ? { anyway } : {}),
        ...(of === undefined ? {} : { of: [{ id: this.trackletId, ...of }] }),
      });
      this.#base = new Map(this.#base).set(field, applied(this.#base.get(field) ?? EMPTY, step));
      this.savedAt = durableAt;
      this.savedInMs = performance.now() - sentAt;
      this.refusal = null;
      return true;
    } catch (error) {
      this.refusal = { label, error: toErrorShape(error) };
      return false;
    } finally {
      this.#answered += 1;
      this.#pending = this.#pending.filter((other) => other !== step);
      this.unsaved -= 1;
      this.#show();
      if (this.#reading) this.#readAgain = true;
    }
  }

  /** When everything sent so far has been answered: true when the last answer kept it. */
  settled(): Promise<boolean> {
    return this.#last;
  }

  dismiss(): void {
    this.refusal = null;
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #author(): Author {
    return { annotator: this.#options.annotator(), updatedAt: (this.#options.now ?? Date.now)() };
  }

  #show(): void {
    const lanes = new Map(this.#base);
    for (const step of this.#live ? [...this.#pending, this.#live] : this.#pending) lanes.set(step.field, applied(lanes.get(step.field) ?? EMPTY, step));
    this.lanes = lanes;
  }
}

function applied(lane: Lane, step: Step): Lane {
  return step.edits.reduce<Lane>((result, edit) => paint(result, { ...edit, ...step.author }), lane);
}
