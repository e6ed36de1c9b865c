/**
 * Times the grid of Tracklets at size, in a real browser against a real host process, on a page built from this working tree:
 * frames while the wheel turns, on random jumps and while the scroll bar is dragged; tasks that block; the last tracklet; each filter
 * from the address to its first rows drawn. Run: `node test/bench/grid.ts [tracklets] [--page <built page>] [--trace <file>]`.
 * Exits with 1 when a bar is missed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { openHost } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';
import { figureOf, load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';
import { fillProject } from '../support/bigProject.ts';
import { launchBrowser } from '../support/browser.ts';
import { startHostProcess } from '../support/hostProcess.ts';
import { makeCrops } from '../support/madeCrops.ts';
import { buildPage } from '../support/pageBuild.ts';
import { temporaryFolder } from '../support/project.ts';

// The page's side of what runs in it, as far as it is used here: these files are compiled without the browser's types.
interface PageElement {
  id: string;
  textContent: string | null;
  scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  readonly complete: boolean;
  readonly naturalWidth: number;
  getAttribute(name: string): string | null;
}
declare const document: { querySelector(selector: string): PageElement | null; querySelectorAll(selector: string): Iterable<PageElement> };
declare const location: { hash: string };
declare function requestAnimationFrame(callback: (at: number) => void): number;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { page: { type: 'string' }, trace: { type: 'string' } } });
const count = Number(positionals[0] ?? 100_000);
const ROUNDS = 3;
const WHEEL_STEPS = 120;
const JUMPS = 40;

using base = temporaryFolder();
const pageFolder = values.page ?? join(base.path, 'page');
if (!values.page) buildPage(pageFolder);
const project = join(base.path, 'project');
const crops = join(base.path, 'crops');
mkdirSync(crops);
const startedAt = performance.now();
const files = await makeCrops(crops, 256);
const filling = await openHost({ folder: project, create: { name: 'Grid' }, log: openLog('silent') });
await fillProject(filling.context, { tracklets: count, identities: Math.ceil(count / 20), cameras: 8, pictures: { root: crops, files } });
await filling.close();
note(`${count} tracklets made in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; ${load()}`);

const host = await startHostProcess(project, ['--page', pageFolder], { TRACKLET_HOME: join(base.path, 'home') });
const { browser, source } = await launchBrowser();
const figures: BenchFigure[] = [];
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(host.url);
  await page.goto(`${new URL(host.url).origin}/#/tracklets`);
  await page.getByRole('gridcell').first().waitFor();
  await settled(page);
  await page.evaluate(watch);
  const grid = page.getByRole('grid');
  const box = await grid.boundingBox();
  if (!box) throw new Error('The grid is not shown');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);

  if (values.trace)
    await browser.startTracing(page, {
      path: values.trace,
      categories: [
        'devtools.timeline',
        'disabled-by-default-devtools.timeline',
        'v8.execute',
        'disabled-by-default-v8.cpu_profiler',
        'blink.user_timing',
        'cc',
        'toplevel',
      ],
    });
  await moving(page, cdp, 'wheel, reading', 33, () => wheel(page, 60));
  await moving(page, cdp, 'wheel, fast', 33, () => wheel(page, 600));
  if (values.trace) await browser.stopTracing();
  await moving(page, cdp, 'scroll bar dragged', 33, () => drag(page));
  await moving(page, cdp, 'random jumps', null, () => jumps(page));

  await grid.focus();
  const reachedAt = performance.now();
  await page.keyboard.press('End');
  await page.waitForFunction((last) => document.querySelector(`[role=row][aria-rowindex="${last.row}"] [role=gridcell][aria-label*="frames"]`) !== null, {
    row: Number(await grid.getAttribute('aria-rowcount')),
  });
  figures.push(figureOf('End key to the last tracklet with its values', performance.now() - reachedAt, 300));
  const lastCell = await page.evaluate(() => [...document.querySelectorAll('[role=gridcell]')].at(-1)?.getAttribute('aria-label') ?? '');
  note(`last cell: ${lastCell}`);

  for (const [name, query] of [
    ['a split', 'split=query'],
    ['hidden share 50–100 %', 'hidden=50-100'],
    ['two cameras and an occluder', 'camera=1,3&occluder=person'],
    ['text', 'text=42'],
    ['reviewed', 'review=reviewed'],
    ['length', 'length=20-80'],
    ['everything, most hidden first', 'sort=hiddenDesc'],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      if (page.url().includes('?')) await filtered(page, '');
      times.push(await filtered(page, query));
    }
    note(`filter ${name}: ${times.map((time) => Math.round(time)).join(' ')} ms`);
    figures.push(figureOf(`filter by ${name}, median of 5`, quantile(times, 0.5), 300));
  }
} finally {
  await browser.close();
  await host.stop();
}
printFigures(figures, { tracklets: count, browser: source });

/** Runs in the page: keeps times of frames and of tasks that block. */
function watch(): void {
  const kept = { frames: [] as number[], tasks: [] as { at: number; ms: number }[], isOn: false };
  Object.assign(globalThis, { kept });
  const tick = (at: number): void => {
    if (kept.isOn) kept.frames.push(at);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (kept.isOn) kept.tasks.push({ at: entry.startTime, ms: entry.duration });
  }).observe({ entryTypes: ['longtask' as never] });
}

