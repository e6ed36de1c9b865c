/**
 * The film strip of the timeline: sheets of crops fetched for what is in sight, a new set where zoom, height or the tracklet's pictures change.
 * Test: test/renderer/annotate/timeline.svelte.test.ts.
 */
import { Pictures } from '../../canvas/pictures.ts';
import type { TimelineLayout } from '../../canvas/timelineLayout.ts';
import { sheetUrl } from '../../lib/media.ts';
import type { AnnotateSession } from './session.svelte.ts';

const SHEET_CROPS = 48;
const SHEET_BUDGET = 48 * 1024 * 1024;
/** Sheets are made in few heights, so that a window that grows by a pixel asks for none. */
const HEIGHT_STEP = 24;
const MOST_HEIGHT = 320;

export interface StripOutside {
  load(url: string, signal: AbortSignal): Promise<ImageBitmap>;
  /** Pixels of the screen in one of CSS. */
  scale(): number;
}

export class FilmStrip {
  readonly #session: AnnotateSession;
  readonly #layout: () => TimelineLayout;
  readonly #outside: StripOutside;
  /** Grows with every sheet that comes. */
  changed = $state(0);

  readonly #every = $derived.by(() => this.#layout().strip.every);
  readonly #height = $derived.by(() => Math.min(MOST_HEIGHT, Math.ceil((this.#layout().strip.cropHeight * this.#outside.scale()) / HEIGHT_STEP) * HEIGHT_STEP));
  /** One for every 48 crops; others where they are of other crops. */
  readonly sheets = $derived.by(() => {
    const { id, frames, detail } = this.#session;
    const [k, height, { stamp }] = [this.#every, this.#height, detail.row];
    return new Pictures<ImageBitmap>({
      load: (sheet, signal) => {
        const from = sheet * SHEET_CROPS * k;
        return this.#outside.load(sheetUrl(id, from, Math.min(frames - 1, from + (SHEET_CROPS - 1) * k), k, height, stamp), signal);
      },
      budgetBytes: SHEET_BUDGET,
      parallel: 2,
      onChange: () => (this.changed += 1),
    });
  });

  /** Call it while a component starts. */
  constructor(session: AnnotateSession, layout: () => TimelineLayout, outside: StripOutside) {
    this.#session = session;
    this.#layout = layout;
    this.#outside = outside;
    $effect(() => {
      const mine = this.sheets;
      return () => mine.close();
    });
    $effect(() => {
      const shown = layout();
      const perSheet = SHEET_CROPS * this.#every;
      const first = Math.floor(shown.scroll / shown.frameWidth / perSheet);
      const last = Math.floor(Math.min(shown.frames - 1, (shown.scroll + shown.width) / shown.frameWidth) / perSheet);
      this.sheets.want(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    });
  }

  /** Draws the crop of a cell of the strip; false when it is not there yet. */
  readonly drawCrop = (context: CanvasRenderingContext2D, position: number, x: number, y: number, cropWidth: number, cropHeight: number): boolean => {
    const index = position / this.#every;
    const sheet = this.sheets.get(Math.floor(index / SHEET_CROPS));
    if (!sheet) return false;
    const crop = sheet.height / 2;
    context.imageSmoothingQuality = 'medium';
    context.drawImage(sheet, (index % SHEET_CROPS) * crop, 0, crop, sheet.height, x, y, cropWidth, cropHeight);
    return true;
  };
}
