/**
 * What a person must be able to read of runs and queries in narrow columns: names that differ at their end alone, the legend of a chart, and
 * how many frames have a value where too few have one. A real browser over real evaluations.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendMetrics } from '../../src-main/features/runs/metricsFile.ts';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

const NAMES = ['resnet-temporal-average-pooling-small-seed1', 'resnet-temporal-average-pooling-small-seed2'];
const SIZES = [
  [1440, 900],
  [1024, 768],
] as const;

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await evaluatedProject();
  for (const name of NAMES) {
    await project.addRun(name, (id) => angle(Math.ceil(id / 2) * 20));
    await project.evaluate(name);
    await mkdir(join(project.folder, 'runs', name), { recursive: true });
    const one = (value: number) => Float32Array.of(value, value / 2);
    await appendMetrics(join(project.folder, 'runs', name, 'metrics.jsonl'), {
      step: Int32Array.of(1, 2),
      epoch: Int32Array.of(0, 0),
      seconds: Float32Array.of(1, 2),
      series: {
        loss: one(123.45),
        'loss/identity': one(97.5),
        'loss/triplet': one(0.1234),
        imagesPerSecond: one(1234),
        loaderShare: one(0.5),
        learningRate: one(0.0003),
      },
    });
  }
  // Of the six frames of the query one has a value.
  await project.client.call('annotations.apply', {
    label: 'paint',
    edits: [
      { trackletId: 9, field: 'visibility', start: 0, end: 5, value: null },
      { trackletId: 9, field: 'visibility', start: 0, end: 0, value: 9 },
    ],
  });
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

async function show(path: string, sign: Locator): Promise<void> {
  await goTo(page, path);
  await sign.first().waitFor();
}

/** Of the texts of these elements what is drawn: not cut by a box around them, nor given an ellipsis. */
function seen(elements: Locator): Promise<string[]> {
  return elements.evaluateAll((list: unknown[]) =>
    (list as { getClientRects(): unknown[] }[]).map((element) => {
      /* eslint-disable -- inside the page, where the types of the Node side do not hold */
      const { document, getComputedStyle } = globalThis as any;
      let text = '';
      const walker = document.createTreeWalker(element, 4);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.parentElement.closest('.sr')) continue;
        for (let i = 0; i < node.data.length; i++) {
          const range = document.createRange();
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          const box = range.getBoundingClientRect();
          let isSeen = box.width > 0;
          for (let parent = node.parentElement; isSeen && parent; parent = parent.parentElement) {
            const style = getComputedStyle(parent);
            if (style.overflowX === 'visible') continue;
            const around = parent.getBoundingClientRect();
            const dots = style.textOverflow === 'ellipsis' && parent.scrollWidth > parent.clientWidth ? 14 : 0;
            isSeen = box.right <= around.right - dots + 1 && box.left >= around.left - 1 && box.bottom <= around.bottom + 2;
          }
          if (isSeen) text += node.data[i];
        }
      }
      return text.replace(/\s+/g, ' ').trim();
      /* eslint-enable */
    }),
  );
}

it.each(SIZES)('names of runs can be told apart wherever they stand, at %i × %i', async (width, height) => {
  await page.setViewportSize({ width, height });
  await show('/compare', page.getByRole('rowheader'));
  for (const place of ['.msel .m', '.results .who', '.aps > div > :nth-child(2)', '.ranks .mh .n']) {
    const names = await seen(page.locator(place));
    expect(names.map((name) => /seed[12]$|seed[12] ref$/.exec(name.replace(/ref$/, ''))?.[0]).sort(), `${place}: ${names.join(' | ')}`).toEqual([
      'seed1',
      'seed2',
    ]);
  }
  expect(await page.locator('.ranks .mh .n [title]').evaluateAll((list) => list.map((one) => (one as unknown as { title: string }).title))).toEqual(
    expect.arrayContaining(NAMES.map((name) => `${name} (resnet-tap)`)),
  );
  await show('/runs', page.locator('table.runs tbody tr'));
  const listed = await seen(page.locator('table.runs .who > div > :first-child'));
  expect(listed.map((name) => name.slice(-5)).sort()).toEqual(['seed1', 'seed2']);
  // A space at the end of a line is not drawn.
  const words = 'Tiny, Market protocol, cosine distance, 4 queries in a gallery of 4';
  expect((await seen(page.locator('.ask .words'))).map((text) => text.replace(/\s/g, ''))).toEqual([words.replace(/\s/g, '')]);
});

it.each(SIZES)('the legend of every chart of a run is whole, at %i × %i', async (width, height) => {
  await page.setViewportSize({ width, height });
  await show(`/runs/${NAMES[0]}`, page.locator('figcaption b'));
  const whole = await page
    .locator('.cur figcaption')
    .evaluateAll((list) => list.map((one) => (one as unknown as { textContent: string }).textContent.replace(/\s+/g, ' ').trim()));
  const drawn = await seen(page.locator('.cur figcaption'));
  expect(drawn.map((text) => text.replace(/\s/g, ''))).toEqual(whole.map((text) => text.replace(/\s/g, '')));
  expect(drawn.join(' ')).toMatch(/identity.*triplet.*total.*lost to loader.*images.*done.*planned/);
});

it.each(SIZES)('a share of too few frames is not told as one, in list and inspector alike, at %i × %i', async (width, height) => {
  await page.setViewportSize({ width, height });
  await show('/compare?q=9', page.getByRole('option', { name: /of 1 of 6 frames/ }));
  await page.getByRole('option', { name: /of 1 of 6 frames/ }).click();
  expect(await seen(page.locator('.qlist .q.is-sel small'))).toEqual(['1 of 6 valued']);
  expect((await seen(page.locator('.qinfo dd'))).some((text) => text.startsWith('1 of 6 valued'))).toBe(true);
  // Of those with enough it is.
  expect((await seen(page.locator('.qlist .q:not(.is-sel) small'))).every((text) => /^\d+ %$/.test(text))).toBe(true);
});

it('a search that leaves no query says so; nothing is drawn of it', async () => {
  await show('/compare', page.getByRole('rowheader'));
  await page.getByPlaceholder('Identity, camera').fill('nobody');
  await page.getByText('No valid query is left by the filters').waitFor();
  expect(
    await page.locator('svg').evaluateAll((list) => list.filter((one) => (one as unknown as { outerHTML: string }).outerHTML.includes('NaN')).length),
  ).toBe(0);
});
