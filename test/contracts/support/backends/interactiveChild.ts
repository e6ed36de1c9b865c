/** The same that stays. */
import { runResidentProgram } from '../../../../src-main/jobs/childProgram.ts';
import { performFrom } from '../../../../src-main/compute/performTask.ts';

runResidentProgram(performFrom(new URL('./tasks/', import.meta.url)));
