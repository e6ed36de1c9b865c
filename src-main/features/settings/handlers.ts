/** Calls of domain `settings`.Test: test/main/features/plainHandlers.test.ts. */
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { isEngineSetting } from '../../../src-shared/engineSettings.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { isProgramSetting, PROGRAM_SETTINGS, type ProgramSetting } from '../../../src-shared/programSettings.ts';
import { settingProblem } from '../../../src-shared/settingValues.ts';
import type { HostContext } from '../context.ts';
import type { EngineService } from '../engine/service.ts';
import { findFfmpeg } from '../../media/ffmpegBinary.ts';

export function createSettingsHandlers(
  context: HostContext,
  engine: Pick<EngineService, 'refuseLibrary' | 'settingsChanged'>,
): Pick<Handlers, 'settings.get' | 'settings.set'> {
  const { settings, jobs } = context;
  return {
    'settings.get': () => settings.all(),
    'settings.set': async ({ key, value }, { isRemote }) => {
      // Taking one back runs nothing that the program would not have found by itself.
      if (isRemote && isProgramSetting(key) && value !== null) throw refusal(key);
      const problem = settingProblem(key, value, availableParallelism());
      if (problem !== null) throw new AppError('BAD_INPUT', problem, { key });
      if (key === 'engine.tensorflow' && typeof value === 'string') await engine.refuseLibrary(value);
      if (key === 'ffmpeg' && value !== null) await refuseFfmpeg(value);
      await settings.set(key, value);
      if (isEngineSetting(key)) {
        engine.settingsChanged();
        await jobs.lookAgain();
      }
      return {};
    },
  };
}

/** Throws where a path leads to no ffmpeg that answers. */
async function refuseFfmpeg(path: unknown): Promise<void> {
  if (typeof path !== 'string' || !isAbsolute(path))
    throw new AppError('BAD_INPUT', `The place of ffmpeg is the full path of a program, not ${JSON.stringify(path)}.`, { key: 'ffmpeg' });
  await findFfmpeg({}, { ffmpeg: path });
}

function refusal(key: ProgramSetting): AppError {
  const { title, command, variable } = PROGRAM_SETTINGS[key];
  return new AppError(
    'UNAUTHORISED',
    `The place of ${title} names a program to run, so it cannot be set from a page.`,
    { key },
    { remedy: `Set it with "${command}", with the variable ${variable}, or in the settings of the desktop window.` },
  );
}
