/**
 * The pictures of one session: how large they are, which frame is really drawn, who stands in front, and what is drawn again when.
 * The drawing is src-renderer/canvas/stage.ts. It knows no document. Test: test/renderer/annotate/shownStage.svelte.test.ts.
 */
import { contain, inFront, type Box, type drawFrame, type drawHole, type drawNeighbours, type drawPerson, type NamedBox } from '../../canvas/stage.ts';
import type { frameScheduler, Surface } from '../../canvas/surface.ts';
import type { CanvasTheme } from '../../canvas/theme.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import type { AnnotateSession } from './session.svelte.ts';

export interface StageOutside {
  theme(): CanvasTheme;
  query: typeof useQuery;
  schedule: typeof frameScheduler;
  draw: { person: typeof drawPerson; frame: typeof drawFrame; neighbours: typeof drawNeighbours; hole: typeof drawHole };
  /** What is switched on. */
  view: { readonly boxes: boolean; readonly path: boolean; readonly close: boolean };
  /** Told who stands in front of the person in the frame of the playhead. */
  onfront(front: { name: string; share: number } | null): void;
}

/** Around the pictures, together. */
const MARGIN = { height: 24, width: 66 } as const;
/** Crops before and after need no more. */
const MOST_NEIGHBOURS_WIDTH = 560;

export class ShownStage {
  readonly #session: AnnotateSession;
  readonly #outside: StageOutside;
  readonly #boxes: ReturnType<typeof useQuery<'media.boxes'>>;
  /** Of the box with the pictures. */
  width = $state(0);
  height = $state(0);
  person = $state.raw<Surface | null>(null);
  around = $state.raw<Surface | null>(null);
  /** The position whose picture is on screen. */
  drawn = $state<number | null>(null);
  enlargement = $state(1);

