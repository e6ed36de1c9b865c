/**
 * What a table function gets: a connection that reads, or one that also writes. The two are different types, so a function that
 * writes cannot be called through `db.read`. Statements are prepared once per connection and found again by their text.
 * Test: test/main/db/database.test.ts.
 */
import type Database from 'better-sqlite3';

export type SqlValue = string | number | bigint | Uint8Array | null;
/** Positional values, or values by name for `@name`. */
export type SqlParams = readonly SqlValue[] | Record<string, SqlValue>;

declare const readable: unique symbol;
declare const writable: unique symbol;

export interface Reader {
  readonly [readable]: true;
  /** Every row. */
  all<Row>(sql: string, params?: SqlParams): Row[];
  /** The first row, or undefined. */
  get<Row>(sql: string, params?: SqlParams): Row | undefined;
  /** The first column of every row. */
  column<Value>(sql: string, params?: SqlParams): Value[];
  /** Rows as arrays: much cheaper than objects for 100,000 of them. */
  tuples<Row extends readonly unknown[]>(sql: string, params?: SqlParams): Row[];
}

export interface Writer extends Reader {
  readonly [writable]: true;
  run(sql: string, params?: SqlParams): { changes: number; id: number };
  /** The window whose command this transaction is; null: a script's or the program's own. */
  madeIn: string | null;
}

interface Prepared {
  statement: Database.Statement;
  mode: 'object' | 'pluck' | 'raw';
}

function preparedBy(database: Database.Database): (sql: string, mode: Prepared['mode']) => Database.Statement {
  const cache = new Map<string, Database.Statement>();
  return (sql, mode) => {
    const key = `${mode}:${sql}`;
    let statement = cache.get(key);
    if (!statement) {
      statement = database.prepare(sql);
      if (mode === 'pluck') statement.pluck();
      if (mode === 'raw') statement.raw();
      // Statements whose text carries ids would grow the cache for ever.
      if (cache.size >= 500) cache.delete(cache.keys().next().value ?? '');
      cache.set(key, statement);
    }
    return statement;
  };
}

export function readerOf(database: Database.Database): Reader {
  return handle(database) as Reader;
}

export function writerOf(database: Database.Database): Writer {
  const prepared = preparedBy(database);
  return {
    ...handle(database),
    madeIn: null,
    run(sql: string, params: SqlParams = []) {
      const result = prepared(sql, 'object').run(params);
      return { changes: result.changes, id: Number(result.lastInsertRowid) };
    },
  } as unknown as Writer;
}

function handle(database: Database.Database): Omit<Reader, typeof readable> {
  const prepared = preparedBy(database);
  return {
    all: <Row>(sql: string, params: SqlParams = []) => prepared(sql, 'object').all(params) as Row[],
    get: <Row>(sql: string, params: SqlParams = []) => prepared(sql, 'object').get(params) as Row | undefined,
    column: <Value>(sql: string, params: SqlParams = []) => prepared(sql, 'pluck').all(params) as Value[],
    tuples: <Row extends readonly unknown[]>(sql: string, params: SqlParams = []) => prepared(sql, 'raw').all(params) as unknown[] as Row[],
  };
}
