/** Per-frame hidden share in deciles, as in Occluded-DukeMTMC-VideoReID: 0 = nothing hidden, k = (k−1)·10 to k·10 % of the person. */
import { scoresOf } from '../derive.ts';
import { defineField } from '../field.ts';
import { valuedFrames } from '../hiddenShare.ts';

export default defineField<number>({
  id: 'visibility',
  title: 'Visibility',
  help: 'How much of the person is hidden: 0 nothing, k up to k·10 %, 10 all',
  scope: 'frame',
  widget: 'score',
  choices: [],
  order: 0,
  parse: (value) => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10 ? value : null),
  interpolate: (from, to, fraction) => Math.round(from + (to - from) * fraction),
  describe: (value) =>
    value === 0 ? 'Nothing hidden' : value === 1 ? 'Up to 10 % of the person hidden' : `${(value - 1) * 10}–${value * 10} % of the person hidden`,
  merge: (a, b) => Math.max(a, b),
  exportName: 'visibility',
  // The share of hidden frames is filtered and counted in bins of its own (`hiddenShare.ts`).
  facet: null,
  statistics: null,
  columns: {
    kinds: { visibility: 'scores', with_value: 'frames', hidden_frames: 'frames', hidden_max: 'score' },
    derive({ frames, of }) {
      const visibility = scoresOf(of('visibility'), frames);
      const { withValue, hiddenFrames } = valuedFrames(visibility);
      const isNone = withValue === 0;
      return {
        visibility: isNone ? null : new Uint8Array(visibility.buffer),
        with_value: withValue,
        hidden_frames: hiddenFrames,
        hidden_max: isNone ? null : visibility.reduce((most, value) => Math.max(most, value)),
      };
    },
  },
});
