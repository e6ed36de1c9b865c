/** Job rows in memory; hands out copies, like a database would. */
import type { JobRow, JobStore } from '../../../../src-main/jobs/queue.ts';

export function memoryStore(initial: JobRow[] = []): JobStore & { rows: Map<number, JobRow> } {
  const rows = new Map<number, JobRow>(initial.map((row) => [row.id, structuredClone(row)]));
  let next = Math.max(0, ...rows.keys()) + 1;
  return {
    rows,
    all: async () => structuredClone([...rows.values()]),
    get: async (id) => structuredClone(rows.get(id) ?? null),
    async insert(row) {
      const id = next++;
      rows.set(id, {
        ...structuredClone(row),
        id,
        state: 'waiting',
        done: 0,
        total: 0,
        unit: '',
        message: '',
        result: null,
        error: null,
        startedAt: null,
        endedAt: null,
        dismissed: false,
      });
      return id;
    },
    async update(changes) {
      for (const change of changes) {
        const row = rows.get(change.id);
        if (row) Object.assign(row, structuredClone(change));
      }
    },
    async remove(ids) {
      for (const id of ids) rows.delete(id);
    },
  };
}
