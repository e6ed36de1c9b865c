/** Calls of domain `engine`. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../../host/context.ts';
import { computeServices } from '../../jobs/computeServices.ts';

export function createEngineHandlers(context: HostContext): Pick<Handlers, 'engine.status' | 'engine.setup' | 'engine.try'> {
  const { engine } = computeServices(context);
  return {
    'engine.status': () => engine.status(),
    'engine.setup': () => engine.setup(),
    'engine.try': (_input, { signal }) => engine.try(signal),
  };
}
