/** Of a test in the browser that failed: what its pages show. Without that a failure on another machine cannot be understood. */
import { afterEach } from 'vitest';
import { openPages } from './browser.ts';

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const page of openPages()) {
    const text = await page
      .locator('body')
      .innerText({ timeout: 5000 })
      .catch((error: unknown) => String(error));
    process.stderr.write(`The page ${page.url()} of "${task.name}" shows:\n${text}\n`);
  }
});
