/**
 * How a value came to stand on a frame: a closed list that every range carries. Nothing counts as judged on a frame that nobody was shown.
 * Words for page and command line stand here too. Test: test/shared/fields/how.test.ts.
 */
export const HOWS = ['judged', 'accepted', 'entered', 'carried', 'interpolated', 'imported', 'computed'] as const;
export type How = (typeof HOWS)[number];

export const HOW_WORDS: Record<How, { title: string; help: string }> = {
  judged: { title: 'Judged', help: 'A person gave it while the picture of the frame was on the screen' },
  accepted: { title: 'Accepted', help: 'A person saw the frame and agreed to a value that stood there' },
  entered: { title: 'Entered', help: 'A person or a script set it; whether the frame was shown is not recorded' },
  carried: { title: 'Carried', help: 'A person carried it over a stretch; the frame was not on the screen then' },
  interpolated: { title: 'Interpolated', help: 'Filled between the values of a person' },
  imported: { title: 'Imported', help: 'Came with the data set' },
  computed: { title: 'Computed', help: 'A model or a rule made it' },
};

/** A person decided on this value, whether or not the frame was shown. */
export function isByPerson(how: How): boolean {
  return how === 'judged' || how === 'accepted' || how === 'entered' || how === 'carried';
}

/** A person decided on this value with the frame on the screen. */
export function isWitnessed(how: How): boolean {
  return how === 'judged' || how === 'accepted';
}
