/** Weights from a file of either kind, told apart by their first bytes: a PyTorch checkpoint or safetensors. Test: test/main/engine/readWeights.test.ts. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readPth } from '../../datasets/readers/pth.ts';
import { readSafetensors } from '../../models/train/safetensors.ts';
import type { StateDict } from '../../models/train/stateDict.ts';

/** @throws FILE_UNREADABLE, or FILE_INVALID saying what is wrong with the file */
export async function readWeights(path: string): Promise<StateDict> {
  const bytes = new Uint8Array(await readFile(path));
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const pickle = bytes[0] === 0x80 && bytes[1] !== undefined && bytes[1] <= 5;
  return zip || (pickle && bytes[7] !== 0) ? readPth(bytes, basename(path)) : readSafetensors(bytes).tensors;
}
