/** Lines of a log in a real browser: long ones break where the panel ends, or are scrolled to when that is switched off; the keys scroll the log. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;
let log: Locator;

const LONG = `loaded ${Array.from({ length: 60 }, (_, i) => `folder-of-some-length-${i}`).join('/')}/the-end.pth`;
const LINES = [
  ...Array.from({ length: 300 }, (_, i) => ({ at: i * 1000, level: 'info', text: `step ${i} of 300` })),
  { at: 300_000, level: 'warn', text: `${LONG} was passed over` },
  { at: 301_000, level: 'error', text: 'x'.repeat(997) },
  { at: 302_000, level: 'info', text: '人物が隠れている'.repeat(40) },
  { at: 303_000, level: 'info', text: 'one line\n    and what stands below it' },
  { at: 303_500, level: 'info', text: Array.from({ length: 90 }, (_, i) => `loss ${(1 + i / 977).toFixed(6)}`).join(' ') },
  { at: 304_000, level: 'info', text: 'the last line' },
];

beforeAll(async () => {
  project = await evaluatedProject();
  for (const id of ['one', 'two']) await project.addRun(id, (tracklet) => angle(Math.ceil(tracklet / 2) * 20));
  writeFileSync(join(project.folder, 'runs', 'one', 'log.jsonl'), LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1280, height: 720 } })).newPage();
  await page.goto(url);
  await goTo(page, '/runs/one');
  log = page.getByRole('region', { name: 'Run one' }).getByRole('log');
  await log.getByText('the last line').waitFor();
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

interface Drawn {
  text: string;
  /** Of its box. */
  top: number;
  bottom: number;
  /** Of what is written in it. */
  textBottom: number;
  textRight: number;
}

/** The lines that are in the page, with where they and their letters stand; and the box around them. */
function drawn(): Promise<{ lines: Drawn[]; right: number; wide: number; left: number }> {
  return log.evaluate((box: unknown) => {
    /* eslint-disable -- inside the page, where the types of the Node side do not hold */
    const { document } = globalThis as any;
    const of = box as any;
    const around = of.getBoundingClientRect();
    const lines = [...of.querySelectorAll('.all .line')].map((line: any) => {
      const range = document.createRange();
      range.selectNodeContents(line);
      const rects = [...range.getClientRects()];
      const { top, bottom } = line.getBoundingClientRect();
      return {
        text: line.textContent.trim(),
        top,
        bottom,
        textBottom: Math.max(...rects.map((rect: any) => rect.bottom)),
        textRight: Math.max(...rects.map((rect: any) => rect.right)),
      };
    });
    return { lines, right: around.left + of.clientWidth, wide: of.scrollWidth - of.clientWidth, left: of.scrollLeft };
    /* eslint-enable */
  });
}

it.each([
  [1280, 720],
  [1440, 900],
  [1024, 768],
])('long lines break where the panel ends and stand in rows of their own, at %i × %i', async (width, height) => {
  await page.setViewportSize({ width, height });
  await log.getByText('the last line').waitFor();
  await expect.poll(async () => (await drawn()).wide).toBe(0);
  const { lines, right } = await drawn();
  const long = lines.find(({ text }) => text.includes(LONG));
  expect(long?.text).toMatch(/^\d\d:\d\d:\d\dwarning loaded .* was passed over$/);
  expect(lines.filter(({ textRight }) => textRight > right + 1)).toEqual([]);
  for (const [i, line] of lines.entries()) {
    expect(line.textBottom, line.text.slice(0, 60)).toBeLessThanOrEqual(line.bottom + 3);
    if (i > 0) expect(line.top).toBeCloseTo(lines[i - 1]!.bottom, 0);
  }
  expect((long!.bottom - long!.top) / 17).toBeGreaterThan(5);
});

it('no number is divided, and each row that was reckoned is one that is drawn', async () => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await expect.poll(async () => (await drawn()).wide).toBe(0);
  const rows = await log.evaluate((of: unknown) => {
    /* eslint-disable -- inside the page */
    const line = [...(of as any).querySelectorAll('.all .line')].find((one: any) => one.textContent.includes('loss 1.000000'));
    return [...line.querySelectorAll('.row')].map((row: any) => ({
      text: row.textContent,
      boxes: row.getClientRects().length,
      top: row.getBoundingClientRect().top,
    }));
    /* eslint-enable */
  });
  expect(rows.length).toBeGreaterThan(5);
  for (const [i, { text, boxes, top }] of rows.entries()) {
    expect(text).toMatch(/^(loss |\d\.\d{6} )?(loss \d\.\d{6} ?)*(loss )?$/);
    expect([boxes, Math.round(top - rows[0]!.top)]).toEqual([1, i * 17]);
  }
});

it('the keys scroll the log when it has the focus, and leave the run that is shown', async () => {
  const top = () => log.evaluate((box) => (box as unknown as { scrollTop: number }).scrollTop);
  await log.focus();
  await page.keyboard.press('Home');
  await log.getByText('step 0 of 300').waitFor();
  await expect.poll(top).toBe(0);
  await page.keyboard.press('ArrowDown');
  await expect.poll(top).toBeGreaterThan(0);
  await page.getByRole('heading', { name: 'one', exact: true }).waitFor();
  expect(await page.evaluate(() => (globalThis as unknown as { location: { hash: string } }).location.hash)).toMatch(/^#\/runs\/one/);
  await page.keyboard.press('End');
  await log.getByText('the last line').waitFor();
});

it('a word in the middle of a long line is found where it stands', async () => {
  await log.focus();
  await page.keyboard.press('/');
  await page.getByLabel('Find in the log').fill('the-end.pth');
  await page.getByText('1 of 1', { exact: true }).waitFor();
  const { row, box } = await log.evaluate((of: unknown) => {
    /* eslint-disable -- inside the page */
    const { document } = globalThis as any;
    const hit = (of as any).querySelector('.is-hit');
    // Its first letter: the word may go on in the next row.
    const at = hit.textContent.indexOf('the-end');
    let before = 0;
    const texts = document.createTreeWalker(hit, 4);
    let node = texts.nextNode();
    while (before + node.data.length <= at) {
      before += node.data.length;
      node = texts.nextNode();
    }
    const range = document.createRange();
    range.setStart(node, at - before);
    range.setEnd(node, at - before + 1);
    const { top, bottom } = range.getBoundingClientRect();
    const around = (of as any).getBoundingClientRect();
    return { row: { top, bottom }, box: { top: around.top, bottom: around.bottom } };
    /* eslint-enable */
  });
  expect(row.top).toBeGreaterThanOrEqual(box.top);
  expect(row.bottom).toBeLessThanOrEqual(box.bottom);
  await page.keyboard.press('Escape');
});

it('without breaks a line is scrolled to by the keys, also after a reload', async () => {
  await page.getByRole('button', { name: 'Wrap' }).click();
  await expect.poll(async () => (await drawn()).wide).toBeGreaterThan(1000);
  await log.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await drawn()).left).toBeGreaterThan(0);
  await page.reload();
  await log.getByText('the last line').waitFor();
  expect(await page.getByRole('button', { name: 'Wrap' }).getAttribute('aria-pressed')).toBe('false');
  await page.getByRole('button', { name: 'Wrap' }).click();
  await expect.poll(async () => (await drawn()).wide).toBe(0);
});
