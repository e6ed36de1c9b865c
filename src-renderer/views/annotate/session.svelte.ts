/**
 * Everything about working on one tracklet: player, pictures, values, strokes, selection, and what keys and pointer do with them.
 * Components show it and call its methods; they hold no logic of their own. Tested by test/renderer/annotate/session.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import type { ReviewState, TrackletDetail } from '../../../src-shared/contract/tracklets.ts';
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';
import { isByPerson, isWitnessed } from '../../../src-shared/fields/how.ts';
import { reviewGaps, type ReviewGaps } from '../../../src-shared/fields/review.ts';
import { HIDDEN_BY, HIDDEN_PARTS, NOTE, REVIEW, SCORE } from '../../../src-shared/fields/roles.ts';
import { loadBitmap, Pictures, prefetchOrder } from '../../canvas/pictures.ts';
import { FRAME_FIELDS, fieldById } from '../../lib/fields.ts';
import { counted } from '../../lib/format.ts';
import { mediaUrl } from '../../lib/media.ts';
import { refusal } from '../../lib/readOnly.svelte.ts';
import { consistency, type Consistency } from './bodyParts.ts';
import { doubtCurve, findDoubts, nextDoubt } from './doubts.ts';
import { rangeAt, runAround } from '../../../src-shared/ranges.ts';
import { changePoint, columnsOf, countWithoutValue, editsOf, interpolationEdits, moveEdge, type LaneEdit } from './lanes.ts';
import { Painter, stepLabel, type PictureOnScreen, type StrokeKind, type Timer } from './painter.svelte.ts';
import { Player, type Clock } from './player.svelte.ts';
import { SeenLog } from './seenLog.svelte.ts';
import { Timings } from './timings.svelte.ts';
import { TrackletValues } from './values.svelte.ts';

export type StepMode = 1 | 5 | 'change';

const PICTURE_BUDGET = 192 * 1024 * 1024;
const DEFAULT_FPS = 10;

/** What stays as it is when going to another tracklet, and the zoom each tracklet had. */
const kept = { speed: 1, activeLane: SCORE.id, stepMode: 1 as StepMode, carriesForward: false, zoom: new Map<number, number>() };

export interface SessionOptions {
  client: Pick<Client, 'call' | 'on'>;
  detail: TrackletDetail;
  annotator: () => string;
  position?: number;
  clock?: Clock;
  load?: (url: string, signal: AbortSignal) => Promise<ImageBitmap>;
  timer?: Timer;
}

export class AnnotateSession {
  readonly detail: TrackletDetail;
  readonly id: number;
  readonly frames: number;
  readonly values: TrackletValues;
  readonly player: Player;
  readonly painter: Painter;
  readonly pictures: Pictures<ImageBitmap>;
  readonly seen: SeenLog;
  /** Names the tracklet in steps that can be undone: "0007 c2". */
  readonly where: string;
  readonly timings = new Timings();
  /** Grows when a picture arrives or fails; drawing depends on it. */
  picturesChanged = $state(0);
  selection = $state.raw<{ start: number; end: number } | null>(null);
  activeLane = $state(kept.activeLane);
  stepMode = $state<StepMode>(kept.stepMode);
  zoom = $state(1);
  scroll = $state(0);
  /** Last value set, for `X`. */
  lastStroke = $state.raw<StrokeKind | null>(null);
  /** Key held for a stroke, as printed, for the transport line. */
  heldLabel = $state<string | null>(null);
  /** A sentence about a key that could do nothing. */
  hint = $state<string | null>(null);
  /** What is missing for a whole review, while it is asked whether to mark it anyway. */
  asking = $state.raw<ReviewGaps | null>(null);
  #selectionUsed = false;
  #repeatId = '';
  /** The position whose picture is on the screen. */
  #onScreen: number | null = null;
  #shownListeners = new Set<(position: number) => void>();
  #isPictureHint = false;

