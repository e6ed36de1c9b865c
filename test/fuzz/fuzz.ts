/** Runs a target on its corpus and on changed copies of it, and tells what broke its promise. */
import { AppError } from '../../src-shared/errors.ts';
import { mutate } from './mutate.ts';
import type { FuzzTarget } from './targets.ts';

export interface FuzzReport {
  inputs: number;
  accepted: number;
  refused: number;
  findings: { input: Uint8Array; what: string }[];
}

const LABEL = 'some file.bin';
/** Numbers become at most twice as wide as float32, and small files may still hold a little. */
const OUTPUT_PER_WORK = 8;

export async function fuzz(
  target: FuzzTarget,
  { mutations, random, onInput }: { mutations: number; random: () => number; onInput?: (index: number, input: Uint8Array) => void },
): Promise<FuzzReport> {
  const report: FuzzReport = { inputs: 0, accepted: 0, refused: 0, findings: [] };
  const pick = (): Uint8Array => target.corpus[Math.floor(random() * target.corpus.length)] ?? new Uint8Array(0);
  for (const input of target.corpus) await tryOne(input);
  for (let index = 0; index < mutations; index++) await tryOne(mutate(pick(), pick(), random));
  return report;

  async function tryOne(input: Uint8Array): Promise<void> {
    onInput?.(report.inputs, input);
    report.inputs++;
    const budget = target.budget(input);
    try {
      const bytes = await target.read(input, LABEL, budget);
      report.accepted++;
      if (bytes > OUTPUT_PER_WORK * budget.limit) report.findings.push({ input, what: `${bytes} bytes came out of ${input.length}` });
    } catch (error) {
      report.refused++;
      if (!(error instanceof AppError) || !error.message.includes(LABEL)) report.findings.push({ input, what: String(error) });
    }
    if (budget.used > budget.limit) report.findings.push({ input, what: `it cost ${budget.used}, more than ${budget.limit}` });
  }
}
