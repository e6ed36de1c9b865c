/** Files on disks that stop answering: given up by an injected clock, and never in the way of others. The threads are made by hand. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { createFileThreads, fileThreads, type FileThread } from '../../../src-main/pixels/fileThreads.ts';
import type { FileQuestion, FileReply } from '../../../src-main/pixels/fileThread.ts';
import type { ErrorShape } from '../../../src-shared/errors.ts';

interface HandThread extends FileThread {
  asked: FileQuestion | null;
  answer(reply?: FileReply): void;
  die(): void;
  ended: boolean;
}

function byHand(options: { threads?: number; ofOneRoot?: number } = {}) {
  const made: HandThread[] = [];
  const timers = new Set<() => void>();
  const threads = createFileThreads({
    threads: 3,
    ofOneRoot: 2,
    ...options,
    start() {
      let reply: (reply: FileReply) => void = () => undefined;
      let end: (reason: string) => void = () => undefined;
      const thread: HandThread = {
        asked: null,
        ended: false,
        post: (question) => (thread.asked = question),
        onReply: (listener) => (reply = listener),
        onEnd: (listener) => (end = listener),
        hold: () => undefined,
        end: () => (thread.ended = true),
        answer(said = { answer: { kind: 'file', size: 1 } }) {
          thread.asked = null;
          reply(said);
        },
        die: () => end('exit code 1'),
      };
      made.push(thread);
      return thread;
    },
    later(_milliseconds, work) {
      timers.add(work);
      return () => timers.delete(work);
    },
  });
  const paths = (): (string | undefined)[] => made.map((thread) => thread.asked?.path);
  const pass = (): void => {
    for (const work of [...timers]) {
      timers.delete(work);
      work();
    }
  };
  return { threads, made, paths, pass };
}

const missing = { code: 'MEDIA_MISSING', message: expect.stringMatching(/does not answer/) as unknown };

test('two threads at most wait for one root; another root is served meanwhile', async () => {
  const { threads, made, paths } = byHand();
  for (const name of ['1', '2', '3']) threads.ask('stat', `/share/${name}`, { root: '/share' }).catch(() => undefined);
  const other = threads.ask('stat', '/disk/a', { root: '/disk' });
  expect(paths()).toEqual(['/share/1', '/share/2', '/disk/a']);
  made[2]?.answer();
  expect(await other).toEqual({ kind: 'file', size: 1 });
});

test('what does not answer in time is given up, what waits for the same root is refused at once, and others go on', async () => {
  const { threads, made, paths, pass } = byHand();
  const stuck = ['1', '2', '3'].map((name) => threads.ask('stat', `/share/${name}`, { root: '/share' }).catch((error: unknown) => error));
  pass();
  for (const error of await Promise.all(stuck)) expect(error).toMatchObject(missing);
  expect(threads.lost()).toBe(2);
  await expect(threads.ask('stat', '/share/4', { root: '/share' })).rejects.toMatchObject(missing);
  // Three fresh threads for others, although two are lost.
  const others = ['a', 'b', 'c'].map((name) => threads.ask('stat', `/disk/${name}`, { root: `/disk${name}` }));
  expect(paths()).toEqual(['/share/1', '/share/2', '/disk/a', '/disk/b', '/disk/c']);
  for (const thread of made.slice(2)) thread.answer();
  await Promise.all(others);
});

test('a root that answers again is asked again; the threads that were lost to it end', async () => {
  const { threads, made, pass } = byHand();
  const stuck = ['1', '2'].map((name) => threads.ask('stat', `/share/${name}`, { root: '/share' }).catch((error: unknown) => error));
  pass();
  await Promise.all(stuck);
  made[0]?.answer();
  await expect(threads.ask('stat', '/share/5', { root: '/share' })).rejects.toMatchObject(missing);
  made[1]?.answer();
  expect([threads.lost(), made[0]?.ended, made[1]?.ended]).toEqual([0, true, true]);
  const again = threads.ask('stat', '/share/6', { root: '/share' });
  made[2]?.answer();
  expect(await again).toMatchObject({ kind: 'file' });
});

test('threads are used again, errors carry their code, and a thread that dies takes one question with it', async () => {
  const { threads, made } = byHand({ threads: 1, ofOneRoot: 1 });
  const first = threads.ask('stat', '/d/1');
  const second = threads.ask('stat', '/d/2');
  made[0]?.answer();
  await first;
  made[0]?.answer({ error: { code: 'MEDIA_MISSING', message: 'The picture /d/2 is not there.', remedy: '', params: {} } });
  await expect(second).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
  const third = threads.ask('stat', '/d/3');
  made[0]?.die();
  await expect(third).rejects.toMatchObject({ code: 'INTERNAL' });
  const fourth = threads.ask('stat', '/d/4');
  expect(made).toHaveLength(2);
  made[1]?.answer();
  await fourth;
});

test('a question that nobody waits for any more is not asked', async () => {
  const { threads, made, paths } = byHand({ threads: 1, ofOneRoot: 1 });
  const first = threads.ask('stat', '/d/1');
  const leaving = new AbortController();
  const second = threads.ask('stat', '/d/2', { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await expect(second).rejects.toThrow('left');
  made[0]?.answer();
  await first;
  expect(paths()).toEqual([undefined]);
});

test('whoever asks again and again under one signal leaves no listener on it, however the question ends', async () => {
  const { threads, made, pass } = byHand({ threads: 1, ofOneRoot: 1 });
  const { signal } = new AbortController();
  const answered = threads.ask('stat', '/d/1', { signal });
  const failed = threads.ask('stat', '/d/2', { signal });
  const stuck = threads.ask('stat', '/d/3', { signal });
  expect(getEventListeners(signal, 'abort')).toHaveLength(3);
  made[0]?.answer();
  await answered;
  made[0]?.answer({ error: { code: 'MEDIA_MISSING', message: 'gone' } as ErrorShape });
  await expect(failed).rejects.toThrow('gone');
  pass();
  await expect(stuck).rejects.toMatchObject(missing);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('real threads answer', async () => {
  const path = new URL('../../golden/pictures/orientation6.jpg', import.meta.url).pathname;
  expect(await fileThreads().ask('header', path)).toMatchObject({ format: 'jpeg', width: 30, height: 21, orientation: 6, plain: false });
  expect(await fileThreads().ask('stat', `${path}/nothing`)).toBeNull();
  await expect(fileThreads().ask('bytes', '/nowhere/a.jpg')).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
});
