/** What computes: its state, and what this machine has for it. Conventions: contract/index.ts. */
import { z } from 'zod';
import { none, query } from './call.ts';

const engineStatus = z.object({
  state: z.enum(['unknown', 'provisioning', 'ready', 'failed']),
  engine: z.string().nullable(),
  device: z.string().nullable(),
  version: z.string().nullable(),
  threads: z.number().nullable(),
  message: z.string().nullable(),
});

/** What this machine has for the engine, known without starting it. */
const engineSetup = z.object({
  /** Threads of a job where none are set. */
  cores: z.int(),
  /** NVIDIA cards in the order of their numbers. */
  cards: z.array(z.string()),
  /** The TensorFlow that the next job takes. */
  library: z.object({ path: z.string(), version: z.string().nullable(), source: z.enum(['setting', 'provisioned', 'python']) }).nullable(),
  /** What the next job fetches first, such as "TensorFlow 2.21.0"; null when it has what it needs. */
  fetches: z.string().nullable(),
  /** Why the setting for TensorFlow cannot be used. */
  problem: z.string().nullable(),
  /** What device "auto" takes, and why it is not the one before it in the order cuda, cpu, wasm. */
  auto: z.object({ device: z.enum(['cuda', 'cpu', 'wasm']), reason: z.string().nullable() }),
});

/** A device for one job, in place of the user's setting. */
export const deviceChoice = z.string().regex(/^(auto|cpu|wasm|cuda(:\d{1,2})?)$/, 'a device is auto, cpu, wasm, cuda or cuda:<number>');

export const engineCalls = {
  'engine.status': query('Which engine computes, on which device', none, engineStatus, ['Engine']),
  'engine.setup': query('What this machine has for the engine, known without starting it', none, engineSetup, ['Engine', 'Settings']),
  'engine.try': query('Start the engine as it is set, in a process of its own that ends again, and say what it got', none, engineStatus, []),
} as const;

export type EngineStatus = z.output<typeof engineStatus>;
export type EngineSetup = z.output<typeof engineSetup>;
