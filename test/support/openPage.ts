/** The page of a new project in a real browser, with tracklets and their pictures where they are asked for. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { fillProject, type BigProject } from './bigProject.ts';
import { launchBrowser, patientContext } from './browser.ts';
import { makeCrops } from './madeCrops.ts';
import { openTestProject, type TestProject } from './project.ts';

export interface OpenPageOptions {
  /** What the project has; the grid is shown then. Default: nothing. */
  fill?: Omit<BigProject, 'pictures'>;
  /** Different pictures, which the tracklets show in turn. */
  pictures?: number;
  viewport?: { width: number; height: number };
}

export interface OpenPage extends AsyncDisposable {
  project: TestProject;
  page: Page;
  /** Folder of the pictures, beside the project. */
  crops: string;
  /** Errors that the page did not catch. */
  complaints: string[];
  /** Another tab of the same browser. */
  another(): Promise<Page>;
}

export async function openPage({ fill, pictures = 16, viewport = { width: 1440, height: 900 } }: OpenPageOptions = {}): Promise<OpenPage> {
  const project = await openTestProject();
  const crops = join(project.folder, '..', 'crops');
  const complaints: string[] = [];
  let browser: Browser | null = null;
  async function close(): Promise<void> {
    await browser?.close();
    await project[Symbol.asyncDispose]();
  }
  try {
    if (fill) {
      mkdirSync(crops);
      await fillProject(project.host.context, { ...fill, pictures: { root: crops, files: await makeCrops(crops, pictures) } });
    }
    const { url } = await project.host.serve();
    ({ browser } = await launchBrowser());
    const context = await patientContext(browser, { viewport });
    const another = async (): Promise<Page> => {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(url);
      if (fill) await page.getByRole('gridcell').first().waitFor();
      return page;
    };
    return { project, page: await another(), crops, complaints, another, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