  readonly personHeight = $derived.by(() => Math.max(0, Math.floor((this.height - MARGIN.height) / 2) * 2));
  readonly personWidth = $derived.by(() => this.personHeight / 2);
  /** Of the video frame, or of the crops before and after. */
  readonly frameSize = $derived.by(() => {
    const { hasFrames, detail } = this.#session;
    const room = { width: Math.max(0, this.width - this.personWidth - MARGIN.width), height: this.personHeight };
    if (!hasFrames) return { width: Math.min(room.width, MOST_NEIGHBOURS_WIDTH), height: this.personHeight };
    const { scale } = contain({ width: detail.mediaWidth, height: detail.mediaHeight }, room);
    return { width: Math.max(0, Math.floor(detail.mediaWidth * scale)), height: Math.max(0, Math.floor(detail.mediaHeight * scale)) };
  });
  readonly #othersByFrame = $derived.by(() => {
    const found = new Map<number, NamedBox[]>();
    const { data } = this.#boxes;
    if (!data) return found;
    for (let i = 0; i < data.frame.length; i++) {
      const id = data.trackletId[i]!;
      if (id === this.#session.id) continue;
      const list = found.get(data.frame[i]!) ?? [];
      if (list.length === 0) found.set(data.frame[i]!, list);
      list.push({ name: data.names[String(id)] ?? '', box: boxOf(data.box, i) });
    }
    return found;
  });
  /** Feet, x and y of each frame. */
  readonly #path = $derived.by(() => {
    const { detail, frames } = this.#session;
    if (!detail.boxes) return null;
    const points = new Float32Array(frames * 2);
    for (let i = 0; i < frames; i++) {
      const box = boxOf(detail.boxes, i);
      points[i * 2] = box.x + box.w / 2;
      points[i * 2 + 1] = box.y + box.h;
    }
    return points;
  });
  readonly #front = $derived.by(() => {
    const { position } = this.#session.player;
    const box = this.#boxAt(position);
    return box ? inFront(box, this.#othersAt(position)) : null;
  });
  /** For crops: two frames before and two after. */
  readonly neighbours = $derived.by(() => {
    const distance = Math.min(5, Math.max(1, Math.floor(this.#session.frames / 8)));
    return [-2, -1, 1, 2].map((step) => this.#session.player.position + step * distance);
  });
  /** Why the picture of the playhead cannot be had. */
  readonly failure = $derived.by(() => (void this.#session.picturesChanged, this.#session.pictures.failure(this.#session.player.position)));
  readonly isLate = $derived.by(() => this.drawn !== this.#session.player.position && this.failure === null);

  /** Call it while a component starts. */
  constructor(session: AnnotateSession, outside: StageOutside) {
    this.#session = session;
    this.#outside = outside;
    const { view } = outside;
    this.#boxes = outside.query('media.boxes', () => {
      const { frameIndex, mediaId } = session.detail;
      return session.hasFrames ? { mediaId, from: frameIndex[0]!, to: frameIndex[frameIndex.length - 1]! } : null;
    });
    $effect(() => outside.onfront(this.#front));
    const scheduler = outside.schedule(() => this.#draw());
    $effect(() => {
      void [session.player.position, session.picturesChanged, this.personHeight, this.frameSize, outside.theme(), this.#othersByFrame];
      void [view.boxes, view.path, view.close, this.person, this.around, this.neighbours];
      if (view.path) void session.visibility;
      scheduler.request();
    });
    $effect(() => () => scheduler.cancel());
  }

  #boxAt(position: number): Box | null {
    const { boxes } = this.#session.detail;
    return boxes ? boxOf(boxes, position) : null;
  }
  #othersAt(position: number): NamedBox[] {
    return this.#othersByFrame.get(this.#session.detail.frameIndex[position]!) ?? [];
  }

  #draw(): void {
    const session = this.#session;
    const { person, around, personWidth, personHeight, frameSize } = this;
    if (!person || personHeight === 0) return;
    const theme = this.#outside.theme();
    const { draw } = this.#outside;
    const { position } = session.player;
    const isResized = person.resize(personWidth, personHeight);
    const isAroundResized = around?.resize(frameSize.width, frameSize.height) ?? false;
    // Until the picture has come the one of before stays, and is drawn again only where resizing took it away.
    const shown = session.pictures.get(position) ? position : isResized || isAroundResized ? this.drawn : null;
    const picture = shown === null ? null : session.pictures.get(shown);
    if (picture && shown !== null) {
      const box = session.hasFrames ? this.#boxAt(shown) : null;
      const scale = draw.person(person.context, { theme, width: personWidth, height: personHeight, picture, box });
      if (box && around) this.#drawFrame(around, shown, box, picture);
      if (shown !== this.drawn || scale !== this.enlargement) {
        this.drawn = shown;
        this.enlargement = scale;
      }
      session.drawn(shown);
    } else if (session.pictures.state(position) === 'failed') {
      for (const surface of [person, around]) if (surface) draw.hole(surface.context, { theme, width: surface.width, height: surface.height });
      this.drawn = null;
      session.drawn(null);
    }
    if (!session.hasFrames && around) {
      const pictures = this.neighbours.map((at) => (at >= 0 && at < session.frames ? session.pictures.get(at) : null));
      draw.neighbours(around.context, { theme, ...frameSize, mostWidth: personHeight / 2, pictures });
    }
  }
  #drawFrame({ context }: Surface, position: number, box: Box, picture: ImageBitmap): void {
    const { view } = this.#outside;
    const others = this.#othersAt(position);
    this.#outside.draw.frame(context, {
      theme: this.#outside.theme(),
      ...this.frameSize,
      picture,
      me: { name: this.#session.detail.row.identity, box },
      others,
      front: inFront(box, others)?.name ?? null,
      showBoxes: view.boxes,
      path: view.path ? this.#path : null,
      position,
      values: this.#session.visibility.value,
      isClose: view.close,
    });
  }
}

/** The box of one row: x, y, width, height. */
function boxOf(all: Float32Array, row: number): Box {
  return { x: all[row * 4]!, y: all[row * 4 + 1]!, w: all[row * 4 + 2]!, h: all[row * 4 + 3]! };
}
