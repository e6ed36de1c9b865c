/**
 * Every setting there is, and what fits it: a message may keep nothing else in the user's file. Test: test/shared/settingValues.test.ts.
 */
import { engineSettingProblem, isEngineSetting } from './engineSettings.ts';

const OWN: Record<string, (value: unknown) => string | null> = {
  theme: (value) => (value === 'dark' || value === 'light' || value === 'system' ? null : 'The theme is dark, light or system.'),
  annotator: (value) => (typeof value === 'string' && value.length <= 100 ? null : 'The name of the annotator is a text of at most 100 characters.'),
  keys: (value) => (isKeys(value) ? null : 'The keys are lists of at most 16 keys by command.'),
  ffmpeg: (value) => (typeof value === 'string' && value !== '' ? null : `The place of ffmpeg is the full path of a program, not ${JSON.stringify(value)}.`),
};

/** A sentence, when there is no such setting or the value does not fit it. null takes a setting back, also one of another version. */
export function settingProblem(key: string, value: unknown, cores: number): string | null {
  if (value === null || value === undefined) return null;
  if (isEngineSetting(key)) return engineSettingProblem(key, value, cores);
  const problem = Object.hasOwn(OWN, key) ? OWN[key] : undefined;
  return problem ? problem(value) : `There is no setting "${key}"; there are ${Object.keys(OWN).join(', ')} and engine.*.`;
}

function isKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const lists = Object.values(value);
  const isList = (list: unknown): boolean => Array.isArray(list) && list.length <= 16 && list.every((key) => typeof key === 'string' && key.length <= 40);
  return lists.length <= 1000 && lists.every(isList);
}
