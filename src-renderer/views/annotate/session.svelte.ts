/**
 * Everything about working on one tracklet: player, pictures, values, strokes, selection, and what keys and pointer do with them.
 * Components show it and call its methods; they hold no logic of their own. Tested by test/renderer/annotate/session.test.ts.
 */
import type { Client } from '../../../src-shared/contract.ts';
import type { TrackletDetail } from '../../../src-shared/entities.ts';
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';
import { loadBitmap, Pictures, prefetchOrder } from '../../canvas/pictures.ts';
import { mediaUrl } from '../../lib/media.ts';
import { consistency, type Consistency } from './bodyParts.ts';
import { doubtCurve, findDoubts, nextDoubt } from './doubts.ts';
import { FRAME_FIELDS, fieldById } from './fields.ts';
import { changePoint, columnsOf, countWithoutValue, editsOf, interpolationEdits, moveEdge, rangeAt, runAround, type LaneEdit } from './lanes.ts';
import { framesText, Painter, type StrokeKind } from './painter.svelte.ts';
import { Player, type Clock } from './player.svelte.ts';
import { Timings } from './timings.svelte.ts';
import { TrackletValues } from './values.svelte.ts';

export type StepMode = 1 | 5 | 'change';

const PICTURE_BUDGET = 192 * 1024 * 1024;
const DEFAULT_FPS = 10;

/** What stays as it is when going to another tracklet, and the zoom each tracklet had. */
const kept = { speed: 1, activeLane: 'visibility', stepMode: 1 as StepMode, carriesForward: false, zoom: new Map<number, number>() };

export interface SessionOptions {
  client: Pick<Client, 'call' | 'on'>;
  detail: TrackletDetail;
  annotator: () => string;
  position?: number;
  clock?: Clock;
  load?: (url: string, signal: AbortSignal) => Promise<ImageBitmap>;
}

export class AnnotateSession {
  readonly detail: TrackletDetail;
  readonly id: number;
  readonly frames: number;
  readonly values: TrackletValues;
  readonly player: Player;
  readonly painter: Painter;
  readonly pictures: Pictures<ImageBitmap>;
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
  #selectionUsed = false;
  #repeatId = '';

  readonly visibility = $derived.by(() => columnsOf(this.values.lane('visibility'), this.frames));
  readonly doubts = $derived.by(() => findDoubts(this.values.lane('visibility'), this.values.lane('hiddenParts'), this.frames));
  readonly doubtCurve = $derived.by(() => doubtCurve(this.visibility.value, this.doubts, this.values.lane('visibility')));
  readonly withoutValue = $derived.by(() => countWithoutValue(this.values.lane('visibility'), this.frames));
  readonly current = $derived.by(() => rangeAt(this.values.lane('visibility'), this.player.position));
  readonly hiddenParts = $derived.by(() => (rangeAt(this.values.lane('hiddenParts'), this.player.position)?.value as string[] | undefined) ?? null);
  readonly consistency = $derived.by((): Consistency => consistency(this.hiddenParts, (this.current?.value as number | undefined) ?? null));
  readonly review = $derived.by((): 'none' | 'started' | 'reviewed' | 'disputed' => {
    const flag = this.values.lane('reviewed')[0]?.value;
    if (flag === 'reviewed' || flag === 'disputed') return flag;
    for (const lane of this.values.lanes.values()) if (lane.some((range) => range.origin === 'human')) return 'started';
    return 'none';
  });
  readonly note = $derived.by(() => (this.values.lane('note')[0]?.value as string | undefined) ?? '');

