/** Calls of domain `settings`. */
import { availableParallelism } from 'node:os';
import type { Handlers } from '../../../src-shared/contract.ts';
import { engineSettingProblem, isEngineSetting } from '../../../src-shared/engineSettings.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../../host/context.ts';
import { computeServices } from '../../jobs/computeServices.ts';

export function createSettingsHandlers(context: HostContext): Pick<Handlers, 'settings.get' | 'settings.set'> {
  const { settings, jobs } = context;
  const { engine } = computeServices(context);
  return {
    'settings.get': () => settings.all(),
    'settings.set': async ({ key, value }) => {
      const problem = engineSettingProblem(key, value, availableParallelism());
      if (problem !== null) throw new AppError('BAD_INPUT', problem, { key });
      if (key === 'engine.tensorflow' && typeof value === 'string') await engine.refuseLibrary(value);
      await settings.set(key, value);
      if (isEngineSetting(key)) {
        engine.settingsChanged();
        await jobs.lookAgain();
      }
      return {};
    },
  };
}
