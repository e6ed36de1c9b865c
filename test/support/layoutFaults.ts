/** What a person could not reach or read in the page as it stands: run inside the page, over whatever is shown. Empty when all is well. */
import type { Page } from 'playwright-core';

/** Places whose texts must not overprint each other. */
const BARS = ['.top', '.status', '.bar', '[role="dialog"]', 'dialog'];

export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(`(${inPage.toString()})(${JSON.stringify(BARS)})`);
}

/* eslint-disable -- it is sent to the page as text, where the types of the Node side do not hold */
function inPage(bars: string[]): string[] {
  const { document, getComputedStyle, innerWidth, innerHeight, PointerEvent } = globalThis as any;
  const faults: string[] = [];
  const say = (element: any): string =>
    `${element.tagName.toLowerCase()} "${(element.getAttribute('aria-label') ?? element.innerText ?? element.title ?? '').trim().slice(0, 40)}"`;
  const isShown = (element: any): boolean => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) faults.push(`the page itself overflows: ${root.scrollWidth}×${root.scrollHeight}`);

  // Everything that can be pressed lies in the window, or in a box that scrolls to it.
  const open = [...document.querySelectorAll('dialog[open]')].at(-1);
  for (const element of (open ?? document).querySelectorAll('a[href], button, input, select, textarea, [role="slider"], [tabindex="0"]')) {
    if (!isShown(element) || element.closest('[inert], .sr')) continue;
    let box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) continue;
    let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
    const middle = (): [number, number] => [(left + right) / 2, (top + bottom) / 2];
    for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
      const style = getComputedStyle(parent);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const around = parent.getBoundingClientRect();
      const [x, y] = middle();
      const scrolls = (overflow: string) => overflow === 'auto' || overflow === 'scroll';
      const isOut = { x: x < around.left || x > around.right, y: y < around.top || y > around.bottom };
      if ((isOut.x && !scrolls(style.overflowX)) || (isOut.y && !scrolls(style.overflowY))) {
        faults.push(`cut off: ${say(element)} in ${parent.className}`);
        break;
      }
      // Scrolled to, it stands where its box does.
      if (isOut.x || (scrolls(style.overflowX) && parent.scrollWidth > parent.clientWidth)) [left, right] = [around.left, around.right];
      if (isOut.y || (scrolls(style.overflowY) && parent.scrollHeight > parent.clientHeight)) [top, bottom] = [around.top, around.bottom];
    }
    const [x, y] = middle();
    if (x < 0 || x > innerWidth || y < 0 || y > innerHeight) faults.push(`outside the window: ${say(element)}`);
  }

  // No text over another in the bars.
  const texts: { text: string; box: any; parent: any }[] = [];
  for (const bar of document.querySelectorAll(bars.join(','))) {
    if (!isShown(bar)) continue;
    const walker = document.createTreeWalker(bar, 4);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.data.trim() === '' || !isShown(node.parentElement) || node.parentElement.closest('.sr, svg, [popover]')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        // What an ancestor clips is not drawn.
        let [left, right, top, bottom] = [rect.left, rect.right, rect.top, rect.bottom];
        for (let parent = node.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
          if (getComputedStyle(parent).overflowX === 'visible' && getComputedStyle(parent).overflowY === 'visible') continue;
          const around = parent.getBoundingClientRect();
          [left, right, top, bottom] = [Math.max(left, around.left), Math.min(right, around.right), Math.max(top, around.top), Math.min(bottom, around.bottom)];
        }
        if (right - left > 2 && bottom - top > 4) texts.push({ text: node.data.trim().slice(0, 30), box: { left, right, top, bottom }, parent: node });
      }
    }
  }
  const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();
  /** The tip of it, or of something around it, holds the whole when the pointer is there. */
  const tells = (element: any, text: string): boolean => {
    element.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
    for (let tip = element.closest('[title]'); tip; tip = tip.parentElement?.closest('[title]')) if (plain(tip.title).includes(plain(text))) return true;
    return false;
  };
  // No text that is cut where it ends, unless an ellipsis says so and the whole can be had.
  const top = open ?? document.body;
  const words = document.createTreeWalker(top, 4);
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() === '' || !isShown(parent) || parent.closest('.sr, [role="log"], script, style, textarea, select, [inert]')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 2) continue;
      for (let around = parent; around && around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around);
        if (style.position === 'fixed') break;
        if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
        if (style.display === 'inline') continue;
        const box = around.getBoundingClientRect();
        // Below or above what is shown: scrolled away, or a line that has no room and is left out whole.
        if (rect.bottom <= box.top + 3 || rect.top >= box.bottom - 3) break;
        const isEllipsis = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        const isTold = isEllipsis && tells(around, node.data);
        if ((rect.right > box.right + 2 || rect.left < box.left - 2) && !isTold)
          faults.push(
            `${isEllipsis ? 'shortened without its whole' : 'cut'}: "${node.data.trim().slice(0, 40)}" in ${around.tagName.toLowerCase()}.${around.getAttribute('class') ?? ''}`,
          );
        if (style.overflowY !== 'auto' && style.overflowY !== 'scroll' && (rect.bottom > box.bottom + 4 || rect.top < box.top - 4) && !isTold)
          faults.push(`cut in height: "${node.data.trim().slice(0, 40)}" in ${around.tagName.toLowerCase()}.${around.getAttribute('class') ?? ''}`);
        if (style.overflowX !== 'visible' && style.overflowY !== 'visible') break;
      }
    }
  }

  const layers = (node: any): any => node.parentElement.closest('dialog, [role="dialog"]');
  for (let i = 0; i < texts.length; i++)
    for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i]!, texts[j]!];
      if (a.parent === b.parent || layers(a.parent) !== layers(b.parent)) continue;
      const w = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const h = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (w > 2 && h > 5) faults.push(`overprinted: "${a.text}" and "${b.text}"`);
    }
  return [...new Set(faults)];
}
