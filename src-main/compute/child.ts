/**
 * The compute child of one task: takes it from the host over IPC, does it, reports and leaves. It opens no
 * database, and writes nothing but files of its run.
 * Test: test/main/compute/child.test.ts.
 */
import { runChildProgram } from '../jobs/childProgram.ts';
import { performFrom } from './performTask.ts';

runChildProgram(performFrom(new URL('./tasks/', import.meta.url)));
