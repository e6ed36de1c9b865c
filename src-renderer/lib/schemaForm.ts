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
  /** Of a list: kept in ascending order, each item once. */
  isAscending: boolean;
  /** Shown once its choice is made, by the text of the value. */
  hints: Record<string, string>;
  /** Applies only where these other values are so. */
  onlyWith: Record<string, unknown>;
}

/** What is wrong with a value, and one that fits. */
export interface FieldProblem {
  problem: string;
  fit: unknown;
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
  const labels = isRecord(property['labels']) ? property['labels'] : {};
  const choices = literals
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map((value) => ({ value, label: textOr(labels[value], choiceLabel(value)) }));
  const unit = textOr(property['unit'], '');
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
    title: textOr(property['title'], titleOf(key)) + (unit === '' ? '' : `, ${unit}`),
    help: textOr(property['description'], ''),
    group: textOr(property['group'], ''),
    kind,
    choices,
    isNullable,
    minimum: realLimit(number((kind === 'list' ? items : inner)['minimum']) ?? number(inner['exclusiveMinimum'])),
    maximum: realLimit(number(inner['maximum']) ?? number(inner['exclusiveMaximum'])),
    isMinimumOpen: number(inner['exclusiveMinimum']) !== null,
    isMaximumOpen: number(inner['exclusiveMaximum']) !== null,
    itemKind: items['type'] === 'integer' ? 'integer' : items['type'] === 'number' ? 'number' : 'text',
    fallback: property['default'],
    isAscending: property['isAscending'] === true,
    hints: isRecord(property['hints']) ? (property['hints'] as Record<string, string>) : {},
    onlyWith: isRecord(property['onlyWith']) ? property['onlyWith'] : {},
  };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
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

export type Parsed = { value: unknown } | FieldProblem;

/** Typed text → its value, or what is wrong and the nearest value that fits. */
export function parseText(field: SchemaField, text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === '' && field.isNullable) return { value: null };
  if (field.kind === 'list') {
    const parts = trimmed === '' ? [] : trimmed.split(/[\s,;]+/).filter((part) => part !== '');
    if (field.itemKind === 'text') return { value: parts };
    const numbers = parts.map((part) => numberOf(part, 'number'));
    const fitting = numbers.filter((each) => Number.isFinite(each) && (field.itemKind === 'number' || Number.isInteger(each)) && inLimits(field, each));
    const value = field.isAscending ? [...new Set(fitting)].sort((a, b) => a - b) : fitting;
    const kind = field.itemKind === 'integer' ? 'Whole numbers' : 'Numbers';
    const from = field.minimum === null ? '' : ` of at least ${shownLimit(field.minimum)}`;
    return fitting.length === numbers.length ? { value } : { problem: `${kind}${from} with commas between fit`, fit: field.fallback ?? value };
  }
  if (field.kind !== 'number' && field.kind !== 'integer') return { value: text };
  const value = numberOf(trimmed, field.kind);
  if (!Number.isFinite(value)) return { problem: `A number${limits(field)} fits`, fit: field.fallback ?? clamp(field, 0) };
  const clamped = clamp(field, value);
  // "1.000" is a thousand to some, and one to others.
  const isBroken = field.kind === 'integer' && /[.,]/.test(trimmed) && !THOUSANDS.test(trimmed);
  if (clamped !== value || isBroken)
    return {
      problem:
        field.kind === 'integer' && !Number.isInteger(value) && inLimits(field, value)
          ? `A whole number${limits(field)} fits`
          : `${field.kind === 'integer' ? 'A whole number' : 'A number'}${limits(field)} fits`,
      fit: clamped,
    };
  return { value };
}

const THOUSANDS = /^[-+−]?\d{1,3}(,\d{3})+$/;

