import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { circumstancesOf } from '../../../src-main/db/circumstances.ts';
import { openConnection } from '../../../src-main/db/connection.ts';
import { temporaryFolder } from '../../support/project.ts';

test('what stands in the way is found out without opening the file', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'project.sqlite');
  expect(circumstancesOf(file)).toMatchObject({ opening: 'ENOENT', isFull: false });
  writeFileSync(file, '');
  expect(circumstancesOf(file).opening).toBeNull();
  expect(circumstancesOf(join(file, 'below')).opening).toBe('ENOTDIR');
});

test.runIf(process.platform === 'linux')('a limit on the size of files is seen', () => {
  const module = fileURLToPath(new URL('../../../src-main/db/circumstances.ts', import.meta.url));
  const script = `import(${JSON.stringify(module)}).then((m) => console.log(m.circumstancesOf('/tmp').hasSizeLimit))`;
  const limited = (limit: string): string =>
    spawnSync('sh', ['-c', `ulimit -f ${limit} && exec "$1" --disable-warning=ExperimentalWarning -e "$2"`, 'sh', process.execPath, script], {
      encoding: 'utf8',
    }).stdout;
  expect(limited('100000')).toBe('true\n');
  expect(limited('unlimited')).toBe('false\n');
});

test('a database that is not there says so', () => {
  using folder = temporaryFolder();
  expect(() => openConnection(join(folder.path, 'none.sqlite'), 'write')).toThrow(/none\.sqlite could not be opened: it does not exist \(ENOENT\)/);
});