/** Other programs' work only adds to these times, so each is measured in several rounds and the middle one counts; every round scrolls on into rows never shown. */
async function moving(page: Page, cdp: CDPSession, name: string, bar: number | null, work: () => Promise<void>): Promise<void> {
  const p95: number[] = [];
  const longest: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await cpuOf(cdp);
    await page.evaluate(() => {
      const { kept } = globalThis as unknown as { kept: { frames: number[]; tasks: unknown[]; isOn: boolean } };
      Object.assign(kept, { frames: [], tasks: [], isOn: true });
    });
    await work();
    const { gaps, tasks } = await page.evaluate(() => {
      const { kept } = globalThis as unknown as { kept: { frames: number[]; tasks: { ms: number }[]; isOn: boolean } };
      kept.isOn = false;
      return { gaps: kept.frames.slice(1).map((at, i) => at - (kept.frames[i] ?? at)), tasks: kept.tasks.map(({ ms }) => ms) };
    });
    const after = await cpuOf(cdp);
    const each = (key: keyof typeof after): number => (1000 * (after[key] - before[key])) / Math.max(1, gaps.length);
    const worst = Math.max(0, ...tasks);
    note(
      `${name}: ${gaps.length} frames, median ${quantile(gaps, 0.5).toFixed(1)}, p95 ${quantile(gaps, 0.95).toFixed(1)}, p99 ${quantile(gaps, 0.99).toFixed(1)}, worst ${Math.max(0, ...gaps).toFixed(1)} ms; CPU a frame: all ${each('TaskDuration').toFixed(2)}, script ${each('ScriptDuration').toFixed(2)}, style ${each('RecalcStyleDuration').toFixed(2)}, layout ${each('LayoutDuration').toFixed(2)} ms; tasks over 50 ms ${tasks.length}, worst ${worst} ms; ${load()}`,
    );
    p95.push(quantile(gaps, 0.95));
    longest.push(worst);
    cpu.push(each('TaskDuration'));
    await settled(page);
  }
  figures.push(figureOf(`frame while scrolling, ${name}, p95`, quantile(p95, 0.5), bar));
  figures.push(figureOf(`longest task, ${name}`, quantile(longest, 0.5), 100));
  figures.push(figureOf(`main thread's CPU a frame, ${name}`, quantile(cpu, 0.5), null));
}

async function cpuOf(cdp: CDPSession): Promise<Record<'TaskDuration' | 'ScriptDuration' | 'LayoutDuration' | 'RecalcStyleDuration', number>> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.value])) as never;
}

async function wheel(page: Page, delta: number): Promise<void> {
  for (let step = 0; step < WHEEL_STEPS; step++) {
    const begunAt = performance.now();
    await page.mouse.wheel(0, delta);
    await page.waitForTimeout(Math.max(0, 16 - (performance.now() - begunAt)));
  }
}

async function drag(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const grid = document.querySelector('[role=grid]');
    if (!grid) return;
    const whole = grid.scrollHeight - grid.clientHeight;
    for (let step = 0; step <= 180; step++) {
      grid.scrollTop = whole * (0.5 - 0.5 * Math.cos((step / 180) * 2 * Math.PI));
      await new Promise(requestAnimationFrame);
    }
  });
}

async function jumps(page: Page): Promise<void> {
  await page.evaluate(async (times) => {
    const grid = document.querySelector('[role=grid]');
    if (!grid) return;
    let state = 5;
    for (let jump = 0; jump < times; jump++) {
      state = (state * 48271) % 2147483647;
      grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * (state / 2147483647);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }, JUMPS);
}

/** Every cell in view has its values and its picture. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('[role=gridcell]')];
    const images = [...document.querySelectorAll('[role=gridcell] img')];
    return cells.length > 0 && cells.every((cell) => cell.getAttribute('aria-label') !== 'Loading') && images.every((image) => image.complete);
  });
  await page.waitForTimeout(300);
}

/** From the changed address to the frame after the first screen of its rows is there. */
async function filtered(page: Page, query: string): Promise<number> {
  const ms = await page.evaluate(async (wanted) => {
    const title = (): string => `${document.querySelector('main h1')?.textContent} ${document.querySelector('[role=gridcell]')?.id}`;
    const before = title();
    const start = performance.now();
    location.hash = `#/tracklets${wanted === '' ? '' : `?${wanted}`}`;
    for (;;) {
      await new Promise(requestAnimationFrame);
      const cells = [...document.querySelectorAll('[role=gridcell]')];
      if (title() !== before && cells.length > 0 && cells.every((cell) => cell.getAttribute('aria-label') !== 'Loading')) break;
      if (performance.now() - start > 5000) return NaN;
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - start;
  }, query);
  if (Number.isNaN(ms)) throw new Error(`The grid did not change on "${query}"`);
  await settled(page);
  return ms;
}
