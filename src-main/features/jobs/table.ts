/** Table `job`: one row a job, JSON columns parsed here. The queue is its only writer. Tests: test/main/features/jobsTable.test.ts, test/main/features/jobs.test.ts. */
import type { JobChange, JobRow, NewJobRow } from '../../jobs/queue.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';

const JSON_COLUMNS = new Set(['params', 'after', 'result', 'error']);

interface Stored {
  id: number;
  kind: JobRow['kind'];
  title: string;
  state: JobRow['state'];
  params: string;
  after: string;
  done: number;
  total: number;
  unit: string;
  message: string;
  result: string | null;
  error: string | null;
  run_id: string | null;
  dataset_id: number | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  dismissed: number;
}

function parse(row: Stored): JobRow {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    state: row.state,
    params: JSON.parse(row.params),
    after: JSON.parse(row.after) as number[],
    done: row.done,
    total: row.total,
    unit: row.unit,
    message: row.message,
    result: row.result === null ? null : JSON.parse(row.result),
    error: row.error === null ? null : (JSON.parse(row.error) as JobRow['error']),
    runId: row.run_id,
    datasetId: row.dataset_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    dismissed: row.dismissed === 1,
  };
}

export function all(db: Reader, _input: null): JobRow[] {
  return db.all<Stored>('SELECT * FROM job ORDER BY id').map(parse);
}

export function one(db: Reader, input: { id: number }): JobRow | null {
  const row = db.get<Stored>('SELECT * FROM job WHERE id = ?', [input.id]);
  return row ? parse(row) : null;
}

export function insert(db: Writer, row: NewJobRow): number {
  return db.run(`INSERT INTO job (kind, title, state, params, after, run_id, dataset_id, created_at) VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?)`, [
    row.kind,
    row.title,
    JSON.stringify(row.params ?? null),
    JSON.stringify(row.after),
    row.runId,
    row.datasetId,
    row.createdAt,
  ]).id;
}

export function update(db: Writer, changes: JobChange[]): void {
  for (const { id, ...change } of changes) {
    const entries = Object.entries(change).filter(([, value]) => value !== undefined);
    if (entries.length === 0) continue;
    // Column names come from the type above, never from outside.
    const set = entries.map(([key]) => `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} = ?`).join(', ');
    const values = entries.map(([key, value]) =>
      JSON_COLUMNS.has(key) && value !== null ? JSON.stringify(value) : typeof value === 'boolean' ? Number(value) : (value as SqlValue),
    );
    db.run(`UPDATE job SET ${set} WHERE id = ?`, [...values, id]);
  }
}

export function remove(db: Writer, ids: number[]): void {
  for (const id of ids) db.run('DELETE FROM job WHERE id = ?', [id]);
}
