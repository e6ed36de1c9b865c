/** Calls of domain `media`; pictures themselves go by address (media/routes.ts).Test: test/main/features/plainHandlers.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../context.ts';

export function createMediaHandlers({ db }: HostContext): Pick<Handlers, 'media.boxes'> {
  return {
    'media.boxes': (input) => {
      if (input.to < input.from) throw new AppError('BAD_INPUT', `media.boxes: "to" (${input.to}) lies before "from" (${input.from}).`, { key: 'to' });
      return db.read('media', 'boxes', input);
    },
  };
}
