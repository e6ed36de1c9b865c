/** The tracklet and frame that were worked on last, where the tab of Annotate leads. */
import { isRecord, remembered } from '../../lib/remembered.ts';

export const lastPlace = remembered('annotate', (value): value is { id: number; at: number } => {
  return isRecord(value) && Number.isInteger(value['id']) && Number.isInteger(value['at']);
});
