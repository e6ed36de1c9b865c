/**
 * Times a warm start on a project of 1,000 tracklets: the host process to its address line, and on to a page that shows its first rows.
 * The browser itself is running already, as a window or a tab of the user's is. Run: `node test/bench/start.ts [--page <built page>]`.
 * Exits with 1 when the bar is missed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHost } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';
import { figureOf, load, note, printFigures, quantile } from '../support/bench.ts';
import { fillProject } from '../support/bigProject.ts';
import { launchBrowser } from '../support/browser.ts';
import { startHostProcess } from '../support/hostProcess.ts';
import { makeCrops } from '../support/madeCrops.ts';
import { buildPage } from '../support/pageBuild.ts';
import { temporaryFolder } from '../support/project.ts';

// The page's side of what runs in it, as far as it is used here: these files are compiled without the browser's types.
interface PageElement {
  readonly complete: boolean;
  readonly naturalWidth: number;
}
declare const document: { querySelector(selector: string): PageElement | null; querySelectorAll(selector: string): Iterable<PageElement> };
declare const location: { hash: string };

const { values } = parseArgs({ options: { page: { type: 'string' } } });
const TRACKLETS = 1000;
const ROUNDS = 7;

using base = temporaryFolder();
const pageFolder = values.page ?? join(base.path, 'page');
if (!values.page) buildPage(pageFolder);
const project = join(base.path, 'project');
const crops = join(base.path, 'crops');
mkdirSync(crops);
const files = await makeCrops(crops, 64);
const filling = await openHost({ folder: project, create: { name: 'Start' }, log: openLog('silent') });
await fillProject(filling.context, { tracklets: TRACKLETS, identities: 50, cameras: 4, pictures: { root: crops, files } });
await filling.close();

const { browser, source } = await launchBrowser();
const toAddress: number[] = [];
const toRows: number[] = [];
const toPictures: number[] = [];
try {
  // The first round warms the disk's and the program's caches and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const startedAt = performance.now();
    const since = (): number => performance.now() - startedAt;
    const host = await startHostProcess(project, ['--page', pageFolder], { TRACKLET_HOME: join(base.path, 'home') });
    const address = since();
    await page.goto(host.url, { waitUntil: 'commit' });
    await page.evaluate(() => (location.hash = '#/tracklets'));
    await page.waitForFunction(() => document.querySelector('[role=gridcell][aria-label*="frames"]') !== null, null, { polling: 'raf' });
    const rows = since();
    await page.waitForFunction(() => [...document.querySelectorAll('[role=gridcell] img')].every((image) => image.complete && image.naturalWidth > 0), null, {
      polling: 'raf',
    });
    const pictures = since();
    await context.close();
    await host.stop();
    note(
      `${round === 0 ? 'warm-up' : `round ${round}`}: address ${address.toFixed(0)}, first rows ${rows.toFixed(0)}, their pictures ${pictures.toFixed(0)} ms; ${load()}`,
    );
    if (round === 0) continue;
    toAddress.push(address);
    toRows.push(rows);
    toPictures.push(pictures);
  }
} finally {
  await browser.close();
}
printFigures(
  [
    figureOf('host to its address, median', quantile(toAddress, 0.5), null),
    figureOf('start to first rows shown, median', quantile(toRows, 0.5), 2000),
    figureOf('start to first rows shown, worst', Math.max(...toRows), null),
    figureOf('start to pictures of the first rows, median', quantile(toPictures, 0.5), null),
  ],
  { tracklets: TRACKLETS, browser: source, rounds: ROUNDS },
);
