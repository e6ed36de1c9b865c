/** Opens the engine and says what was got. A child of its own does it, since a library that is there may still end the process that loads it. */
import { defineTask } from '../defineTask.ts';
import type { EngineReport } from '../protocol.ts';
import { openEngine, tensorflowBinding, type EngineOptions } from '../../engine/openEngine.ts';

/** What the engine is on this machine, for `tracklet doctor`. */
export interface ProbeTask {
  kind: 'probe';
  engine: EngineOptions;
}

export interface ProbeResult {
  engine: EngineReport;
  /** Of TensorFlow; empty without it. */
  deviceTypes: readonly string[];
}

declare module '../protocol.ts' {
  interface TaskKinds {
    probe: { task: ProbeTask; result: ProbeResult };
  }
}

export default defineTask({ id: 'probe', perform: probeJob });

export async function probeJob(task: ProbeTask): Promise<ProbeResult> {
  const { numTensorsNative: _native, ...engine } = await openEngine(task.engine);
  return { engine, deviceTypes: tensorflowBinding()?.deviceTypes ?? [] };
}
