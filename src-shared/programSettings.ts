/**
 * Settings that name a program or library to run. Whoever sets one runs code as the user, so no message over a socket may: they are set on
 * the command line, by the environment, or in a dialog of the desktop window. Test: test/main/features/programSettings.test.ts.
 */

export const PROGRAM_SETTINGS = {
  'engine.tensorflow': { title: 'TensorFlow', command: 'tracklet settings set engine.tensorflow <path>', variable: 'TRACKLET_TENSORFLOW' },
  ffmpeg: { title: 'ffmpeg', command: 'tracklet settings set ffmpeg <path>', variable: 'FFMPEG_PATH' },
} as const;

export type ProgramSetting = keyof typeof PROGRAM_SETTINGS;

export function isProgramSetting(key: string): key is ProgramSetting {
  return Object.hasOwn(PROGRAM_SETTINGS, key);
}
