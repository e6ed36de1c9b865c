/** Fields and values of a form made of a JSON schema. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fieldsOf, parseText, textOf, titleOf, type SchemaField } from '../../src-renderer/lib/schemaForm.ts';

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