  constructor(options: SessionOptions) {
    const { detail } = options;
    this.detail = detail;
    this.id = detail.row.id;
    this.frames = detail.row.frames;
    this.values = new TrackletValues({ client: options.client, trackletId: this.id, annotator: options.annotator });
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
    this.painter = new Painter(this.values, this.player);
    this.painter.carriesForward = kept.carriesForward;
    this.zoom = kept.zoom.get(this.id) ?? 1;
    this.player.onMove(() => {
      if (this.#selectionUsed) this.clearSelection();
      this.hint = null;
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
    const state = this.pictures.state(this.player.position);
    return state === 'ready' || state === 'failed';
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
    const stroke = strokeOf(field, digit, this.hiddenParts ?? []);
    if (!stroke) {
      this.hint =
        field.widget === 'set'
          ? `${field.title}: the keys are ${field.choices.map((choice) => `${choice.key} ${choice.title.toLowerCase()}`).join(', ')}`
          : `${field.title}: the keys are 0 to clear, ${field.choices.map((choice, i) => `${i + 1} ${choice.title.toLowerCase()}`).join(', ')}`;
      return;
    }
    this.stroke(stroke, digit === 10 ? '−' : String(digit), event);
  }

  /** A part key of the number pad goes down, whatever lane is active. */
  part(part: string, key: string, event?: KeyboardEvent): void {
    if (event?.repeat) return;
    this.stroke(partStroke(part, this.hiddenParts ?? []), key, event);
  }

  stroke(stroke: StrokeKind, label: string, event?: KeyboardEvent): void {
    this.lastStroke = stroke;
    this.hint = null;
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
    for (let position = range.start; position <= range.end; position++) values.set(position, stroke.brush(rangeAt(lane, position)?.value));
    const verb = typeof stroke.verb === 'string' ? stroke.verb : stroke.verb([...values.values()]);
    await this.values.apply(`${verb} on ${framesText(range.start, range.end)}`, stroke.field, editsOf(values, 'human'));
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
    this.painter.begin(stroke, this.player.position, this.#repeatId);
    this.painter.end();
    this.player.pause();
    this.player.seek(this.player.position + 1);
  }

  /** Without a last value: what the frame before has. */
  #strokeBefore(): StrokeKind | null {
    const before = rangeAt(this.values.lane('visibility'), this.player.position - 1)?.value;
    return typeof before === 'number' ? scoreStroke('visibility', before) : null;
  }

  clear(): void {
    const field = fieldById(this.activeLane);
    const range = this.selection ?? { start: this.player.position, end: this.player.position };
    void this.values.apply(`clear ${field.title.toLowerCase()} on ${framesText(range.start, range.end)}`, field.id, [
      { ...range, value: null, origin: 'human' },
    ]);
  }

  /** Makes an imported, interpolated or model value a person's own, on this frame or its whole run. */
  confirm(isWholeRun: boolean): void {
    const lane = this.values.lane(this.activeLane);
    const { position } = this.player;
    const range = this.selection ?? (isWholeRun ? runAround(lane, position, this.frames) : { start: position, end: position });
    const edits = lane
      .filter((entry) => entry.origin !== 'human' && entry.end >= range.start && entry.start <= range.end)
      .map((entry): LaneEdit => ({ start: Math.max(entry.start, range.start), end: Math.min(entry.end, range.end), value: entry.value, origin: 'human' }));
    if (edits.length === 0) {
      this.hint = rangeAt(lane, position) ? 'A person set this value already' : 'There is no value to confirm';
      return;
    }
    void this.values.apply(`confirm ${fieldById(this.activeLane).title.toLowerCase()} on ${framesText(range.start, range.end)}`, this.activeLane, edits);
  }

  interpolate(kind: 'linear' | 'step'): void {
    const field = fieldById(this.activeLane);
    const lane = this.values.lane(field.id);
    const range = this.selection ?? this.#gapAround();
    const occluder = this.values.lane('occluder');
    const { frameIndex } = this.detail;
    // The stride of the video itself: a tracklet of every 5th frame has no gaps.
    const stride = this.frames > 1 ? Math.min(...Array.from(frameIndex.slice(1), (index, i) => index - frameIndex[i]!)) : 1;
    const isBarrier = (position: number): boolean => {
      if (frameIndex[position]! - frameIndex[position - 1]! > stride) return true;
      return (
        field.id !== 'occluder' &&
        rangeAt(occluder, position - 1) !== null &&
        rangeAt(occluder, position) !== null &&
        rangeAt(occluder, position)!.value !== rangeAt(occluder, position - 1)!.value
      );
    };
    const edits = interpolationEdits(lane, range, kind, field.interpolate as never, isBarrier);
    if (edits.length === 0) {
      this.hint = 'Nothing to fill: select a range with human values at both ends and no gap or other occluder between';
      return;
    }
    void this.values.apply(`interpolate ${kind === 'linear' ? 'linearly' : 'in steps'} on ${framesText(edits[0]!.start, edits.at(-1)!.end)}`, field.id, edits);
  }

  /** From the human value before the playhead to the one after it. */
  #gapAround(): { start: number; end: number } {
    const human = this.values.lane(this.activeLane).filter((range) => range.origin === 'human');
    const { position } = this.player;
    return { start: human.findLast((range) => range.end <= position)?.end ?? position, end: human.find((range) => range.start > position)?.start ?? position };
  }

  edgeEdits(field: string, part: string | null, edge: number, to: number): LaneEdit[] {
    const lane = this.values.laneBeforeStroke(field);
    if (part === null) return moveEdge(lane, edge, to);
    const has = (position: number): boolean => ((rangeAt(lane, position)?.value as string[] | undefined) ?? []).includes(part);
    const isOn = to < edge ? has(edge) : has(edge - 1);
    const values = new Map<number, unknown>();
    for (let position = Math.min(edge, to); position < Math.max(edge, to); position++)
      values.set(position, withPart((rangeAt(lane, position)?.value as string[] | undefined) ?? [], part, isOn));
    return editsOf(values, 'human');
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

  toggleReviewed(flag: 'reviewed' | 'disputed' = 'reviewed'): void {
    const next = this.review === flag ? null : flag;
    void this.values.apply(next === null ? `not ${flag}` : `mark ${flag}`, 'reviewed', [{ start: 0, end: this.frames - 1, value: next, origin: 'human' }]);
  }

  setNote(text: string): void {
    const value = text.trim() === '' ? null : text.trim();
    if ((value ?? '') === this.note) return;
    void this.values.apply(value === null ? 'remove the note' : 'write a note', 'note', [{ start: 0, end: this.frames - 1, value, origin: 'human' }]);
  }
}

export function scoreStroke(field: string, value: number): StrokeKind {
  return { field, verb: `paint ${value}`, brush: () => value };
}

export function choiceStroke(field: FieldDefinition, value: string | null): StrokeKind {
  const title = value === null ? null : field.choices.find((choice) => choice.value === value)?.title;
  return { field: field.id, verb: title ? `${field.title.toLowerCase()} ${title.toLowerCase()}` : `clear ${field.title.toLowerCase()}`, brush: () => value };
}

/** Hides the part, or shows it again where the frame under the playhead has it hidden; the other parts stay as they are in every frame. */
export function partStroke(part: string, now: readonly string[]): StrokeKind {
  const isOn = !now.includes(part);
  const title =
    fieldById('hiddenParts')
      .choices.find((choice) => choice.value === part)
      ?.title.toLowerCase() ?? part;
  return { field: 'hiddenParts', verb: `${isOn ? 'hide' : 'show'} ${title}`, brush: (before) => withPart((before as string[] | undefined) ?? [], part, isOn) };
}

function withPart(parts: readonly string[], part: string, isOn: boolean): unknown {
  const field = fieldById('hiddenParts');
  return field.parse(isOn ? [...parts, part] : parts.filter((other) => other !== part));
}

function strokeOf(field: FieldDefinition, digit: number, parts: readonly string[]): StrokeKind | null {
  if (field.widget === 'score') return scoreStroke(field.id, digit);
  if (field.widget === 'choice') {
    if (digit === 0) return choiceStroke(field, null);
    const choice = field.choices[digit - 1];
    return choice ? choiceStroke(field, choice.value) : null;
  }
  const choice = field.choices.find((entry) => entry.key === String(digit));
  return choice ? partStroke(choice.value, parts) : null;
}
