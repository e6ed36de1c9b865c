/** Anything may stand where a picture should: only regular files are read, and the rest is refused at once. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRegularFile } from '../../../src-main/pixels/regularFile.ts';
import { temporaryFolder } from '../../support/project.ts';

function refused(path: string, code: string, says: RegExp): void {
  let error: unknown = null;
  try {
    readRegularFile(path);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown });
  expect((error as Error).message).toContain(path);
  // Nothing of these can be played.
  if (code === 'MEDIA_UNDECODABLE')
    expect((error as { remedy: string }).remedy).toMatch(
      /^(Put the picture itself in its place|Fetch it again from its source|Put a smaller picture in its place)\.$/,
    );
}

test('a file is read, also through a link', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'a'), 'content');
  symlinkSync('a', join(folder.path, 'b'));
  expect(Buffer.from(readRegularFile(join(folder.path, 'b'))).toString()).toBe('content');
});

test('what is not there, empty, or a folder', () => {
  using folder = temporaryFolder();
  refused(join(folder.path, 'gone.jpg'), 'MEDIA_MISSING', /is not there/);
  writeFileSync(join(folder.path, 'empty.jpg'), '');
  refused(join(folder.path, 'empty.jpg'), 'MEDIA_UNDECODABLE', /is empty \(0 bytes\)/);
  mkdirSync(join(folder.path, 'folder.jpg'));
  refused(join(folder.path, 'folder.jpg'), 'MEDIA_UNDECODABLE', /no regular file \(a folder\)/);
  symlinkSync('loop.jpg', join(folder.path, 'loop.jpg'));
  refused(join(folder.path, 'loop.jpg'), 'MEDIA_MISSING', /leads back to itself/);
});

// This test would hang if the pipe were opened as a file is.
test.skipIf(process.platform === 'win32')('a pipe that nobody writes to, a device, a socket', async () => {
  using folder = temporaryFolder();
  const pipe = join(folder.path, 'pipe.jpg');
  execFileSync('mkfifo', [pipe]);
  refused(pipe, 'MEDIA_UNDECODABLE', /no regular file \(a pipe/);
  refused('/dev/zero', 'MEDIA_UNDECODABLE', /no regular file/);
  const socket = join(folder.path, 'socket.jpg');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  refused(socket, 'MEDIA_MISSING', /cannot be read/);
  server.close();
});
