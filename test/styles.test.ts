/** Rules for a narrow or low window come after those for all windows: of two alike the later one wins, and the first would say nothing. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

function rulesIn(css: string): { selectors: string[]; properties: string[] }[] {
  return [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(([, selectors = '', body = '']) => ({
    selectors: selectors.split(',').map((selector) => selector.trim()),
    properties: [...body.matchAll(/([\w-]+)\s*:/g)].map(([, property = '']) => property),
  }));
}

/** "selector: property" of every rule in a media query that a later one outside of any takes back. */
function takenBack(text: string): string[] {
  const css = (/<style>(.*)<\/style>/s.exec(text)?.[1] ?? text).replaceAll(/\/\*.*?\*\//gs, '');
  const MEDIA = /@media[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g;
  return [...css.matchAll(MEDIA)].flatMap((media) => {
    const after = rulesIn(css.slice(media.index + media[0].length).replaceAll(MEDIA, ''));
    return rulesIn(media[1] ?? '').flatMap(({ selectors, properties }) =>
      selectors.flatMap((selector) =>
        properties
          .filter((property) => after.some((rule) => rule.selectors.includes(selector) && rule.properties.includes(property)))
          .map((property) => `${selector}: ${property}`),
      ),
    );
  });
}

it('finds what is taken back', () => {
  expect(takenBack('@media (max-width: 9px) { .a, .b { color: red; top: 0 } .c { top: 1px } } .b { top: 1px } .d { color: red }')).toEqual(['.b: top']);
});

it('is not so anywhere', () => {
  const files = globSync('src-renderer/**/*.{svelte,css}').sort();
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((file) => takenBack(readFileSync(file, 'utf8')).map((what) => `${file}: ${what}`))).toEqual([]);
});
