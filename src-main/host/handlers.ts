/**
 * Joins the handlers of all domains. A call of the contract without a handler is a compile error here.
 * A new domain adds one line.
 */
import type { Handlers } from '../../src-shared/contract/index.ts';
import { createAnnotationsHandlers } from '../features/annotations/handlers.ts';
import { copyBefore } from '../features/backups/bulk.ts';
import { createBackupsHandlers } from '../features/backups/handlers.ts';
import { createCompareHandlers } from '../features/compare/handlers.ts';
import { createDatasetsHandlers } from '../features/datasets/handlers.ts';
import { createEngineHandlers } from '../features/engine/handlers.ts';
import { createEvaluationsHandlers } from '../features/evaluations/handlers.ts';
import { createExportsHandlers } from '../features/exports/handlers.ts';
import { createFilesHandlers } from '../features/files/handlers.ts';
import { createHistoryHandlers } from '../features/history/handlers.ts';
import { createImportsHandlers } from '../features/imports/handlers.ts';
import { createJobsHandlers } from '../features/jobs/handlers.ts';
import { createMediaHandlers } from '../features/media/handlers.ts';
import { createMethodsHandlers } from '../features/methods/handlers.ts';
import { createProjectHandlers } from '../features/project/handlers.ts';
import { createRunsHandlers } from '../features/runs/handlers.ts';
import { createSettingsHandlers } from '../features/settings/handlers.ts';
import { createSplitsHandlers } from '../features/splits/handlers.ts';
import { createSynthHandlers } from '../features/synth/handlers.ts';
import { createTrackletsHandlers } from '../features/tracklets/handlers.ts';
import { createTrashHandlers } from '../features/trash/handlers.ts';
import type { HostContext } from '../features/context.ts';
import type { Services } from '../features/services.ts';

export function createHandlers(context: HostContext, { engine, methods, runs, evaluations, compare }: Services): Handlers {
  const handlers = {
    ...createProjectHandlers(context),
    ...createSettingsHandlers(context, engine),
    ...createFilesHandlers(),
    ...createDatasetsHandlers(context),
    ...createImportsHandlers(context),
    ...createSplitsHandlers(context),
    ...createExportsHandlers(context),
    ...createTrackletsHandlers(context),
    ...createAnnotationsHandlers(context),
    ...createMediaHandlers(context),
    ...createHistoryHandlers(context),
    ...createJobsHandlers(context),
    ...createEngineHandlers(engine),
    ...createMethodsHandlers(methods),
    ...createRunsHandlers(context, runs),
    ...createEvaluationsHandlers(context, evaluations),
    ...createCompareHandlers(compare),
    ...createSynthHandlers(context),
    ...createTrashHandlers(context),
    ...createBackupsHandlers(context),
  };
  return copyBefore(handlers, (reason) => context.backups.before(reason));
}
