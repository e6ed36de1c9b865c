// A child that behaves as its task says; plain JavaScript, so that nothing but the protocol is tested.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message.type === 'stop') process.send({ type: 'done', result: 'stopped politely' }, () => process.exit(0));
  if (message.type !== 'run') return;
  const { task } = message;
  if (task.pidFile) writeFileSync(task.pidFile, String(process.pid));
  if (task.does === 'answers') {
    process.send({ type: 'progress', done: 1, total: 2, values: new Float32Array([1.5, 2.5]) });
    process.send({ type: 'done', result: { sum: new Float64Array([0.1]) } }, () => process.disconnect());
  } else if (task.does === 'exits') {
    console.error('about to fall over');
    setTimeout(() => process.exit(7), 50);
  } else if (task.does === 'printsHalf') {
    process.stderr.write('noise\non stderr\nwithout an end', () => process.exit(3));
  } else if (task.does === 'printsThirty') {
    process.stdout.write(Array.from({ length: 30 }, (_, i) => `line ${i + 1}\n`).join(''), () => process.exit(3));
  } else if (task.does === 'asks') {
    process.on('message', (answer) => {
      if (answer.type === 'answer') process.send({ type: 'done', result: answer.n + 1 }, () => process.disconnect());
    });
    process.send({ type: 'question' });
  } else if (task.does === 'tells') {
    const told = { env: process.env.TRACKLET_TOLD, path: process.env.PATH !== undefined, flags: process.execArgv };
    process.send({ type: 'done', result: told }, () => process.disconnect());
  } else if (task.does === 'saysTwice') {
    process.send({ type: 'done', result: 'first' });
    process.send({ type: 'progress' });
    process.send({ type: 'error', error: { code: 'INTERNAL', message: 'second', remedy: '', params: {} } }, () => process.disconnect());
  } else if (task.does === 'segfaults') {
    process.kill(process.pid, 'SIGSEGV');
  } else if (task.does === 'fails') {
    process.send({ type: 'error', error: { code: 'DISK_FULL', message: 'The disk is full.', remedy: 'Free some.', params: {} } }, () => process.disconnect());
  } else if (task.does === 'spins') {
    for (;;);
  } else if (task.does === 'worksLong') {
    process.send({ type: 'slow' }, () => {
      const began = Date.now();
      while (Date.now() - began < 2500);
      process.send({ type: 'done', result: 'at last' }, () => process.disconnect());
    });
  } else if (task.does === 'prints') {
    for (let i = 0; i < 100000; i++) console.log(`line ${i} ${'x'.repeat(100)}`);
    process.send({ type: 'done', result: null }, () => process.disconnect());
  } else if (task.does === 'ignoresTerm') {
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1000);
    process.send({ type: 'ready' });
  } else if (task.does === 'startsAnother') {
    // It gets this one's pipes.
    const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    setInterval(() => undefined, 1000);
    process.send({ type: 'started', pid: other.pid });
  } else if (task.does === 'waits') {
    setInterval(() => undefined, 1000);
    process.send({ type: 'ready' });
  } else if (task.does === 'staysAfterDone') {
    setInterval(() => undefined, 1000);
    process.send({ type: 'done', result: 1 });
  }
});
