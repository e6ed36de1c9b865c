/**
 * A project that is open for looking only, in a real browser: whatever is enabled there, pressed, clicked or dragged, sends no call that the
 * project would refuse. What is sent is read from the wire, and the contract says what would be refused; no list of buttons is kept here.
 */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changesProject, type CallName } from '../../src-shared/contract/index.ts';
import { decodeFrame } from '../../src-shared/frames.ts';
import keys from '../../src-shared/keys.json' with { type: 'json' };
import { openHost, type Host } from '../../src-main/host/host.ts';
import { angle, evaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

const REASON = 'Open for looking only, because its disk is read-only';
const VIEWS = ['tracklets', 'annotate/9', 'runs', 'compare', 'datasets/1', 'jobs'] as const;

let folder = '';
let host: Host;
let browser: Browser;
let page: Page;
/** Calls that were sent and would be refused. */
const sent: CallName[] = [];

beforeAll(async () => {
  const made = await evaluatedProject();
  folder = made.folder;
  for (const name of ['one', 'two', 'three']) await made.addRun(name, (id) => angle(Math.ceil(id / 2) * 20));
  for (const name of ['one', 'two']) await made.evaluate(name);
  // Something of everything that could be changed: marks, a removed run, a copy, jobs that ended badly, a result of before a change.
  await made.client.call('annotations.apply', { label: 'paint', edits: [{ trackletId: 9, field: 'visibility', start: 1, end: 3, value: 4, how: 'carried' }] });
  await made.client.call('runs.remove', { id: 'three' });
  await made.client.call('backups.make', {});
  await made.client
    .call('imports.start', { path: folder, importer: 'image-folder', options: {}, name: null })
    .then(({ jobId }) => made.host.context.jobs.wait(jobId))
    .catch(() => undefined);
  await made.client.call('tracklets.setSplit', { ids: [16], split: 'none' });
  await made.host.close();
  host = await openHost({ folder, paths: { home: `${folder}-home`, provisioned: `${folder}-home` }, readOnlyReason: () => 'its disk is read-only' });
  const { url } = await host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const message = decodeFrame(new Uint8Array(Buffer.from(payload)), new TextDecoder()) as { type: string; call?: CallName };
      if (message.type === 'call' && message.call && changesProject(message.call)) sent.push(message.call);
    }),
  );
  await page.goto(url);
  await page.getByText(REASON).first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await host?.close();
  if (folder) rmSync(dirname(folder), { recursive: true, force: true });
});

/** The view as it is when it was just opened. */
async function open(view: string): Promise<void> {
  for (let tries = 0; tries < 3 && (await page.locator('dialog[open], :popover-open').count()) > 0; tries++) await page.keyboard.press('Escape');
  await goTo(page, `/${view}`);
  await page.locator('main').waitFor();
  await page.waitForTimeout(150);
}

const CONTROLS = 'button, a[href], select, input, [role="menuitem"], [role="option"], [role="gridcell"], summary, svg path';
const top = () => page.locator('dialog[open], :popover-open').last();

/** Clicks every control that is not disabled, and what then opens, one after the other. Returns how many; names those that sent something. */
async function pressAll(view: string, after: string | null): Promise<{ pressed: number; wrong: string[] }> {
  const start = async (): Promise<void> => {
    await open(view);
    if (after !== null) {
      await page.locator('.view').first().focus();
      await page.keyboard.press(after);
      await page.waitForTimeout(250);
    }
  };
  const wrong: string[] = [];
  let pressed = 0;
  await start();
  const list = async (): Promise<string[]> => {
    const box = after === null ? page.locator('.app') : top();
    return box
      .locator(CONTROLS)
      .evaluateAll((all) =>
        (all as unknown as { matches(s: string): boolean; closest(s: string): unknown; getAttribute(n: string): string | null; textContent: string }[]).map(
          (one) =>
            one.matches(':disabled') || one.closest('[aria-disabled="true"], [inert]') !== null
              ? ''
              : (one.getAttribute('aria-label') ?? one.textContent.trim().slice(0, 40)) || '(no name)',
        ),
      );
  };
  const names = await list();
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    // Of many alike (cells, queries, the keys of the settings) two are enough.
    const kind = name.split(' ').slice(0, 3).join(' ').replace(/\d+/g, '');
    if (name === '' || (seen.get(kind) ?? 0) >= 2) continue;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    await start();
    const box = after === null ? page.locator('.app') : top();
    const control = box.locator(CONTROLS).nth(index);
    if ((await control.count()) === 0) continue;
    const before = sent.length;
    await control.dispatchEvent('click').catch(() => undefined);
    pressed++;
    await page.waitForTimeout(60);
    // What a control opened: everything in it too, once.
    if (after === null && (await top().count()) > 0) {
      const inner = await top().locator(CONTROLS).count();
      for (let k = 0; k < inner; k++) {
        const one = top().locator(CONTROLS).nth(k);
        if ((await top().count()) === 0 || (await one.count()) === 0) break;
        if (await one.isDisabled().catch(() => true)) continue;
        await one.dispatchEvent('click').catch(() => undefined);
        pressed++;
        if ((await top().count()) === 0) break;
      }
    }
    await page.waitForTimeout(40);
    if (sent.length > before) wrong.push(`${name}: ${sent.slice(before).join(', ')}`);
  }
  return { pressed, wrong };
}

