/** The compute child that stays: what it has loaded for one task is there for the next (`interactive.ts`). Test: test/main/compute/interactive.test.ts. */
import { runResidentProgram } from '../jobs/childProgram.ts';
import { performFrom } from './performTask.ts';

runResidentProgram(performFrom(new URL('./tasks/', import.meta.url)));
