/** What the exporter of crops writes, to the letter, and what it says of what it leaves. That it comes back: test/contracts/exporters.contract.test.ts. */
import { expect, test } from 'vitest';
import imageFolder from '../../../datasets/exporters/image-folder.ts';
import { memorySink, SETS, sourceOf } from '../../contracts/support/exporterSets.ts';

const quiet = { signal: new AbortController().signal, progress: () => undefined };
const set = sourceOf(SETS['crops with sides, junk, distractors, labels and names of their own']!);

test('folders by side, person and tracklet; names tell person, camera, visit and frame', async () => {
  const sink = memorySink();
  await imageFolder.write(set, { sides: true }, sink, quiet);
  expect(sink.files).toEqual({
    'train/0005/c1/0005C1T0001F001.jpg': 'train/0005/c1/1.jpg',
    'train/0005/c1/0005C1T0001F002.jpg': 'train/0005/c1/2.jpg',
    'train/0005/c1/0005C1T0001F003.jpg': 'train/0005/c1/3.jpg',
    'train/0005/c1/0005C1T0001F004.jpg': 'train/0005/c1/4.jpg',
    'query/0007/c2/0007C2T0001F001.jpg': 'query/0007/c2/1.jpg',
    'query/0007/c2/0007C2T0001F002.jpg': 'query/0007/c2/2.jpg',
    'gallery/0007/c3t1/0007C3T0001F001.jpg': 'own key/with "quotes"/1.jpg',
    'gallery/0007/c3t1/0007C3T0001F002.jpg': 'own key/with "quotes"/2.jpg',
    'gallery/-1/c2t1/00-1C2T0001F001.jpg': '-1/c2/1.jpg',
    'gallery/0000/c3/0000C3T0001F001.jpg': 'gallery/0000/c3/1.jpg',
  });
});

test('without folders for sides all tracklets are written, and each visit has a number of its own', async () => {
  const sink = memorySink();
  await imageFolder.write(set, { sides: false }, sink, quiet);
  expect(Object.keys(sink.files).filter((path) => path.startsWith('0007/'))).toEqual([
    '0007/c2t1/0007C2T0001F001.jpg',
    '0007/c2t1/0007C2T0001F002.jpg',
    '0007/c3t1/0007C3T0001F001.jpg',
    '0007/c3t1/0007C3T0001F002.jpg',
    '0007/c3/0007C3T0002F001.jpg',
  ]);
  const { lost, tracklets } = await imageFolder.plan(set, { sides: false }, quiet);
  expect(tracklets).toBe(6);
  expect(lost.find(({ aspect }) => aspect === 'sides')).toMatchObject({ count: 5, message: 'Sides are left out, as was asked for.' });
});

test('what is lost is counted, with its first places', async () => {
  const { lost } = await imageFolder.plan(set, { sides: true }, quiet);
  expect(lost.find(({ aspect }) => aspect === 'tracklets')).toEqual({
    aspect: 'tracklets',
    message: 'Tracklets without a side are not written beside those of train, query and gallery; sides=false writes all.',
    where: '0007/c3',
    count: 1,
  });
  expect(lost.filter(({ aspect }) => aspect === 'values').map(({ message, count }) => [message, count])).toEqual([
    ['Values of "visibility" have no place in this format.', 2],
    ['Values of "occluder" have no place in this format.', 1],
    ['Values of "hiddenParts" have no place in this format.', 1],
    ['Values of "note" have no place in this format.', 1],
  ]);
});
