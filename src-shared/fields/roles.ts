/**
 * Fields that mean something to the program beyond being values: what it calls the hidden share, what it fills gaps up to, which list of queries
 * it parts. Everything else goes over all fields and asks their definitions. Test: test/contracts/fieldNames.test.ts (nobody else names one).
 */
import hiddenParts from './defs/hiddenParts.ts';
import note from './defs/note.ts';
import occluder from './defs/occluder.ts';
import reviewed from './defs/reviewed.ts';
import visibility from './defs/visibility.ts';

/** How much of the person is hidden: the score that shares, doubts and strata are about. */
export const SCORE = visibility;
/** What is in front; a gap between two values ends where it changes. */
export const HIDDEN_BY = occluder;
/** Drawn as a body, and compared with the score. */
export const HIDDEN_PARTS = hiddenParts;
/** The mark of a review, refused where frames lack a value or were not shown. */
export const REVIEW = reviewed;
/** Searched by the text of the filters. */
export const NOTE = note;