  readonly visibility = $derived.by(() => columnsOf(this.values.lane(SCORE.id), this.frames));
  readonly doubts = $derived.by(() => findDoubts(this.values.lane(SCORE.id), this.values.lane(HIDDEN_PARTS.id), this.frames));
  readonly doubtCurve = $derived.by(() => doubtCurve(this.visibility.value, this.doubts, this.values.lane(SCORE.id)));
  readonly withoutValue = $derived.by(() => countWithoutValue(this.values.lane(SCORE.id), this.frames));
  readonly current = $derived.by(() => rangeAt(this.values.lane(SCORE.id), this.player.position));
  readonly hiddenParts = $derived.by(() => this.chosenOf(HIDDEN_PARTS.id));
  readonly consistency = $derived.by((): Consistency => consistency(this.hiddenParts, (this.current?.value as number | undefined) ?? null));
  readonly gaps = $derived.by(() => (void this.seen.changed, reviewGaps(this.frames, this.visibility.value, this.seen.columns.fastest)));
  readonly review = $derived.by((): ReviewState => {
    const mark = this.values.lane(REVIEW.id)[0];
    if (mark?.value === 'disputed') return 'disputed';
    // A review of before showing was recorded, or from the source, is taken as it stands: it lacks only values.
    if (mark?.value === 'reviewed') return (mark.how === 'judged' ? this.gaps.either : this.gaps.withoutValue) > 0 ? 'gaps' : 'reviewed';
    for (const lane of this.values.lanes.values()) if (lane.some((range) => isByPerson(range.how))) return 'started';
    return 'none';
  });
  readonly note = $derived.by(() => (this.values.lane(NOTE.id)[0]?.value as string | undefined) ?? '');

