/**
 * From a JSON schema (as zod writes it) to the fields of a form, and from typed text to values.
 * Only what options use: numbers, integers, booleans, texts, choices, lists of numbers or texts, and any of these or null.
 * Tested by test/renderer/schemaForm.test.ts.
 */
import { count } from './format.ts';

export type FieldKind = 'number' | 'integer' | 'boolean' | 'text' | 'choice' | 'list';

export interface SchemaField {
  key: string;
  title: string;
  help: string;
  group: string;
  kind: FieldKind;
  choices: { value: string | number; label: string }[];
  isNullable: boolean;
  minimum: number | null;
  maximum: number | null;
  /** The limits themselves do not fit. */
  isMinimumOpen: boolean;
  isMaximumOpen: boolean;
  /** Of a list. */
  itemKind: 'number' | 'integer' | 'text';
  fallback: unknown;
}

type Json = Record<string, unknown>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** "inputWidth" → "Input width", for options without a title. */
export function titleOf(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A choice as shown: "euclidean" → "Euclidean", 50 → "50". */
function choiceLabel(value: string | number): string {
  return typeof value === 'number' ? String(value) : value.charAt(0).toUpperCase() + value.slice(1);
}

export function fieldsOf(schema: unknown): SchemaField[] {
  const properties = isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([key, property]) => (isRecord(property) ? [fieldOf(key, property)] : []));
}

function fieldOf(key: string, property: Json): SchemaField {
  const alternatives = Array.isArray(property['anyOf']) ? property['anyOf'].filter(isRecord) : [];
  const types = Array.isArray(property['type']) ? property['type'] : [];
  const isNullable = alternatives.some((each) => each['type'] === 'null') || types.includes('null');
  const inner: Json = { ...property, ...(alternatives.find((each) => each['type'] !== 'null') ?? {}) };
  const type = types.length > 0 ? types.find((each) => each !== 'null') : inner['type'];
  const literals = Array.isArray(inner['enum']) ? inner['enum'] : alternatives.flatMap((each) => ('const' in each ? [each['const']] : []));
  const choices = literals.filter((value) => typeof value === 'string' || typeof value === 'number').map((value) => ({ value, label: choiceLabel(value) }));
  const items = isRecord(inner['items']) ? inner['items'] : {};
  const kind: FieldKind =
    choices.length > 0
      ? 'choice'
      : type === 'boolean'
        ? 'boolean'
        : type === 'integer'
          ? 'integer'
          : type === 'number'
            ? 'number'
            : type === 'array'
              ? 'list'
              : 'text';
  return {
    key,
    title: typeof property['title'] === 'string' ? property['title'] : titleOf(key),
    help: typeof property['description'] === 'string' ? property['description'] : '',
    group: typeof property['group'] === 'string' ? property['group'] : '',
    kind,
    choices,
    isNullable,
    minimum: realLimit(number(inner['minimum']) ?? number(inner['exclusiveMinimum'])),
    maximum: realLimit(number(inner['maximum']) ?? number(inner['exclusiveMaximum'])),
    isMinimumOpen: number(inner['exclusiveMinimum']) !== null,
    isMaximumOpen: number(inner['exclusiveMaximum']) !== null,
    itemKind: items['type'] === 'integer' ? 'integer' : items['type'] === 'number' ? 'number' : 'text',
    fallback: property['default'],
  };
}

/** zod writes the safe integers as the limits of every integer; those are no limits to speak of. */
function realLimit(value: number | null): number | null {
  return value !== null && Math.abs(value) >= Number.MAX_SAFE_INTEGER ? null : value;
}

/** A value as text for a field. */
export function textOf(field: SchemaField, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.kind === 'list') return Array.isArray(value) ? value.join(', ') : '';
  return String(value);
}

export type Parsed = { value: unknown } | { problem: string; fit: unknown };

/** Typed text → its value, or what is wrong and the nearest value that fits. */
export function parseText(field: SchemaField, text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === '' && field.isNullable) return { value: null };
  if (field.kind === 'list') {
    const parts = trimmed === '' ? [] : trimmed.split(/[\s,;]+/).filter((part) => part !== '');
    if (field.itemKind === 'text') return { value: parts };
    const numbers = parts.map(Number);
    const isFit = numbers.every((each) => Number.isFinite(each) && (field.itemKind === 'number' || Number.isInteger(each)));
    return isFit
      ? { value: numbers }
      : { problem: `${field.itemKind === 'integer' ? 'Whole numbers' : 'Numbers'} with commas between fit`, fit: field.fallback ?? [] };
  }
  if (field.kind !== 'number' && field.kind !== 'integer') return { value: text };
  const value = Number(trimmed.replace(',', '.').replace('−', '-'));
  if (trimmed === '' || !Number.isFinite(value)) return { problem: `A number${limits(field)} fits`, fit: field.fallback ?? field.minimum ?? 0 };
  const clamped = clamp(field, value);
  if (clamped !== value)
    return {
      problem:
        field.kind === 'integer' && !Number.isInteger(value) && inLimits(field, value)
          ? `A whole number${limits(field)} fits`
          : `${field.kind === 'integer' ? 'A whole number' : 'A number'}${limits(field)} fits`,
      fit: clamped,
    };
  return { value };
}

function inLimits(field: SchemaField, value: number): boolean {
  return (field.minimum === null || value >= field.minimum) && (field.maximum === null || value <= field.maximum);
}

function clamp(field: SchemaField, value: number): number {
  let fit = field.kind === 'integer' ? Math.round(value) : value;
  const step = field.kind === 'integer' ? 1 : 1e-6;
  if (field.minimum !== null) fit = Math.max(fit, field.isMinimumOpen ? field.minimum + step : field.minimum);
  if (field.maximum !== null) fit = Math.min(fit, field.isMaximumOpen ? field.maximum - step : field.maximum);
  return fit;
}

function limits(field: SchemaField): string {
  const { minimum, maximum } = field;
  const low = minimum === null ? null : shownLimit(minimum);
  const high = maximum === null ? null : shownLimit(maximum);
  if (low !== null && high !== null) return field.isMinimumOpen ? ` above ${low}, up to ${high},` : ` from ${low} to ${high}`;
  if (low !== null) return field.isMinimumOpen ? ` above ${low}` : ` of at least ${low}`;
  return high === null ? '' : ` up to ${high}`;
}

function shownLimit(value: number): string {
  return Number.isInteger(value) ? count(value) : String(value);
}

export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
