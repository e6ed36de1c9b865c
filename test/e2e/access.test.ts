/**
 * Who gets in, in a real browser: the printed address followed from another site, a reload, a second tab, a page on another port of the same
 * host, and a host that was started again, at the same address and at another one. Needs the built page.
 */
import { mkdirSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Server } from '../../src-main/host/server.ts';
import { fillProject } from '../support/bigProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { openTestProject, type TestProject } from '../support/project.ts';

let project: TestProject;
let server: Server;
let browser: Browser;
let context: BrowserContext;
/** Another site on another port of this machine. */
let stranger: HttpServer;
let strangerBody = '';

const strangerUrl = (): string => `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
const origin = (): string => new URL(server.url).origin;

beforeAll(async () => {
  project = await openTestProject();
  const root = join(project.folder, 'pictures');
  mkdirSync(root, { recursive: true });
  await sharp({ create: { width: 64, height: 128, channels: 3, background: '#8a4' } })
    .jpeg()
    .toFile(join(root, 'a.jpg'));
  await fillProject(project.host.context, { tracklets: 6, identities: 3, cameras: 2, pictures: { root, files: ['a.jpg'] } });
  server = await project.host.serve();
  stranger = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(strangerBody));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  browser = (await launchBrowser()).browser;
  context = await patientContext(browser, { viewport: { width: 1440, height: 900 } });
});
afterAll(async () => {
  await browser?.close();
  stranger?.close();
  await project?.[Symbol.asyncDispose]();
});

const isIn = (page: Page) => page.getByRole('link', { name: 'Datasets', exact: true }).waitFor();
const valueOf = async (trackletId: number): Promise<unknown[]> =>
  (await project.host.client().call('annotations.get', { trackletId })).filter(({ field }) => field === 'note').map(({ value }) => value);

/** What the window would send for a note. */
async function changeInPage(page: Page, trackletId: number, text: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/annotate/${trackletId}`);
  await write(page, text);
}

async function write(page: Page, text: string): Promise<Locator> {
  const note = page.getByRole('textbox', { name: /note/i });
  await note.fill(text);
  await note.blur();
  return note;
}

/** The program ends, and the window is written in meanwhile. Returns the note. */
async function writeWhileAway(page: Page, text: string): Promise<Locator> {
  await project.host.close();
  await page.getByText('Connection lost, trying again').waitFor();
  return write(page, text);
}

it('opens from a link on another site, shows pictures, survives a reload, and leaves the token nowhere to be seen', async () => {
  const page = await context.newPage();
  const asked: { url: string; referer: string | undefined }[] = [];
  page.on('request', (request) => asked.push({ url: request.url(), referer: request.headers()['referer'] }));
  strangerBody = `<a href="${server.url.replace('&', '&amp;')}">open</a>`;
  await page.goto(strangerUrl());
  await page.getByText('open').click();
  await isIn(page);
  expect(page.url()).toBe(`${origin()}/`);
  // A picture really came, without any cookie.
  await page.waitForFunction(() => performance.getEntriesByType('resource').some((entry) => /media\/[\w-]{43}\/(strip|sheet)/.test(entry.name)));
  const picture = asked.find(({ url }) => url.includes('/media/'))?.url ?? '';
  expect((await page.request.get(picture)).status()).toBe(200);
  expect(await context.cookies()).toEqual([]);
  await page.reload();
  await isIn(page);
  // Back leads to the other site: the entry with the token was replaced, not followed by another one.
  await page.goBack();
  expect(page.url()).toBe(strangerUrl());
  await page.goForward();
  expect(page.url()).toBe(`${origin()}/`);
  await isIn(page);
  for (const { url, referer } of asked.filter((request) => request.url.startsWith(origin()))) {
    if (url !== server.url) expect(url).not.toContain(server.token);
    expect(referer ?? '').not.toContain(server.token);
  }
  await page.close();
});

it('a second tab by the bare address asks for the printed one, and goes on with it', async () => {
  const page = await context.newPage();
  await page.goto(`${origin()}/#/datasets`);
  await page.getByRole('heading', { name: 'This address is not complete' }).waitFor();
  const field = page.getByRole('textbox', { name: 'Address that the program printed' });
  await field.fill('http://example.org/#token=x');
  await field.press('Enter');
  await page.getByText('This is not an address that the program printed').waitFor();
  await field.fill(server.url);
  await field.press('Enter');
  await isIn(page);
  expect(new URL(page.url()).hash).toBe('#/datasets');
  // A link with a wrong token does not throw the window out.
  await page.goto(`${origin()}/#token=${'x'.repeat(43)}`);
  await isIn(page);
  await page.reload();
  await isIn(page);
  await page.close();
});

/** The answer has come: a window that closes between the commit and its answer rightly keeps what it sent, and the next test would meet it. */
async function nothingKept(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')))).toEqual([]);
}

