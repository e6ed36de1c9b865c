/**
 * A browser for the tests, without a system package where none is installed: Playwright's own, a system Chrome or Chromium,
 * then the one inside the npm package @sparticuz/chromium. Says which it is.
 */
import sparticuz from '@sparticuz/chromium';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const SYSTEM = [
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

// A closed network must not cost time: the browser looks nothing up by itself.
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic', '--disable-gpu'];

/** Playwright drives a released Chrome of about its own age; a much newer system Chromium works too. */
export async function launchBrowser(): Promise<{ browser: Browser; source: string }> {
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const own = chromium.executablePath();
  const system = process.env['TRACKLET_BROWSER'] ?? SYSTEM.find((path) => existsSync(path));
  if (own && existsSync(own)) return { browser: await chromium.launch({ args: [...QUIET, ...sandbox] }), source: 'playwright' };
  if (system) return { browser: await chromium.launch({ executablePath: system, args: [...QUIET, ...sandbox] }), source: system };
  const executablePath = await sparticuz.executablePath();
  // Its own flags turn graphics off and on for servers, and the rules between sites off; only those that leave a page as on a desktop are wanted.
  const unwanted = ['--single-process', '--no-zygote', '--disable-web-security', '--disable-site-isolation-trials', '--allow-running-insecure-content'];
  const args = sparticuz.args.filter((flag) => !flag.startsWith('--window-size') && !flag.startsWith('--headless') && !unwanted.includes(flag));
  return { browser: await chromium.launch({ executablePath, args: [...new Set([...args, ...QUIET, ...sandbox])] }), source: '@sparticuz/chromium' };
}

/** Waiting ends when what is waited for is there; on a busy machine the half minute that Playwright allows would decide tests. */
export async function patientContext(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(300_000);
  open.add(context);
  context.on('close', () => open.delete(context));
  return context;
}

const open = new Set<BrowserContext>();

/** The pages that a test file has open. */
export function openPages(): Page[] {
  return [...open].flatMap((context) => context.pages());
}
