/** Calls of domain `settings`. */
import type { Handlers } from '../../../src-shared/contract.ts';
import type { HostContext } from '../../host/context.ts';

export function createSettingsHandlers({ settings }: HostContext): Pick<Handlers, 'settings.get' | 'settings.set'> {
  return {
    'settings.get': () => settings.all(),
    'settings.set': async ({ key, value }) => {
      await settings.set(key, value);
      return {};
    },
  };
}