it('a page on another port sees nothing: no storage, no fetch, no picture, no frame, no socket', async () => {
  const own = await context.newPage();
  await own.goto(server.url);
  await isIn(own);
  const picture = await own.evaluate(() => performance.getEntriesByType('resource').find((entry) => entry.name.includes('/media/'))?.name ?? '');
  strangerBody = '<!doctype html><title>other</title>';
  const other = await context.newPage();
  await other.goto(strangerUrl());
  // As text: what runs in the page knows its document, this file does not.
  const seen = await other.evaluate(`(async () => {
    const [target, image, token] = ${JSON.stringify([origin(), picture, server.token])};
    const load = (tag, src) => new Promise((resolve) => {
      const element = Object.assign(document.createElement(tag), { src });
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('refused');
      document.body.append(element);
    });
    const socket = await new Promise((resolve) => {
      const opened = new WebSocket(target.replace('http', 'ws') + '/ws');
      opened.onopen = () => resolve('open');
      opened.onerror = () => resolve('refused');
    });
    const got = (path, headers = {}) => fetch(target + path, { headers, credentials: 'include' }).then((answer) => answer.text(), () => 'refused');
    return {
      storage: [Object.keys(sessionStorage), Object.keys(localStorage)],
      cookie: document.cookie,
      page: await got('/'),
      withToken: await got('/media/strip/1.jpg', { authorization: 'Bearer ' + token }),
      image: await load('img', image),
      socket,
    };
  })()`);
  expect(seen).toEqual({ storage: [[], []], cookie: '', page: 'refused', withToken: 'refused', image: 'refused', socket: 'refused' });
  await own.close();
  await other.close();
});

it('a host that was started again at the same port: the window says so, keeps what is not saved, and saves it with the new address', async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await isIn(page);
  await changeInPage(page, 1, 'before the end');
  await expect.poll(() => valueOf(1)).toEqual(['before the end']);
  const { port } = server;
  await writeWhileAway(page, 'while it was away');
  await project.reopen();
  server = await project.host.serve({ port });
  await page.getByText('The program was started again; its address is new.').waitFor();
  await page.getByText('1 change is not saved, but kept in this browser').waitFor();
  expect(await valueOf(1)).toEqual(['before the end']);
  await page.getByRole('textbox', { name: 'Address that the program printed' }).fill(server.url);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => valueOf(1)).toEqual(['while it was away']);
  await nothingKept(page);
  await page.close();
});

it('a backup that was put back while the window was away: it loads again when it comes back, and offers what it could not save', async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await isIn(page);
  const client = project.host.client();
  await changeInPage(page, 4, 'then');
  await expect.poll(() => valueOf(4)).toEqual(['then']);
  const backup = await client.call('backups.make', {});
  await changeInPage(page, 4, 'later');
  await expect.poll(() => valueOf(4)).toEqual(['later']);
  const { port } = server;
  const note = await writeWhileAway(page, 'while it was away');
  await project.reopen();
  await project.host.client().call('backups.restore', { id: backup.id });
  server = await project.host.serve({ port });
  await page.getByText('The program was started again; its address is new.').waitFor();
  await page.getByRole('textbox', { name: 'Address that the program printed' }).fill(server.url);
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Go on' }).click();
  await loaded;
  await page.getByText('1 change made here before the program ended was not saved.').waitFor();
  // It shows what is there now, and nothing of what was asked of another state was done.
  await expect.poll(() => note.inputValue()).toBe('then');
  expect(await valueOf(4)).toEqual(['then']);
  await page.getByRole('button', { name: 'Save it now' }).click();
  await expect.poll(() => valueOf(4)).toEqual(['while it was away']);
  await nothingKept(page);
  await page.close();
});

it('a window that was closed meanwhile: the next one offers what it could not save', async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await isIn(page);
  await changeInPage(page, 2, 'first');
  await expect.poll(() => valueOf(2)).toEqual(['first']);
  const { port } = server;
  await writeWhileAway(page, 'left behind');
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')).length)).toBe(1);
  await page.close({ runBeforeUnload: false });
  await project.reopen();
  server = await project.host.serve({ port });
  const next = await context.newPage();
  await next.goto(server.url);
  await next.getByText('1 change made here before the program ended was not saved.').waitFor();
  expect(await valueOf(2)).toEqual(['first']);
  await next.getByRole('button', { name: 'Save it now' }).click();
  await expect.poll(() => valueOf(2)).toEqual(['left behind']);
  await nothingKept(next);
  await next.close();
});

it('a host at another port: after a while the window says that it is gone, and takes what is not saved along to the new address', async () => {
  const page = await context.newPage();
  await page.goto(server.url);
  await isIn(page);
  await changeInPage(page, 3, 'first');
  await expect.poll(() => valueOf(3)).toEqual(['first']);
  await writeWhileAway(page, 'carried along');
  await project.reopen();
  server = await project.host.serve();
  await page.getByText('The program has ended or was started again at another address.').waitFor();
  await page.getByRole('textbox', { name: 'Address that the program printed' }).fill(server.url);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('1 change made here before the program ended was not saved.').waitFor();
  expect(page.url()).toBe(`${origin()}/`);
  await page.getByText(/^write a note /).waitFor();
  // Going back to a backup loads the page again.
  const client = project.host.client();
  const backup = await client.call('backups.make', {});
  const loaded = page.waitForEvent('load');
  await client.call('backups.restore', { id: backup.id });
  await loaded;
  await page.getByText('1 change made here before the program ended was not saved.').waitFor();
  expect(await page.getByText('All changes saved').count()).toBe(0);
  await page.getByRole('button', { name: 'Save it now' }).click();
  await expect.poll(() => valueOf(3)).toEqual(['carried along']);
  await nothingKept(page);
  await page.close();
});
