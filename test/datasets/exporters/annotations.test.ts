/** The tables of labels, read by a reader of CSV of the test's own. That the lines in JSON come back: test/contracts/exporters.contract.test.ts. */
import { expect, test } from 'vitest';
import annotations from '../../../datasets/exporters/annotations.ts';
import { memorySink, SETS, sourceOf } from '../../contracts/support/exporterSets.ts';

const quiet = { signal: new AbortController().signal, progress: () => undefined };
const set = SETS['crops with sides, junk, distractors, labels and names of their own']!;

/** RFC 4180, letter by letter; an apostrophe that guards a cell is taken away. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (isQuoted && letter === '"' && text[at + 1] === '"') cell += text[++at]!;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (letter === ',' || letter === '\r')) {
      row.push(cell.replace(/^'/, ''));
      cell = '';
      if (letter === '\r') {
        rows.push(row);
        row = [];
        at++;
      }
    } else cell += letter;
  }
  return rows;
}

async function written(format: 'csv' | 'jsonl'): Promise<Record<string, string>> {
  const sink = memorySink();
  await annotations.write(sourceOf(set), { format }, sink, quiet);
  return sink.files;
}

test('tables hold every value exactly, and nothing that a spreadsheet would run', async () => {
  const files = await written('csv');
  expect(Object.keys(files)).toEqual(['cameras.csv', 'identities.csv', 'tracklets.csv', 'values.csv']);
  const values = set.items.flatMap(({ tracklet }) =>
    tracklet.annotations.map(({ called, start, end, value, how, layer, annotator }) => [
      tracklet.key,
      called,
      String(start),
      String(end),
      JSON.stringify(value),
      how,
      layer,
      annotator,
    ]),
  );
  expect(readCsv(files['values.csv'] ?? '')).toEqual([['tracklet', 'field', 'start', 'end', 'value', 'how', 'layer', 'annotator'], ...values]);
  expect(readCsv(files['tracklets.csv'] ?? '').map((row) => row[0])).toEqual(['tracklet', ...set.items.map(({ tracklet }) => tracklet.key)]);
  expect(readCsv(files['identities.csv'] ?? '')[3]).toEqual(['5', 'Bob, "the guard"', 'person']);
  for (const text of Object.values(files)) expect(text).not.toMatch(/(^|,|")[=+@]/m);
});

test('the first line tells whose labels they are', async () => {
  const { 'labels.jsonl': text = '' } = await written('jsonl');
  expect(JSON.parse(text.split('\n')[0] ?? '')).toEqual({ kind: 'set', version: 1, name: 'Set', licence: 'CC0-1.0', origin: 'Made by hand' });
});
