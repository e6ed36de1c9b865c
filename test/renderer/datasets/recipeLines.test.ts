/** How a data set is made of others, as its pane says it, and what the question before removing one names. */
import { expect, test } from 'vitest';
import { lossesText, recipeLines } from '../../../src-renderer/views/datasets/recipeLines.ts';

const recipe = {
  kind: 'subset',
  title: 'Subset of Market',
  sources: [{ id: 3, name: 'Market' }],
  asked: { filter: { splits: ['query', 'gallery'], length: { min: 8, max: 20 } } },
  at: 5,
  tracklets: 12,
  missing: 0,
};
const texts = (of: Parameters<typeof recipeLines>[0]): string[] => recipeLines(of).map(({ title, text, to }) => [title, text, to].filter(Boolean).join(' | '));

test('an imported one has none', () => {
  expect(recipeLines(null)).toEqual([]);
});

test('a subset: of what, by which filter, how many it had', () => {
  expect(texts(recipe)).toEqual([
    'Made as | Subset of Market',
    'Of | Market | /datasets/3',
    'Filter | splits query, gallery; length {"min":8,"max":20}',
    'Members when made | 12 tracklets',
  ]);
  expect(texts({ ...recipe, asked: { filter: {} } })).toContain('Filter | none: all tracklets');
});

test('a union names each source, and says what is not there now', () => {
  const union = { ...recipe, kind: 'union', title: 'Union of A and B', sources: [{ id: 1, name: 'A' }, { id: 2, name: 'B' }], asked: {}, missing: 1 }; // prettier-ignore
  expect(texts(union)).toEqual([
    'Made as | Union of A and B',
    'Of, 1 | A | /datasets/1',
    'Of, 2 | B | /datasets/2',
    'Members when made | 12 tracklets',
    'Not there now | 1 tracklet: removed with a source, or by an update of one',
  ]);
});

test('before a source is removed those are named that lose tracklets', () => {
  expect(lossesText([])).toBeNull();
  expect(
    lossesText([
      { id: 8, name: 'Both', tracklets: 1200 },
      { id: 9, name: 'Asks', tracklets: 1 },
    ]),
  ).toMatch(/^Data sets that are made of it lose these tracklets until it is brought back: Both \(1.200\), Asks \(1\)\.$/);
});
