/** Wheels made on the spot, and a Python that only knows `-m pip download`: it copies a wheel, as slowly or as wrongly as a test wants. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import type { PartSpec } from '../../../../src-main/platform/provision/spec.ts';

export interface Workshop {
  folder: string;
  root: string;
  python: string;
  part: PartSpec;
  wheelPath: string;
  /** How often pip was asked. */
  downloads(): number;
  behave(script: string): void;
}

export const PROGRAM = 'tool/bin/program';
export const LIBRARY = 'tool/lib/library.so';

/** Deflated and stored, a licence, and a member that nobody wants. */
export function wheelBytes(library: Uint8Array = Buffer.alloc(300_000, 'library ')): Uint8Array {
  const members: Zippable = {
    [LIBRARY]: library,
    [PROGRAM]: [new TextEncoder().encode('#!/bin/sh\necho program\n'), { level: 0, os: 3, attrs: 0o100755 << 16 }],
    'tool/unwanted.txt': new TextEncoder().encode('nobody wants this'),
    'tool-1.0.dist-info/METADATA': new TextEncoder().encode('Name: tool\n'),
  };
  return zipSync(members, { level: 6 });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function partOf(wheel: Uint8Array, unpackedSize = 300_100): PartSpec {
  const needed = [/^tool\/lib\/library\.so$/, /^tool\/bin\/program$/];
  return {
    id: 'tool',
    title: 'the tool',
    unpackedSize,
    isProgram: (member) => member === PROGRAM,
    wheels: [
      {
        distribution: 'tool',
        version: '1.0',
        platforms: ['any'],
        sha256: sha256(wheel),
        size: wheel.length,
        wants: (member) => needed.some((pattern) => pattern.test(member)) || member.endsWith('/METADATA'),
        needs: needed,
      },
    ],
  };
}

export function openWorkshop(wheel: Uint8Array = wheelBytes()): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'provision-'));
  const root = join(folder, 'native');
  mkdirSync(root);
  const wheelPath = join(folder, 'tool-1.0-py3-none-any.whl');
  writeFileSync(wheelPath, wheel);
  const python = join(folder, 'python');
  const calls = join(folder, 'calls.txt');
  writeFileSync(calls, '');
  const behave = (script: string): void => {
    writeFileSync(
      python,
      `#!/bin/sh
echo "$@" >> '${calls}'
while [ $# -gt 0 ]; do [ "$1" = --dest ] && dest="$2"; shift; done
wheel='${wheelPath}'
${script}
`,
    );
    chmodSync(python, 0o755);
  };
  behave('cp "$wheel" "$dest/"');
  return { folder, root, python, part: partOf(wheel), wheelPath, behave, downloads: () => readFileSync(calls, 'utf8').split('\n').length - 1 };
}
