/** Fields and values of a form made of a JSON schema. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  applies,
  fieldsOf,
  isSideBySide,
  parseText,
  problemsOf,
  textOf,
  titleOf,
  typedFor,
  valueOf,
  withText,
  withValue,
  type SchemaField,
} from '../../src-renderer/lib/schemaForm.ts';

const schema = z.toJSONSchema(
  z.object({
    depth: z.literal([18, 34, 50]).default(50).meta({ title: 'ResNet depth', description: 'The published networks use 50.', group: 'Network' }),
    frames: z.int().min(1).max(64).default(4),
    margin: z.number().positive().max(10).default(0.3),
    seed: z.int().default(0),
    flip: z.boolean().default(true),
    decayEpochs: z.array(z.int().min(1)).default([70, 140]),
    fps: z.number().nullable().default(null),
    name: z.string().default(''),
  }),
  { io: 'input' },
);
const field = (key: string): SchemaField => {
  const found = fieldsOf(schema).find((each) => each.key === key);
  if (!found) throw new Error(`no field ${key}`);
  return found;
};

describe('fields of a schema', () => {
  test('have the kind, title, help and group that zod wrote', () => {
    expect(fieldsOf(schema).map(({ key, kind }) => [key, kind])).toEqual([
      ['depth', 'choice'],
      ['frames', 'integer'],
      ['margin', 'number'],
      ['seed', 'integer'],
      ['flip', 'boolean'],
      ['decayEpochs', 'list'],
      ['fps', 'number'],
      ['name', 'text'],
    ]);
    expect(field('depth')).toMatchObject({
      title: 'ResNet depth',
      help: 'The published networks use 50.',
      group: 'Network',
      choices: [
        { value: 18, label: '18' },
        { value: 34, label: '34' },
        { value: 50, label: '50' },
      ],
    });
    expect(titleOf('identitiesPerBatch')).toBe('Identities per batch');
  });

  test('an integer without limits has none', () => {
    expect(field('seed')).toMatchObject({ minimum: null, maximum: null });
    expect(parseText(field('seed'), '123456789')).toEqual({ value: 123456789 });
  });
});

describe('typed text', () => {
  test('becomes a number when it fits', () => {
    expect(parseText(field('frames'), ' 8 ')).toEqual({ value: 8 });
    expect(parseText(field('margin'), '0,25')).toEqual({ value: 0.25 });
  });

  test('that does not fit says what fits and offers the nearest value', () => {
    expect(parseText(field('frames'), '99')).toEqual({ problem: 'A whole number from 1 to 64 fits', fit: 64 });
    expect(parseText(field('frames'), '2.4')).toEqual({ problem: 'A whole number from 1 to 64 fits', fit: 2 });
    expect(parseText(field('frames'), 'many')).toEqual({ problem: 'A number from 1 to 64 fits', fit: 4 });
    expect(parseText(field('margin'), '0')).toEqual({ problem: 'A number above 0, up to 10, fits', fit: 1e-6 });
  });

  test('commas between thousands are no decimal commas; what could be either, and other ways to write a number, are refused', () => {
    expect(['1,000', '10,000', '-1,234,567', '7', '2e3'].map((text) => parseText(field('seed'), text))).toEqual(
      [1000, 10_000, -1_234_567, 7, 2000].map((value) => ({ value })),
    );
    for (const text of ['1,00', '10,00', '1.000', '1,000.0', '0x10', '1 000', '1_000', 'Infinity', ''])
      expect([text, parseText(field('seed'), text)]).toEqual([text, expect.objectContaining({ problem: expect.any(String) as string })]);
    expect(['0,125', '.5', '1,5', '1,2345', '5e-7'].map((text) => parseText(field('margin'), text))).toEqual(
      [0.125, 0.5, 1.5, 1.2345, 5e-7].map((value) => ({ value })),
    );
    for (const text of ['1,000', '0x1', '1,000.5']) expect(parseText(field('margin'), text)).toHaveProperty('problem');
    expect(parseText(field('decayEpochs'), '70, 0x20')).toHaveProperty('problem');
  });

  test('of a list is split at commas and spaces', () => {
    expect(parseText(field('decayEpochs'), '70, 140 200')).toEqual({ value: [70, 140, 200] });
    expect(parseText(field('decayEpochs'), '')).toEqual({ value: [] });
    expect(parseText(field('decayEpochs'), '70, x')).toMatchObject({ fit: [70, 140] });
    expect(textOf(field('decayEpochs'), [70, 140])).toBe('70, 140');
  });

  test('left empty is null where null is allowed', () => {
    expect(parseText(field('fps'), '')).toEqual({ value: null });
    expect(textOf(field('fps'), null)).toBe('');
  });
});

const fields = fieldsOf(
  z.toJSONSchema(
    z.object({
      epochs: z.int().min(1).max(100),
      milestones: z.array(z.int().min(1)).meta({ isAscending: true }),
      border: z.int().min(0).optional().meta({ title: 'Border', unit: 'px', default: 0 }),
      kind: z
        .enum(['plain', 'long'])
        .optional()
        .meta({ labels: { long: 'One of many more words' }, hints: { long: 'Costs more' }, default: 'plain' }),
      share: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .meta({ onlyWith: { kind: 'long' }, default: 0.5 }),
    }),
    { io: 'input' },
  ),
);
const named = (key: string): SchemaField => fields.find((each) => each.key === key)!;

describe('what a schema says beside types', () => {
  test('units, labels and hints of choices; long words make a list', () => {
    expect(named('border').title).toBe('Border, px');
    expect(named('kind')).toMatchObject({ choices: [{ label: 'Plain' }, { label: 'One of many more words' }], hints: { long: 'Costs more' } });
    expect([isSideBySide(named('kind')), isSideBySide(field('depth')), isSideBySide(named('epochs'))]).toEqual([false, true, false]);
  });

  test('an ascending list is put in order, each item once, within the bounds of its items', () => {
    expect(parseText(named('milestones'), ' 80, 40 40')).toEqual({ value: [40, 80] });
    expect(parseText(named('milestones'), '40, 0')).toEqual({ problem: 'Whole numbers of at least 1 with commas between fit', fit: [40] });
  });

  test('a value that is absent means its default, first that of the form', () => {
    expect([valueOf(named('border'), {}), valueOf(named('border'), {}, { border: 5 }), valueOf(named('border'), { border: 7 }, { border: 5 })]).toEqual([
      0, 5, 7,
    ]);
  });

  test('a field applies with the value it asks for, said or meant', () => {
    expect([applies(named('share'), fields, {}), applies(named('share'), fields, { kind: 'long' }), applies(named('epochs'), fields, {})]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('a form', () => {
  const empty = { values: { epochs: 8, milestones: [5], kind: 'long' }, typed: {} };

  test('keeps the text as typed and takes its value where it fits', () => {
    expect(withText(named('epochs'), empty, '09')).toEqual({ values: { ...empty.values, epochs: 9 }, typed: { epochs: '09' } });
    const wrong = withText(named('epochs'), empty, '900');
    expect(wrong).toEqual({ values: empty.values, typed: { epochs: '900' } });
    expect(problemsOf(fields, wrong)).toEqual({ epochs: { problem: 'A whole number from 1 to 100 fits', fit: 100 } });
    expect(withValue('epochs', wrong, 100)).toEqual({ values: { ...empty.values, epochs: 100 }, typed: {} });
  });

  test('asks the form around it of what is within bounds, and nothing of what does not apply', () => {
    const check = (key: string) => (key === 'epochs' ? { problem: 'Too many today', fit: 3 } : null);
    expect(problemsOf(fields, empty, check)).toEqual({ epochs: { problem: 'Too many today', fit: 3 } });
    const share = withText(named('share'), empty, 'much');
    expect(Object.keys(problemsOf(fields, share))).toEqual(['share']);
    expect(problemsOf(fields, withValue('kind', share, 'plain'))).toEqual({});
  });

  test('values from outside win over what was typed for others; what does not fit yet stays', () => {
    const typed = { epochs: '9', milestones: '5, x', share: '0.50' };
    expect(typedFor(fields, { values: { epochs: 9, share: 0.5 }, typed })).toEqual(typed);
    expect(typedFor(fields, { values: { epochs: 20, share: 0.1 }, typed })).toEqual({ milestones: '5, x' });
    expect(typedFor([], { values: {}, typed })).toEqual({});
  });
});
