/**
 * `tracklet settings [list|set|remove]`: the user's settings, those that name programs to run among them, which a page may not set.
 * A program that is open sees a change at its next look. Test: test/main/features/programSettings.test.ts.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { isEngineSetting } from '../../../src-shared/engineSettings.ts';
import { isProgramSetting } from '../../../src-shared/programSettings.ts';
import { settingProblem } from '../../../src-shared/settingValues.ts';
import { defineCommand, UsageError } from '../command.ts';

export default defineCommand({
  id: 'settings',
  positionals: ['[list|set|remove]', '[key]', '[value]'],
  summary: 'Show and change settings of this user, such as the place of ffmpeg',
  options: {},
  async run(args, io) {
    const { userPaths } = await import('../../platform/paths.ts');
    const { openSettings } = await import('../../platform/settings.ts');
    const { openLog } = await import('../../platform/log.ts');
    const settings = await openSettings(join(userPaths().home, 'settings.json'), openLog('silent'));
    const [action = 'list', key, text] = args.positionals;
    if (action === 'set') {
      if (key === undefined || text === undefined)
        throw new UsageError('"settings set" needs a key and a value, such as: tracklet settings set ffmpeg <path>.');
      await settings.set(key, await checkedValue(key, text));
    } else if (action === 'remove') {
      if (key === undefined) throw new UsageError('"settings remove" needs a key.');
      await settings.set(key, null);
    } else if (action !== 'list') throw new UsageError(`"settings ${action}" is not known; use list, set or remove.`);
    const all = settings.all();
    if (io.json) return io.out(JSON.stringify(all));
    const lines = Object.entries(all).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
    io.out(lines.length > 0 ? lines.join('\n') : 'No setting differs from its default.');
  },
});

async function checkedValue(key: string, text: string): Promise<unknown> {
  if (isProgramSetting(key)) {
    const path = resolve(text);
    if (key === 'ffmpeg') await (await import('../../media/ffmpegBinary.ts')).findFfmpeg({}, { ffmpeg: path });
    else await (await import('../../features/engine/setup.ts')).refuseLibrary(path);
    return path;
  }
  if (!isEngineSetting(key) && key !== 'annotator' && key !== 'theme')
    throw new UsageError(`There is no setting "${key}" to set here; there are annotator, theme, ffmpeg and engine.* (see "tracklet engine set --help").`);
  const value =
    key === 'annotator' || key === 'theme' ? text : /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text === 'true' ? true : text === 'false' ? false : text;
  const problem = settingProblem(key, value, availableParallelism());
  if (problem !== null) throw new UsageError(`${key}: ${problem}`);
  return value;
}
