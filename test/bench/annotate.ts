/**
 * Times the hand's waits in Annotate on real video, in a real browser against a real host: key press to the frame drawn, to the painted
 * lane drawn, to the value on disk. Run: `node test/bench/annotate.ts [folder of a built page]` after a build.
 * Durable is the host's own time of the commit (one machine, one clock); acknowledged is when the page has its answer, without a bar.
 * Every wait runs from the key event's own time stamp to the end of the drawing that shows it (what remains is the screen's refresh).
 * Prints one JSON document as its last line, notes on standard error. Exits with 1 when a bar is missed.
 */
import { tmpdir } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { userPaths } from '../../src-main/platform/paths.ts';
import { figureOf, load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';
import { launchBrowser } from '../support/browser.ts';
import { openTestProject } from '../support/project.ts';

const SAMPLE = fileURLToPath(new URL('../../datasets/samples/pets09-s2l1', import.meta.url));
const KEY_REPEAT_MS = 33;

await using project = await openTestProject({
  validateOutputs: false,
  ...(process.argv[2] ? { pageFolder: process.argv[2] } : {}),
  paths: { home: mkdtempSync(join(tmpdir(), 'tracklet-bench-')), provisioned: userPaths().provisioned },
});
const client = project.host.client();
const { jobId } = await client.call('imports.start', { path: SAMPLE, importer: null, options: {}, name: null });
await project.host.context.jobs.wait(jobId);
const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'lengthDesc' });
const id = ids[0];
if (id === undefined) throw new Error('The sample import made no tracklets');
const { row } = await client.call('tracklets.get', { id });

const server = await project.host.serve();
const { browser, source } = await launchBrowser();
const figures: BenchFigure[] = [];
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(server.url);
  await page.goto(`${new URL(server.url).origin}/#/annotate/${id}`);
  await page.getByTestId('frame-drawn').waitFor();
  await page.evaluate(() => {
    const kept: Record<string, number[]> = {};
    Object.assign(globalThis, { kept });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) (kept[entry.name] ??= []).push(entry.duration);
    }).observe({ entryTypes: ['measure'] });
  });

  const steps = Math.min(150, row.frames - 1);
  await hold(page, 'ArrowRight', steps);
  figures.push(figure('frame step, forward at key repeat', await take(page, 'annotate.step'), 0.95, 33));
  await page.keyboard.press('End');
  await drawn(page, row.frames);
  await take(page, 'annotate.step');
  await hold(page, 'ArrowLeft', steps);
  figures.push(figure('frame step, backward at key repeat', await take(page, 'annotate.step'), 0.95, 33));
  await page.keyboard.press('Home');
  await drawn(page, 1);
  await take(page, 'annotate.step');
  await take(page, 'annotate.paint');
  await take(page, 'annotate.durable');
  await take(page, 'annotate.acknowledged');
  for (let i = 0; i < 150; i++) {
    await page.keyboard.press(String(i % 10));
    await page.waitForTimeout(20);
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(20);
  }
  await page.waitForTimeout(500);
  figures.push(figure('key to painted lane', await take(page, 'annotate.paint'), 0.95, 33));
  figures.push(figure('key to durable', await take(page, 'annotate.durable'), 0.99, 50));
  figures.push(figure('key to answer in the page', await take(page, 'annotate.acknowledged'), 0.99, null));
  const values = await client.call('annotations.get', { trackletId: id });
  const painted = values.filter((value) => value.field === 'visibility').reduce((sum, value) => sum + value.end - value.start + 1, 0);
  if (painted !== Math.min(150, row.frames)) throw new Error(`150 frames were painted, ${painted} are on disk`);
} finally {
  await browser.close();
}
printFigures(figures, { tracklet: { frames: row.frames }, browser: source });

/** Presses at the rate of a held key. */
async function hold(page: Page, key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    await page.keyboard.press(key);
    await page.waitForTimeout(Math.max(0, KEY_REPEAT_MS - (performance.now() - startedAt)));
  }
  await page.waitForTimeout(300);
}

async function drawn(page: Page, frame: number): Promise<void> {
  await page.getByTestId('frame-drawn').getByText(`Frame ${frame}`, { exact: true }).waitFor();
  await page.waitForTimeout(500);
}

async function take(page: Page, name: string): Promise<number[]> {
  return page.evaluate((wanted) => {
    const { kept } = globalThis as unknown as { kept: Record<string, number[]> };
    return kept[wanted]?.splice(0) ?? [];
  }, name);
}

function figure(name: string, times: number[], share: 0.95 | 0.99, bar: number | null): BenchFigure {
  const at = (wanted: number): string => quantile(times, wanted).toFixed(1);
  note(`${name}: ${times.length} times, median ${at(0.5)} ms, p95 ${at(0.95)}, p99 ${at(0.99)}, worst ${at(1)}; ${load()}`);
  return figureOf(`${name}, p${share * 100}`, quantile(times, share), bar);
}
