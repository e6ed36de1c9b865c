/** An ffmpeg for tests that decode: one that the program would find on this machine, else null, and then a test says why it skips. */
import { findFfmpeg } from '../../src-main/media/ffmpegBinary.ts';
import { userPaths } from '../../src-main/platform/paths.ts';

export const ffmpeg = await findFfmpeg({ provisioned: userPaths().provisioned });
