/** One thread of the project's database. Started by `db/database.ts` at the address that database.ts beside this file gives. */
import { serveDatabase } from '../db/worker.ts';
import { workerProgram } from './threadPrograms.ts';

await serveDatabase(workerProgram);
