/**
 * Calls of domain `annotations`: checks every value against its field, then one transaction.
 * Tests: test/main/features/annotationCalls.test.ts, test/main/features/annotations.test.ts.
 */
import { calls, tagsOf, type Handlers, type Parsed } from '../../../src-shared/contract/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';
import { REVIEW } from '../../../src-shared/fields/roles.ts';
import type { HostContext } from '../context.ts';
import { FIELDS } from './fields.ts';
import type { CheckedEdit } from './table.ts';

type Calls = 'annotations.get' | 'annotations.episodes' | 'annotations.apply' | 'annotations.seen' | 'annotations.addSeen' | 'annotations.gaps';
type Edits = Parsed<'annotations.apply'>['edits'];

export function createAnnotationsHandlers({ db, settings, clock, events }: HostContext): Pick<Handlers, Calls> {
  return {
    'annotations.get': ({ trackletId }) => db.read('annotations', 'ofTracklet', { trackletId }),
    'annotations.episodes': async ({ trackletId }) => ({ episodes: await db.read('episodes', 'episodesOf', { trackletId }) }),
    'annotations.apply': async (input, { key }) => {
      if (input.edits.length === 0 && !input.episodes) throw bad('edits', 'there is no edit');
      const edits = checkEdits(input.edits, FIELDS);
      const tags = tagsOf(calls['annotations.apply'], 'invalidates', input);
      const { historyId } = await db.write(
        'annotations',
        'apply',
        {
          label: input.label,
          edits,
          episodes: input.episodes ?? { put: [], clear: [] },
          annotator: settings.annotator(),
          at: clock(),
          tags,
          join: input.join ?? null,
          anyway: input.anyway ?? false,
          of: input.of ?? [],
        },
        { key },
      );
      // The write answers after its commit: from here on the values survive a power cut.
      return { historyId, durableAt: clock() };
    },
    'annotations.seen': async ({ trackletId }) => ({ seen: await db.read('seen', 'seenOf', { trackletId }) }),
    'annotations.addSeen': async (input, { origin, key }) => {
      if (input.slowest.length !== input.shownMs.length || input.fastest.length !== input.shownMs.length)
        throw new AppError('BAD_INPUT', 'annotations.addSeen: the columns "shownMs", "slowest" and "fastest" differ in length.', { key: 'shownMs' });
      const { reviewChanged } = await db.write('seen', 'add', { ...input, annotator: settings.annotator(), at: clock() }, { key });
      if (reviewChanged) events.changed([`Tracklet:${input.trackletId}`, 'TrackletRows', 'Annotations'], origin);
      return {};
    },
    'annotations.gaps': ({ trackletIds }) => db.read('annotations', 'gaps', { trackletIds }),
  };
}

function checkEdits(edits: Edits, known: ReadonlyMap<string, FieldDefinition>): CheckedEdit[] {
  return edits.map((edit, index) => {
    const field = known.get(edit.field);
    if (!field) throw bad(`edits.${index}.field`, `there is no field "${edit.field}"; known are ${[...known.keys()].join(', ')}`);
    if (edit.value === undefined) throw bad(`edits.${index}.value`, 'a value is missing (null clears)');
    const value: unknown = edit.value === null ? null : field.parse(edit.value);
    if (edit.value !== null && value === null)
      throw bad(`edits.${index}.value`, `${JSON.stringify(edit.value).slice(0, 100)} is no value of the field "${edit.field}"`);
    return {
      trackletId: edit.trackletId,
      field: edit.field,
      whole: field.scope === 'tracklet',
      start: edit.start,
      end: edit.end,
      value: value === null ? null : JSON.stringify(value),
      // The mark of a review is judged by whoever sets it; what it lacks is checked with it.
      how: edit.field === REVIEW.id ? 'judged' : (edit.how ?? 'entered'),
    };
  });
}

function bad(key: string, sentence: string): AppError {
  return new AppError('BAD_INPUT', `annotations.apply: "${key}": ${sentence}.`, { key });
}
