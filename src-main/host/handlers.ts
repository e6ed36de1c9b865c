/**
 * Joins the handlers of all domains. A call of the contract without a handler is a compile error here.
 * A new domain adds one line.
 */
import type { Handlers } from '../../src-shared/contract.ts';
import { createFilesHandlers } from '../features/files/handlers.ts';
import { createProjectHandlers } from '../features/project/handlers.ts';
import { createSettingsHandlers } from '../features/settings/handlers.ts';
import type { HostContext } from './context.ts';

export function createHandlers(context: HostContext): Partial<Handlers> {
  return {
    ...createProjectHandlers(context),
    ...createSettingsHandlers(context),
    ...createFilesHandlers(),
  };
}
