/** Calls of domain `engine`. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { EngineService } from './service.ts';

export function createEngineHandlers(engine: EngineService): Pick<Handlers, 'engine.status' | 'engine.setup' | 'engine.try'> {
  return {
    'engine.status': () => engine.status(),
    'engine.setup': () => engine.setup(),
    'engine.try': (_input, { signal }) => engine.try(signal),
  };
}
