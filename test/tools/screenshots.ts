/**
 * Makes the pictures of the README from a finished sample project: `node scripts/screenshots.mjs [project]`. Works on a copy, since it paints
 * a few values to show; writes docs/screenshots/<view>-<theme>.png at 1440 × 900.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../support/browser.ts';
import { startHostProcess } from '../support/hostProcess.ts';
import { ownHome } from '../support/ownHome.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const project = resolve(process.argv[2] ?? join(root, 'sample-project'));
const target = join(root, 'docs', 'screenshots');

const copy = await mkdtemp(join(tmpdir(), 'tracklet-pictures-'));
const folder = join(copy, 'Occlusion study');
await cp(project, folder, { recursive: true });
await mkdir(target, { recursive: true });
const host = await startHostProcess(folder, [], await ownHome(copy));
const { browser } = await launchBrowser();
try {
  await paint();
  for (const theme of ['dark', 'light'] as const) await pictures(theme);
} finally {
  await browser.close();
  await host.stop();
  await rm(copy, { recursive: true, force: true });
}

async function open(theme: 'dark' | 'light'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: theme })).newPage();
  await page.goto(host.url);
  return page;
}

/** The third person of the real video, whom another one hides for a while: marked by hand, as a user would. */
async function paint(): Promise<void> {
  const page = await open('dark');
  await go(page, '/tracklets?text=0003&dataset=1');
  await page.getByRole('gridcell').first().click();
  await page.keyboard.press('Enter');
  await page.waitForURL(/annotate/);
  await page.getByText('frames without a value').waitFor();
  // A digit paints what is on the screen.
  const shown = async () => {
    const position = await page.getByTestId('position').locator('b').innerText();
    await page.getByTestId('frame-drawn').getByText(`Frame ${position}`, { exact: true }).waitFor();
  };
  for (const [value, frames] of [
    ['0', 23],
    ['2', 2],
    ['4', 2],
    ['5', 3],
    ['7', 5],
    ['6', 5],
  ] as const) {
    await shown();
    await page.keyboard.down(value);
    for (let frame = 1; frame < frames; frame++) {
      await page.keyboard.press('ArrowRight');
      await shown();
    }
    await page.keyboard.up(value);
    await page.keyboard.press('ArrowRight');
  }
  await page.getByText(/All changes saved/).waitFor();
  await page.context().close();
}

async function pictures(theme: 'dark' | 'light'): Promise<void> {
  const page = await open(theme);
  await shoot(page, theme, 'tracklets', '/tracklets');
  await go(page, '/tracklets?text=0003&dataset=1');
  await page.getByRole('gridcell').first().click();
  await page.keyboard.press('Enter');
  await page.waitForURL(/annotate/);
  await page.waitForTimeout(500);
  for (let frame = 0; frame < 32; frame++) await page.keyboard.press('ArrowRight');
  await shoot(page, theme, 'annotate', null);
  await shoot(page, theme, 'runs', '/runs');
  await shoot(page, theme, 'compare', '/compare');
  await shoot(page, theme, 'datasets', '/datasets/2');
  await page.context().close();
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(new URL(`#${path}`, page.url()).href);
  await page.waitForTimeout(1200);
}

async function shoot(page: Page, theme: string, view: string, path: string | null): Promise<void> {
  if (path !== null) await go(page, path);
  await page.waitForTimeout(2000);
  const picture = await page.screenshot();
  await sharp(picture)
    .png({ palette: true, quality: 90, compressionLevel: 9 })
    .toFile(join(target, `${view}-${theme}.png`));
  process.stderr.write(`${view}-${theme}.png\n`);
}
