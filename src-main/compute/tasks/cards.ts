/**
 * The NVIDIA cards of this machine: a task, since a driver that hangs must not hold the host. Test: test/main/features/engineSetup.test.ts.
 */
import { cudaDevices, type CudaDevice } from '../../engine/cudaDevices.ts';
import { defineTask } from '../defineTask.ts';

export interface CardsTask {
  kind: 'cards';
}

declare module '../protocol.ts' {
  interface TaskKinds {
    cards: { task: CardsTask; result: CudaDevice[] };
  }
}

export default defineTask({ id: 'cards', perform: async () => cudaDevices() });
