/**
 * By the Tab key through every view, in both themes: each control that has the focus shows it. Its outline or shadow, or that of what stands for it (the
 * drawn box of a check box, the field around a list, the current cell of a grid), is there with the focus and not without. A real browser.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await evaluatedProject();
  for (const id of ['one', 'two']) {
    await project.addRun(id, (tracklet) => angle(Math.ceil(tracklet / 2) * (id === 'one' ? 20 : 5)));
    await project.evaluate(id);
  }
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  await page.getByRole('gridcell').first().waitFor();
  await page.evaluate(`(${inPage.toString()})()`);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

/* eslint-disable -- it is sent to the page as text, where the types of the Node side do not hold */
function inPage(): void {
  const { document, getComputedStyle } = globalThis as any;
  const seen = new Set<any>();
  /** What may show that it has the focus: itself, what is drawn in its place beside or around it, and the current one of what it holds. */
  const standIns = (element: any): any[] => {
    const active = element.getAttribute('aria-activedescendant');
    const current = active ? document.getElementById(active) : null;
    return [
      element,
      element.parentElement,
      element.nextElementSibling,
      element.previousElementSibling,
      ...element.children,
      current,
      ...(current?.children ?? []),
    ].filter(Boolean);
  };
  const look = (element: any): string[] =>
    standIns(element).flatMap((one) =>
      [null, '::before', '::after'].map((pseudo) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(one, pseudo);
        const outline =
          outlineStyle === 'none' || outlineWidth === '0px' || /, 0\)$|transparent/.test(outlineColor) ? '' : `${outlineStyle} ${outlineWidth} ${outlineColor}`;
        return `${outline}|${boxShadow === 'none' ? '' : boxShadow}`;
      }),
    );
  const name = (element: any): string =>
    `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${(element.getAttribute('aria-label') ?? element.innerText ?? '').trim().slice(0, 40)}"`;
  (globalThis as any).focusRing = {
    reset: () => seen.clear(),
    /** null: the end of the page, from where Tab goes on at its start; 'round': there before. */
    now: () => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      if (seen.has(element)) return 'round';
      seen.add(element);
      const withFocus = look(element);
      element.blur();
      const without = look(element);
      element.focus({ preventScroll: true });
      const gained = withFocus.some((one: string, i: number) => one !== without[i] && one.replace('|', '') !== '');
      return { name: name(element), isShown: gained };
    },
  };
}
/* eslint-enable */

describe.each(['dark', 'light'] as const)('%s', (colorScheme) => {
  it.each([
    ['tracklets', '[role="gridcell"]', 20],
    ['annotate/1', '[data-testid="frame-drawn"]', 20],
    ['runs/one', 'table.runs .is-sel', 25],
    ['compare?q=9', '.rc', 15],
    ['datasets/1', '.bars a', 10],
    ['jobs', 'table.jobs .is-sel', 15],
  ])('%s', async (view, sign, atLeast) => {
    await page.emulateMedia({ colorScheme });
    await goTo(page, `/${view}`);
    await page.locator(sign).first().waitFor();
    // The lanes of Annotate take the focus when they are there.
    if (view.startsWith('annotate')) await page.locator('.lanes:focus').waitFor();
    await page.evaluate(`focusRing.reset(); document.querySelector('header button, .top button').focus();`);
    const controls: string[] = [];
    const without: string[] = [];
    for (let press = 0; press < 250; press++) {
      // On the lanes of Annotate the Tab key goes to the next tracklet; from there as from any panel F6 goes on.
      const isOnLanes = controls.at(-1)?.startsWith('div.lanes') ?? false;
      await page.keyboard.press(isOnLanes ? 'F6' : 'Tab');
      const found = (await page.evaluate('focusRing.now()')) as { name: string; isShown: boolean } | 'round' | null;
      if (found === 'round') break;
      if (found === null) continue;
      controls.push(found.name);
      if (!found.isShown) without.push(found.name);
    }
    expect(without).toEqual([]);
    // It went through the view, not only through the bar above.
    expect(controls.length, controls.join('\n')).toBeGreaterThanOrEqual(atLeast);
  });
});

it('would notice one that is not there', async () => {
  await page.evaluate(`
    const hidden = new CSSStyleSheet();
    hidden.replaceSync(':focus-visible { box-shadow: none !important; outline: none !important; }');
    document.adoptedStyleSheets = [hidden];
    focusRing.reset();
    document.querySelector('header button, .top button').focus();
  `);
  await page.keyboard.press('Tab');
  expect(await page.evaluate('focusRing.now()')).toMatchObject({ isShown: false });
});
