/**
 * The records of a data set in a file, between the host that reads the database and the child that exports: pieces of v8-serialised rows, each behind its
 * length. Test: test/main/features/exports/exports.test.ts.
 */
import { deserialize, serialize } from 'node:v8';
import type { RecordSource } from '../../../datasets/exporter.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import { openRegular } from '../../platform/openRegular.ts';
import type { ExportHead, StoredItem } from './table.ts';

export interface StoredSource extends RecordSource {
  total: number;
  tracklets(): AsyncIterable<StoredItem>;
}

/** `parts` come as the database gives them; one is held at a time. */
export async function writeRecords(path: string, head: ExportHead, parts: AsyncIterable<readonly StoredItem[]>): Promise<void> {
  try {
    const file = await openRegular(path, 'write');
    try {
      await file.writeFile(framed(head));
      for await (const part of parts) await file.writeFile(framed(part));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof AppError ? error : fileError(error, path, 'written');
  }
}

function framed(value: unknown): Buffer {
  const bytes = serialize(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export async function openRecords(path: string): Promise<StoredSource> {
  const { name, licence, origin, tracklets, cameras, identities, beyond } = await headOf(path);
  return {
    name,
    licence,
    origin,
    beyond,
    total: tracklets,
    cameras: async () => cameras,
    identities: async () => identities,
    async *tracklets() {
      let isHead = true;
      for await (const piece of pieces(path)) {
        if (!isHead) yield* piece as StoredItem[];
        isHead = false;
      }
    },
  };
}

async function headOf(path: string): Promise<ExportHead> {
  for await (const head of pieces(path)) return head as ExportHead;
  throw new AppError('INTERNAL', `The list of records ${path} is empty.`);
}

async function* pieces(path: string): AsyncGenerator<unknown, void, undefined> {
  const file = await openRegular(path, 'read');
  try {
    for (let at = 0; ;) {
      const length = Buffer.alloc(4);
      if ((await file.read(length, 0, 4, at)).bytesRead < 4) return;
      const bytes = Buffer.alloc(length.readUInt32LE());
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at + 4);
      if (bytesRead < bytes.length) throw new AppError('INTERNAL', `The list of records ${path} is cut off.`);
      yield deserialize(bytes);
      at += 4 + bytes.length;
    }
  } finally {
    await file.close();
  }
}
