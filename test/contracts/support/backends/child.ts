/** A compute child whose tasks are played: `tasks/plays.ts`. */
import { runChildProgram } from '../../../../src-main/jobs/childProgram.ts';
import { performFrom } from '../../../../src-main/compute/performTask.ts';

runChildProgram(performFrom(new URL('./tasks/', import.meta.url)));