  constructor(options: SessionOptions) {
    const { detail } = options;
    this.detail = detail;
    this.id = detail.row.id;
    this.frames = detail.row.frames;
    this.values = new TrackletValues({
      client: options.client,
      trackletId: this.id,
      of: { name: detail.row.name, frames: this.frames },
      annotator: options.annotator,
    });
    this.where = `${detail.row.identity} ${detail.row.camera}`;
    const load = options.load ?? loadBitmap;
    this.pictures = new Pictures<ImageBitmap>({
      load: (position, signal) => load(this.pictureUrl(position), signal),
      budgetBytes: PICTURE_BUDGET,
      parallel: 4,
      onChange: () => (this.picturesChanged += 1),
    });
    this.player = new Player({
      frames: this.frames,
      fps: detail.fps ?? DEFAULT_FPS,
      clock: options.clock,
      position: options.position ?? 0,
      speed: kept.speed,
      isReady: (position) => this.pictures.state(position) === 'ready' || this.pictures.state(position) === 'failed',
    });
    this.painter = new Painter({
      surface: this.values,
      player: this.player,
      screen: {
        state: (position) => this.#pictureOf(position),
        isChanged: (position) => this.pictures.failure(position)?.isChanged ?? false,
        onShown: (listener) => (this.#shownListeners.add(listener), () => this.#shownListeners.delete(listener)),
      },
      where: this.where,
      onNotPainted: (sentence) => this.#say(sentence),
      timer: options.timer,
    });
    this.seen = new SeenLog({
      client: options.client,
      trackletId: this.id,
      frames: this.frames,
      isBusy: () => this.heldLabel !== null || this.painter.shown !== null || this.values.unsaved > 0,
      now: options.clock && (() => options.clock!.now()),
      timer: options.timer,
    });
    this.painter.carriesForward = kept.carriesForward;
    this.zoom = kept.zoom.get(this.id) ?? 1;
    this.player.onMove(() => {
      if (this.#selectionUsed) this.clearSelection();
      this.hint = null;
      this.asking = null;
      this.prefetch();
    });
    this.prefetch();
  }

  close(): void {
    Object.assign(kept, { speed: this.player.speed, activeLane: this.activeLane, stepMode: this.stepMode, carriesForward: this.painter.carriesForward });
    if (this.zoom > 1) kept.zoom.set(this.id, this.zoom);
    else kept.zoom.delete(this.id);
    this.player.pause();
    this.painter.close();
    this.seen.close();
    this.values.close();
    this.pictures.close();
  }

  // ---- pictures ----

  /** True where a whole video frame exists; otherwise the picture is the crop. */
  get hasFrames(): boolean {
    return this.detail.mediaKind !== 'crops' && this.detail.boxes !== null;
  }

  pictureUrl(position: number): string {
    const path = this.hasFrames ? `frame/${this.detail.mediaId}/${this.detail.frameIndex[position]}` : `crop/${this.id}/${position}`;
    return mediaUrl(`${path}.jpg?stamp=${encodeURIComponent(this.detail.row.stamp)}`);
  }

  prefetch(): void {
    const { position, direction, playing, speed, fps } = this.player;
    this.pictures.want(prefetchOrder(position, direction, this.frames, 60, playing ? Math.ceil((fps * speed) / 60) : 1));
  }

  retryPictures(): void {
    this.pictures.retry();
    this.prefetch();
  }

  /** The stage has drawn the picture of a position, or (null) can draw none. */
  drawn(position: number | null): void {
    const isNew = position !== this.#onScreen;
    this.#onScreen = position;
    if (position === null) return this.seen.hidden();
    this.timings.drawn(position);
    this.seen.shown(position, this.player.playing ? this.player.speed : 0);
    if (!isNew) return;
    for (const listener of this.#shownListeners) listener(position);
    if (this.#isPictureHint && this.painter.shown) this.hint = null;
  }

  #pictureOf(position: number): PictureOnScreen {
    const state = this.pictures.state(position);
    if (state === 'failed') return 'failed';
    if (this.#onScreen === position) return 'shown';
    return state === 'ready' ? 'decoded' : 'awaited';
  }

  /** About a picture that is not there. */
  #say(sentence: string): void {
    this.hint = sentence;
    this.#isPictureHint = true;
  }

  // ---- moving ----

  step(direction: 1 | -1, event?: KeyboardEvent): void {
    // A held arrow key waits for the picture: no frame is passed unseen.
    if (event?.repeat && !this.#isShown()) return;
    this.player.pause();
    const to = this.stepMode === 'change' ? this.#change(direction) : this.player.position + direction * this.stepMode;
    this.#go(to, event);
  }

  toChange(direction: 1 | -1, event?: KeyboardEvent): void {
    if (event?.repeat && !this.#isShown()) return;
    this.player.pause();
    this.#go(this.#change(direction), event);
  }

  toEnd(direction: 1 | -1, event?: KeyboardEvent): void {
    this.player.pause();
    this.#go(direction === 1 ? this.frames - 1 : 0, event);
  }

  toDoubt(): void {
    const doubt = nextDoubt(this.doubts, this.player.position);
    if (!doubt) {
      this.hint = 'Nothing is in doubt: every frame has a value and no jump is unconfirmed';
      return;
    }
    this.player.pause();
    this.player.seek(doubt.start, false);
  }

  #change(direction: 1 | -1): number {
    return changePoint(this.values.lane(this.activeLane), this.player.position, direction, this.frames);
  }

  #go(to: number, event: KeyboardEvent | undefined): void {
    const from = this.player.position;
    this.player.seek(to);
    if (this.player.position !== from) this.timings.stepAsked(this.player.position, event?.timeStamp ?? performance.now());
  }

  #isShown(): boolean {
    const state = this.#pictureOf(this.player.position);
    return state === 'shown' || state === 'failed';
  }

  moveLane(direction: 1 | -1): void {
    const at = FRAME_FIELDS.findIndex((field) => field.id === this.activeLane);
    this.activeLane = FRAME_FIELDS[Math.min(FRAME_FIELDS.length - 1, Math.max(0, at + direction))]!.id;
  }

  // ---- painting ----

  /** A digit (10 for `-`) goes down. What it means depends on the active lane. */
  digit(digit: number, event?: KeyboardEvent): void {
    if (event?.repeat) return;
    const field = fieldById(this.activeLane);
    const stroke = strokeOf(field, digit, this.chosenOf(field.id) ?? []);
    if (!stroke) {
      this.hint =
        field.widget === 'set'
          ? `${field.title}: the keys are ${field.choices.map((choice) => `${choice.key} ${choice.title.toLowerCase()}`).join(', ')}`
          : `${field.title}: the keys are 0 to clear, ${field.choices.map((choice, i) => `${i + 1} ${choice.title.toLowerCase()}`).join(', ')}`;
      return;
    }
    this.stroke(stroke, digit === 10 ? '−' : String(digit), event);
  }

  /** Values of a choice or a set on the frame of the playhead; null without one. */
  chosenOf(field: string): readonly string[] | null {
    const value = rangeAt(this.values.lane(field), this.player.position)?.value;
    return value === undefined ? null : [value as string | string[]].flat();
  }

  /** A part key of the number pad goes down, whatever lane is active. */
  part(part: string, key: string, event?: KeyboardEvent): void {
    if (event?.repeat) return;
    this.stroke(partStroke(part, this.hiddenParts ?? []), key, event);
  }

  /** Why nothing can be marked here; null where it can. */
  get resting(): string | null {
    return refusal('annotations.apply');
  }

  stroke(stroke: StrokeKind, label: string, event?: KeyboardEvent): void {
    if (this.resting !== null) {
      this.hint = this.resting;
      return;
    }
    this.lastStroke = stroke;
    this.hint = null;
    this.#isPictureHint = false;
    this.timings.paintAsked(event?.timeStamp ?? performance.now());
    if (this.selection) {
      void this.#setRange(this.selection, stroke);
      this.#selectionUsed = true;
      return;
    }
    this.heldLabel = label;
    this.painter.begin(stroke);
    const askedAt = event?.timeStamp ?? performance.now();
    void this.values.settled().then((isDurable) => isDurable && this.timings.durable(askedAt, this.values.savedAt));
  }

  endStroke(): void {
    this.painter.end();
    this.heldLabel = null;
  }

  /** By mouse: the value of the current frame or the selection, as a tap would. */
  tap(stroke: StrokeKind): void {
    this.stroke(stroke, '');
    this.endStroke();
  }

  async #setRange(range: { start: number; end: number }, stroke: StrokeKind): Promise<void> {
    const lane = this.values.lane(stroke.field);
    const values = new Map<number, unknown>();
    for (let position = range.start; position <= range.end; position++)
      if (this.#pictureOf(position) !== 'failed') values.set(position, stroke.brush(rangeAt(lane, position)?.value));
    if (values.size === 0) return this.#say('No frame of the range has the picture that was imported: nothing was set');
    const verb = typeof stroke.verb === 'string' ? stroke.verb : stroke.verb([...values.values()]);
    const edits = editsOf(values, (position) => (position === this.player.position && this.#pictureOf(position) === 'shown' ? 'judged' : 'carried'));
    const carried = edits.reduce((sum, edit) => sum + (edit.how === 'carried' ? edit.end - edit.start + 1 : 0), 0);
    await this.values.apply(stepLabel(verb, this.where, range, carried), stroke.field, edits);
  }

  repeatLast(event?: KeyboardEvent): void {
    if (event?.repeat && !this.#isShown()) return;
    const stroke = this.lastStroke ?? this.#strokeBefore();
    if (!stroke) {
      this.hint = 'There is no value to repeat yet';
      return;
    }
    if (!event?.repeat) this.#repeatId = crypto.randomUUID();
    this.timings.paintAsked(event?.timeStamp ?? performance.now());
    const isPainted = this.painter.begin(stroke, this.player.position, this.#repeatId);
    this.painter.end();
    this.player.pause();
    if (!isPainted) return;
    this.player.seek(this.player.position + 1);
  }

  /** Without a last value: what the frame before has. */
  #strokeBefore(): StrokeKind | null {
    const before = rangeAt(this.values.lane(SCORE.id), this.player.position - 1)?.value;
    return typeof before === 'number' ? scoreStroke(SCORE.id, before) : null;
  }

  clear(): void {
    const field = fieldById(this.activeLane);
    const range = this.selection ?? { start: this.player.position, end: this.player.position };
    void this.values.apply(stepLabel(`clear ${field.title.toLowerCase()}`, this.where, range), field.id, [{ ...range, value: null, how: 'entered' }]);
  }

  /** Agrees to values that stand there, on this frame or its whole run; only on frames that were on the screen. */
  confirm(isWholeRun: boolean): void {
    const lane = this.values.lane(this.activeLane);
    const { position } = this.player;
    const range = this.selection ?? (isWholeRun ? runAround(lane, position, this.frames) : { start: position, end: position });
    const accepted = new Map<number, unknown>();
    let unseen = 0;
    for (const entry of lane) {
      if (isWitnessed(entry.how)) continue;
      for (let at = Math.max(entry.start, range.start); at <= Math.min(entry.end, range.end); at++) {
        if (this.seen.columns.fastest[at] === 0) unseen++;
        else accepted.set(at, entry.value);
      }
    }
    if (accepted.size > 0) {
      const positions = [...accepted.keys()];
      const label = stepLabel(`accept ${fieldById(this.activeLane).title.toLowerCase()}`, this.where, {
        start: Math.min(...positions),
        end: Math.max(...positions),
      });
      void this.values.apply(label, this.activeLane, editsOf(accepted, 'accepted'));
    }
    if (unseen > 0)
      this.hint = `${counted(unseen, 'frame')} ${unseen === 1 ? 'was never shown and stays as it is: look at it first' : 'were never shown and stay as they are: look at them first'}`;
    else if (accepted.size === 0) this.hint = rangeAt(lane, position) ? 'A person judged this value already' : 'There is no value to accept';
  }

  interpolate(kind: 'linear' | 'step'): void {
    const field = fieldById(this.activeLane);
    const lane = this.values.lane(field.id);
    const range = this.selection ?? this.#gapAround();
    const hiddenBy = this.values.lane(HIDDEN_BY.id);
    const { frameIndex } = this.detail;
    // The stride of the video itself: a tracklet of every 5th frame has no gaps.
    const stride = this.frames > 1 ? Math.min(...Array.from(frameIndex.slice(1), (index, i) => index - frameIndex[i]!)) : 1;
    const isBarrier = (position: number): boolean => {
      if (frameIndex[position]! - frameIndex[position - 1]! > stride) return true;
      return (
        field.id !== HIDDEN_BY.id &&
        rangeAt(hiddenBy, position - 1) !== null &&
        rangeAt(hiddenBy, position) !== null &&
        rangeAt(hiddenBy, position)!.value !== rangeAt(hiddenBy, position - 1)!.value
      );
    };
    const edits = interpolationEdits(lane, range, kind, field.interpolate as never, isBarrier);
    if (edits.length === 0) {
      this.hint = 'Nothing to fill: set a value before and after the gap; a jump in the video or another occluder ends a gap';
      return;
    }
    const filled = { start: edits[0]!.start, end: edits.at(-1)!.end };
    void this.values.apply(stepLabel(`fill ${field.title.toLowerCase()} ${kind === 'linear' ? 'evenly' : 'in steps'}`, this.where, filled), field.id, edits);
  }

  /**
   * The gap to fill without a selection. One works forwards: a value, some frames on the next value, then the key, with the playhead still on
   * that next value. So on a value it is the gap before it, or the one after where there is none before; between two values the gap itself.
   */
  #gapAround(): { start: number; end: number } {
    const set = this.values.lane(this.activeLane).filter((range) => isByPerson(range.how));
    const { position } = this.player;
    let first = set.findIndex((range) => range.end >= position);
    if (first < 0) first = set.length;
    const here = set[first];
    if (here === undefined || here.start > position) return { start: set[first - 1]?.end ?? position, end: here?.start ?? position };
    // Values that touch are one stretch.
    let from = first;
    while (from > 0 && set[from - 1]!.end + 1 === set[from]!.start) from--;
    if (from > 0) return { start: set[from - 1]!.end, end: set[from]!.start };
    let to = first;
    while (to + 1 < set.length && set[to]!.end + 1 === set[to + 1]!.start) to++;
    return { start: set[to]!.end, end: set[to + 1]?.start ?? position };
  }

  edgeEdits(field: string, part: string | null, edge: number, to: number): LaneEdit[] {
    const lane = this.values.laneBeforeStroke(field);
    if (part === null) return moveEdge(lane, edge, to);
    const has = (position: number): boolean => ((rangeAt(lane, position)?.value as string[] | undefined) ?? []).includes(part);
    const isOn = to < edge ? has(edge) : has(edge - 1);
    const values = new Map<number, unknown>();
    for (let position = Math.min(edge, to); position < Math.max(edge, to); position++)
      values.set(position, withValue(fieldById(field), rangeAt(lane, position)?.value, part, isOn));
    return editsOf(values, 'carried');
  }

  // ---- range ----

  rangeIn(): void {
    const { position } = this.player;
    this.select(position, this.selection && this.selection.end >= position ? this.selection.end : position);
  }

  rangeOut(): void {
    const { position } = this.player;
    this.select(this.selection && this.selection.start <= position ? this.selection.start : position, position);
  }

  select(start: number, end: number): void {
    this.selection = { start: Math.min(start, end), end: Math.max(start, end) };
    this.#selectionUsed = false;
  }

  clearSelection(): void {
    this.selection = null;
    this.#selectionUsed = false;
  }

  // ---- tracklet ----

  /** A review with gaps is marked only by `anyway`, after saying what is missing. */
  toggleReviewed(flag: 'reviewed' | 'disputed' = 'reviewed', anyway = false): void {
    const isMarked = flag === 'disputed' ? this.review === 'disputed' : this.review === 'reviewed' || this.review === 'gaps';
    this.asking = null;
    if (isMarked) return void this.#mark(flag, null);
    if (flag === 'reviewed' && this.gaps.either > 0 && !anyway) {
      this.asking = this.gaps;
      return;
    }
    void this.#mark(flag, flag, anyway);
  }

  async #mark(flag: string, value: string | null, anyway = false): Promise<void> {
    // The host counts with what it has been told of frames that were shown.
    if (value === 'reviewed') await this.seen.flush();
    const label = stepLabel(value === null ? `not ${flag}` : anyway ? `mark ${flag} with gaps` : `mark ${flag}`, this.where, null);
    await this.values.apply(label, REVIEW.id, [{ start: 0, end: this.frames - 1, value, how: 'judged' }], { anyway });
  }

  /** The first frame that has no value or was never shown. */
  toGap(): void {
    const at = this.visibility.value.findIndex((value, position) => value < 0 || this.seen.columns.fastest[position] === 0);
    this.player.pause();
    if (at >= 0) this.player.seek(at, false);
    this.asking = null;
  }

  setNote(text: string): void {
    const value = text.trim() === '' ? null : text.trim();
    if ((value ?? '') === this.note) return;
    const label = stepLabel(value === null ? 'remove the note' : 'write a note', this.where, null);
    void this.values.apply(label, NOTE.id, [{ start: 0, end: this.frames - 1, value, how: 'entered' }]);
  }
}

export function scoreStroke(field: string, value: number): StrokeKind {
  return { field, verb: `${fieldById(field).title.toLowerCase()} ${value}`, brush: () => value };
}

export function choiceStroke(field: FieldDefinition, value: string | null): StrokeKind {
  const title = value === null ? null : field.choices.find((choice) => choice.value === value)?.title;
  return { field: field.id, verb: title ? `${field.title.toLowerCase()} ${title.toLowerCase()}` : `clear ${field.title.toLowerCase()}`, brush: () => value };
}

/** Hides the part, or shows it again where the frame under the playhead has it hidden. */
export function partStroke(part: string, now: readonly string[]): StrokeKind {
  return setStroke(HIDDEN_PARTS, part, now, { on: 'hide', off: 'show' });
}

/** Adds a value to a set, or takes it out where the frame under the playhead has it; the other values stay as they are in every frame. */
export function setStroke(
  field: Pick<FieldDefinition, 'id' | 'choices' | 'parse'>,
  value: string,
  now: readonly string[],
  verbs = { on: 'add', off: 'take out' },
): StrokeKind {
  const isOn = !now.includes(value);
  const title = field.choices.find((choice) => choice.value === value)?.title.toLowerCase() ?? value;
  return { field: field.id, verb: `${isOn ? verbs.on : verbs.off} ${title}`, brush: (before) => withValue(field, before, value, isOn) };
}

function withValue(field: Pick<FieldDefinition, 'parse'>, before: unknown, value: string, isOn: boolean): unknown {
  const values = (before as string[] | undefined) ?? [];
  return field.parse(isOn ? [...values, value] : values.filter((other) => other !== value));
}

function strokeOf(field: FieldDefinition, digit: number, now: readonly string[]): StrokeKind | null {
  if (field.widget === 'score') return scoreStroke(field.id, digit);
  if (field.widget === 'choice') {
    if (digit === 0) return choiceStroke(field, null);
    const choice = field.choices[digit - 1];
    return choice ? choiceStroke(field, choice.value) : null;
  }
  const choice = field.choices.find((entry) => entry.key === String(digit));
  if (!choice) return null;
  return field.id === HIDDEN_PARTS.id ? partStroke(choice.value, now) : setStroke(field, choice.value, now);
}
