/**
 * A text that is shortened for want of room (`.trunc`) shows its whole as the tip of the pointer, wherever it stands: set when the pointer comes, and only
 * while it is shortened and nothing else tells. Test: test/e2e/sizes.test.ts.
 */

/** Begins to listen; returns what ends it. */
export function tellWhole(page: Document): () => void {
  function onover({ target }: Event): void {
    const text = target instanceof Element ? target.closest<HTMLElement>('.trunc') : null;
    if (!text || (text.title !== '' && text.dataset['whole'] === undefined)) return;
    if (text.scrollWidth > text.clientWidth) {
      text.title = text.dataset['whole'] = (text.textContent ?? '').replace(/\s+/g, ' ').trim();
    } else if (text.dataset['whole'] !== undefined) {
      text.removeAttribute('title');
      delete text.dataset['whole'];
    }
  }
  page.addEventListener('pointerover', onover, { passive: true });
  return () => page.removeEventListener('pointerover', onover);
}
