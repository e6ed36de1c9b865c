// Decoded pictures: order, budget, cancelling, failures; and that a picture is never given for another frame.
import { describe, expect, it } from 'vitest';
import { Pictures, PictureRefused, prefetchOrder, type Picture } from '../../../src-renderer/canvas/pictures.ts';
import { settle } from './fakeHost.ts';

interface Fake extends Picture {
  index: number;
  closed: boolean;
}
function open(budget = 10 * 400, parallel = 2) {
  const asked: number[] = [];
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  const made: Fake[] = [];
  const pictures = new Pictures<Fake>({
    budgetBytes: budget,
    parallel,
    onChange: () => undefined,
    load(index, signal) {
      asked.push(index);
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        waiting.set(index, {
          reject,
          resolve() {
            const picture: Fake = { index, width: 10, height: 10, closed: false, close: () => void (picture.closed = true) };
            made.push(picture);
            resolve(picture);
          },
        });
      });
    },
  });
  const finish = async (index: number) => {
    waiting.get(index)?.resolve();
    await settle();
  };
  return { pictures, asked, waiting, made, finish };
}

describe('pictures', () => {
  it('load the most urgent first, few at a time', async () => {
    const { pictures, asked, finish } = open();
    pictures.want([5, 6, 4, 7]);
    expect(asked).toEqual([5, 6]);
    await finish(5);
    expect(asked).toEqual([5, 6, 4]);
    expect(pictures.get(5)?.index).toBe(5);
    expect(pictures.get(6)).toBeNull();
    expect(pictures.state(6)).toBe('loading');
  });

  it('drop what is no longer wanted and start with the new place', async () => {
    const { pictures, asked, finish } = open();
    pictures.want([1, 2, 3]);
    pictures.want([50, 51]);
    await settle();
    expect(asked).toEqual([1, 2, 50, 51]);
    await finish(50);
    expect(pictures.state(1)).toBe('none');
    expect(pictures.get(50)?.index).toBe(50);
  });

  it('stay within the budget, close what goes, and keep what is wanted nearest', async () => {
    const { pictures, made, finish } = open(4 * 400, 1);
    for (const index of [1, 2, 3, 4, 5, 6]) {
      pictures.want([index]);
      await finish(index);
      expect(pictures.bytes).toBeLessThanOrEqual(4 * 400);
    }
    expect(made.filter((picture) => picture.closed).map((picture) => picture.index)).toEqual([1, 2]);
    expect(pictures.get(6)?.index).toBe(6);
    pictures.close();
    expect(made.every((picture) => picture.closed)).toBe(true);
  });

  it('say why a picture is missing, and try again when asked', async () => {
    const { pictures, waiting, asked, finish } = open();
    pictures.want([3, 4]);
    waiting.get(3)!.reject(new Error('The video is gone.'));
    waiting.get(4)!.reject(new PictureRefused('It is another one.', true));
    await settle();
    expect(pictures.state(3)).toBe('failed');
    expect(pictures.failure(3)).toMatchObject({ reason: 'The video is gone.', isChanged: false });
    expect(pictures.failure(4)).toMatchObject({ reason: 'It is another one.', isChanged: true });
    pictures.want([3]);
    expect(asked).toEqual([3, 4]);
    pictures.retry();
    await finish(3);
    expect(pictures.state(3)).toBe('ready');
  });

  it('are fetched three ahead for each one behind, in the direction of travel', () => {
    expect(prefetchOrder(10, 1, 100, 6)).toEqual([10, 11, 9, 12, 13, 8, 14, 15, 16, 7]);
    expect(prefetchOrder(10, -1, 100, 3)).toEqual([10, 9, 11, 8, 7, 12]);
    expect(prefetchOrder(0, 1, 3, 60)).toEqual([0, 1, 2]);
    expect(prefetchOrder(0, 1, 100, 3, 4).slice(0, 5)).toEqual([0, 1, 4, 8, 12]);
  });
});