/** A decimal point or a decimal comma; of whole numbers also commas between thousands, as this page writes them. NaN for what is no number or could be two. */
function numberOf(text: string, kind: 'number' | 'integer'): number {
  const plain = text.replace('−', '-');
  if (THOUSANDS.test(text)) return kind === 'integer' ? Number(plain.replaceAll(',', '')) : /^[+-]?0,/.test(plain) ? Number(plain.replace(',', '.')) : NaN;
  return /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain.replace(',', '.')) : NaN;
}

function inLimits(field: SchemaField, value: number): boolean {
  return (field.minimum === null || value >= field.minimum) && (field.maximum === null || value <= field.maximum);
}

function clamp(field: SchemaField, value: number): number {
  let fit = field.kind === 'integer' ? Math.round(value) : value;
  const step = field.kind === 'integer' ? 1 : 1e-6;
  const { minimum, maximum, isMinimumOpen, isMaximumOpen } = field;
  if (minimum !== null && (isMinimumOpen ? fit <= minimum : fit < minimum)) fit = isMinimumOpen ? minimum + step : minimum;
  if (maximum !== null && (isMaximumOpen ? fit >= maximum : fit > maximum)) fit = isMaximumOpen ? maximum - step : maximum;
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

/** What a form holds: values, and texts as typed while they do not fit or are written otherwise than their values ("0.10"). */
export interface FormState {
  values: Readonly<Record<string, unknown>>;
  typed: Readonly<Record<string, string>>;
}

/** What is wrong with a value that is within the bounds of its field, as the form around it knows. */
export type CheckValue = (key: string) => FieldProblem | null;

/** A value, or what is meant where there is none. */
export function valueOf(field: SchemaField, values: Readonly<Record<string, unknown>>, defaults: Readonly<Record<string, unknown>> = {}): unknown {
  return field.key in values ? values[field.key] : field.key in defaults ? defaults[field.key] : field.fallback;
}

/** False for a value that changes nothing as the others stand. */
export function applies(field: SchemaField, fields: readonly SchemaField[], values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(field.onlyWith).every(([key, wanted]) => {
    const other = fields.find((each) => each.key === key);
    return sameValue(other ? valueOf(other, values) : values[key], wanted);
  });
}

/** Fields that keep a form from being sent, with what fits; one that does not apply keeps nothing. */
export function problemsOf(fields: readonly SchemaField[], { values, typed }: FormState, check: CheckValue = () => null): Record<string, FieldProblem> {
  const problems: Record<string, FieldProblem> = {};
  for (const field of fields) {
    if (!applies(field, fields, values)) continue;
    const parsed = typed[field.key] === undefined ? null : parseText(field, typed[field.key] as string);
    const found = parsed && 'problem' in parsed ? parsed : check(field.key);
    if (found) problems[field.key] = found;
  }
  return problems;
}

/** A form after typing into a field: the text stays, and its value is taken over where it fits. */
export function withText(field: SchemaField, state: FormState, text: string): FormState {
  const parsed = parseText(field, text);
  return { typed: { ...state.typed, [field.key]: text }, values: 'value' in parsed ? { ...state.values, [field.key]: parsed.value } : state.values };
}

/** A form after a value was chosen, or one that fits was taken. */
export function withValue(key: string, { values, typed }: FormState, value: unknown): FormState {
  const { [key]: _gone, ...rest } = typed;
  return { typed: rest, values: { ...values, [key]: value } };
}

/** Without what was typed for values that are others now: another method, recipe or importer wins over it. */
export function typedFor(fields: readonly SchemaField[], { values, typed }: FormState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(typed).filter(([key, text]) => {
      const field = fields.find((each) => each.key === key);
      const parsed = field && parseText(field, text);
      return parsed !== undefined && ('problem' in parsed || sameValue(parsed.value, values[key]));
    }),
  );
}

/** Side by side where the words are short, else from a list. */
export function isSideBySide({ kind, choices }: SchemaField): boolean {
  return kind === 'choice' && choices.length <= 4 && choices.reduce((sum, { label }) => sum + label.length, 0) <= 18;
}
