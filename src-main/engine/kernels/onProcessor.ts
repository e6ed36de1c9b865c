/** Where recorded steps choose other ways than on a card. Test: test/main/engine/tiledConvolution.test.ts. */
import type { NodeBackend } from '../tensorflowBackend.ts';

/** Whether oneDNN computes; cuDNN does on a card. */
export function onProcessor({ binding }: NodeBackend): boolean {
  return !binding.deviceTypes.includes('GPU');
}
