/** Opens the engine and says what was got. A child of its own does it, since a library that is there may still end the process that loads it. */
import type { EngineReport, ProbeTask } from '../protocol.ts';
import { openEngine, tensorflowBinding } from '../../engine/openEngine.ts';

export interface ProbeResult {
  engine: EngineReport;
  /** Of TensorFlow; empty without it. */
  deviceTypes: readonly string[];
}

export async function probeJob(task: ProbeTask): Promise<ProbeResult> {
  const { numTensorsNative: _native, ...engine } = await openEngine(task.engine);
  return { engine, deviceTypes: tensorflowBinding()?.deviceTypes ?? [] };
}
