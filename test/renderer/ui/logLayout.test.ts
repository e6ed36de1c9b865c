import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followsAfter, layOut, lineAt, rowOfHit, rowsOf, rowTexts } from '../../../src-renderer/ui/jobs/logLayout.ts';

/** Letter by letter, as one would write them: before a word one looks how long it is. */
function written(text: string, columns: number): string[] {
  const rows = [''];
  const used = (): number => rows.at(-1)!.length;
  [...text].forEach((letter, at) => {
    if (letter === '\n') return rows.push('');
    const word = letter !== ' ' && (at === 0 || /[ \n]/.test(text[at - 1]!)) ? /^[^ \n]+/.exec(text.slice(at))![0] : letter;
    if (used() > 0 && used() + (word.length <= columns ? word.length : 1) > columns) rows.push('');
    rows[rows.length - 1] += letter;
  });
  return rows;
}
const line = (text: string, level: 'info' | 'warn' | 'error' = 'info') => ({ text, level });

describe('rows of a log', () => {
  it('are those of writing letter by letter', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', ' ', '/', '~', '\n'), maxLength: 80 });
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const rows = rowTexts(line(text), columns);
        expect(rows.map((row) => row.replace('\n', ''))).toEqual(written(text, columns));
        expect([rows.join(''), rows.length]).toEqual([text, rowsOf(text, columns)]);
      }),
    );
  });

  it('divide no number and no word that fits in a row, and leave no gap before one that does not', () => {
    expect(rowTexts(line('loss 1.234567 at step 8000'), 12)).toEqual(['loss ', '1.234567 at ', 'step 8000']);
    expect(rowTexts(line('loaded a/long/path/of/a/file done'), 12)).toEqual(['loaded a/lon', 'g/path/of/a/', 'file done']);
    // The level stands in the first row and takes its room.
    expect(rowTexts(line('0.125 0.5', 'warn'), 12)).toEqual(['', '0.125 0.5']);
    expect(rowTexts(line('x'.repeat(30)), null)).toEqual(['x'.repeat(30)]);
  });

  it('leave room for letters of another font, and count only breaks where lines are not wrapped', () => {
    expect(rowsOf('あ'.repeat(10), 10)).toBe(2);
    expect(rowsOf('x'.repeat(1000), null)).toBe(1);
    expect(rowsOf('a\nb', null)).toBe(2);
    expect(rowsOf('', 10)).toBe(1);
  });

  it('a row is found in the line that it belongs to, also below all', () => {
    const lines = fc.array(
      fc.nat({ max: 60 }).map((n) => line('x'.repeat(n))),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(lines, (all) => {
        const layout = layOut(all, 10);
        const byRow = all.flatMap(({ text }, i) => Array.from({ length: Math.max(1, Math.ceil(text.length / 10)) }, () => i));
        expect(layout.tops.at(-1)).toBe(byRow.length);
        expect(byRow.map((_, row) => lineAt(layout, row))).toEqual(byRow);
        expect(lineAt(layout, byRow.length + 5)).toBe(all.length - 1);
      }),
    );
  });

  it('the level stands before the text and takes its room; a hit is in the row of its first letter', () => {
    const all = [line('a'.repeat(25)), line('bb', 'warn'), line('c'.repeat(12), 'error')];
    const layout = layOut(all, 10);
    expect([...layout.tops]).toEqual([0, 3, 4, 6]);
    expect(rowOfHit(layout, 0, all[0]!, 9)).toBe(0);
    expect(rowOfHit(layout, 0, all[0]!, 10)).toBe(1);
    expect(rowOfHit(layout, 2, all[2]!, 3)).toBe(4);
    expect(rowOfHit(layout, 2, all[2]!, 4)).toBe(5);
  });
});

describe('following the end', () => {
  const at = (scrollTop: number, { clientHeight = 100, scrollHeight = 1000 } = {}) => ({ scrollTop, clientHeight, scrollHeight });

  it('begins at the end, by a line more or less, and stops where one scrolls up', () => {
    expect(followsAfter(at(900), 17, null, false)).toBe(true);
    expect(followsAfter(at(883), 17, null, false)).toBe(true);
    expect(followsAfter(at(882), 17, null, false)).toBe(false);
    expect(followsAfter(at(600), 17, 900, true)).toBe(false);
  });

  it('goes on where the scroll that is heard of was its own, and the box or its lines have become others since', () => {
    expect(followsAfter(at(900, { scrollHeight: 1170 }), 17, 900, true)).toBe(true);
    expect(followsAfter(at(900, { clientHeight: 60 }), 17, 900, true)).toBe(true);
    // Somebody scrolled up, and comes by that place again.
    expect(followsAfter(at(900, { scrollHeight: 1170 }), 17, 900, false)).toBe(false);
  });
});
