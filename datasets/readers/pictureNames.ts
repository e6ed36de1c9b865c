/**
 * Names of pictures in the grammars of the public person sets: they tell person, camera and frame, and are read where most pictures of a
 * folder follow one of them. Test: test/datasets/readers/pictureNames.test.ts.
 */
import { stemOf } from './pictures.ts';

export interface NameParts {
  /** −1 is junk, as MARS and Market mean it. */
  pid: number;
  camid: number;
  /** Tells visits of one person to one camera apart, such as a sequence or tracklet number; '' where the grammar has none. */
  visit: string;
  frame: number;
  /** Marked as a distractor by the name itself (Duke's D). */
  isDistractor: boolean;
}

export interface Grammar {
  title: string;
  /** Frames are numbered one by one, so that a missing number is a gap. */
  isConsecutive: boolean;
  parse(name: string): NameParts | null;
}

function grammar(title: string, pattern: RegExp, { isConsecutive = false, visitPrefix = '' } = {}): Grammar {
  return {
    title,
    isConsecutive,
    parse(name) {
      const groups = pattern.exec(stemOf(name))?.groups;
      if (groups === undefined) return null;
      const { pid = '', camera = '', visit, frame = '', mark = '' } = groups;
      return {
        pid: pid === '00-1' ? -1 : Number(pid),
        camid: Number(camera),
        visit: visit === undefined ? '' : `${visitPrefix}${Number(visit)}`,
        frame: Number(frame),
        isDistractor: mark.toUpperCase() === 'D',
      };
    },
  };
}

export const GRAMMARS: readonly Grammar[] = [
  // Old `0001C6F0099X30823`, new `0001_C6_F0099_X30823`; D in place of X marks distractors in some copies.
  grammar('DukeMTMC-VideoReID', /^(?<pid>-?\d{1,15})_?C(?<camera>\d{1,4})_?F(?<frame>\d{1,15})_?(?<mark>[XD])\d+$/i, { isConsecutive: true }),
  grammar('MARS', /^(?<pid>00-1|-?\d{1,15})C(?<camera>\d{1,4})T(?<visit>\d{1,15})F(?<frame>\d{1,15})$/i, { isConsecutive: true, visitPrefix: 'T' }),
  grammar('Market-1501', /^(?<pid>-?\d{1,15})_c(?<camera>\d{1,4})s(?<visit>\d{1,9})_(?<frame>\d{1,15})_\d+$/i, { visitPrefix: 's' }),
  grammar('DukeMTMC-reID', /^(?<pid>-?\d{1,15})_c(?<camera>\d{1,4})_f(?<frame>\d{1,15})$/i),
];

/** The grammar that at least half of the names follow, or null. */
export function grammarOf(names: readonly string[]): Grammar | null {
  let best: Grammar | null = null;
  let most = 0;
  for (const each of GRAMMARS) {
    const fit = names.filter((name) => each.parse(name) !== null).length;
    if (fit * 2 >= names.length && fit > most) {
      best = each;
      most = fit;
    }
  }
  return best;
}
