/** Going to another place of the page by its address. */
import type { Page } from 'playwright-core';

/** `path` such as "/compare?q=9". Ends when its view is on the screen: views are loaded when they are first opened, and the one before stays until then. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, `#${path}`);
  await page.locator(`[data-view="${/^\/(\w+)/.exec(path)?.[1]}"]`).waitFor({ state: 'attached' });
}