it.each(VIEWS)('nothing that is enabled in %s would change the project', async (view) => {
  const { pressed, wrong } = await pressAll(view, null);
  expect(wrong).toEqual([]);
  expect(pressed).toBeGreaterThan(8);
});

it.each([
  ['tracklets', 'Control+,'],
  ['datasets/1', 'F2'],
  ['tracklets', 'Control+j'],
  ['runs', 'Control+k'],
])('nor anything that opens in %s by %s', async (view, key) => {
  expect((await pressAll(view, key)).wrong).toEqual([]);
});

it.each(VIEWS)('nor any key of %s', async (view) => {
  const before = sent.length;
  await open(view);
  const name = view.replace(/\/.*/, '');
  const commands = keys.filter((command) => command.view === '*' || command.view === name);
  expect(commands.some((command) => 'call' in command)).toBe(true);
  for (const command of commands)
    for (const key of command.keys) {
      // Leaves the view or the window.
      if (/^Ctrl\+[1-6]$|^F6$|^Shift\+F6$/.test(key)) continue;
      await page.keyboard.press(key.replaceAll('Ctrl', 'Control').replace(/^\?$/, 'Shift+?')).catch(() => undefined);
      if ((await page.locator('dialog[open]').count()) > 0) await page.keyboard.press('Escape');
    }
  await page.waitForTimeout(300);
  expect(sent.slice(before)).toEqual([]);
});

it('nor the pointer on lanes and parts, and the line under the pictures says why', async () => {
  const before = sent.length;
  await open('annotate/9');
  const lanes = page.getByRole('application', { name: 'Lanes' });
  await lanes.waitFor();
  const box = (await lanes.boundingBox())!;
  for (let y = 6; y < box.height; y += 12) {
    await page.mouse.move(box.x + 140, box.y + y);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + y + 5, { steps: 4 });
    await page.mouse.up();
  }
  await page.locator('.parts svg path').first().click();
  await page.locator('.painting').getByText(REASON).waitFor();
  await page.waitForTimeout(200);
  expect(sent.slice(before)).toEqual([]);
});

it('what rests says why where the pointer stops', async () => {
  const found: string[] = [];
  for (const view of VIEWS) {
    await open(view);
    found.push(
      ...(await page
        .locator(`[title^="${REASON}"]`)
        .evaluateAll((all) =>
          (all as unknown as { textContent: string; matches(s: string): boolean }[]).map(
            (one) => `${one.matches(':disabled')} ${one.textContent.trim().replace(/\s+/g, ' ')}`,
          ),
        )),
    );
  }
  for (const name of [
    /^true Mark reviewed/,
    /^true Import/,
    /^true Make a synthetic set/,
    /^true Rename/,
    /^true Remove/,
    /^true Start now/,
    /^true Evaluate/,
    /^true Forget \d+ ended/,
  ])
    expect(
      found.filter((text) => name.test(text)),
      String(name),
    ).not.toHaveLength(0);
  expect(found.filter((text) => text.startsWith('false'))).toEqual([]);
  // And the palette.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>import');
  await page.getByRole('option', { name: /Import a folder, archive or video.*Open for looking only/, disabled: true }).waitFor();
});
