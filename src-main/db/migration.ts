/** The form of one migration; `migrate.ts` collects them by folder. Ids sort by time; applied ids must be a prefix of the known ones. */
export interface Migration {
  id: string;
  /** `PRAGMA user_version` after it: a program that knows only lower numbers refuses the file. Raise it only when older programs must not open it. */
  schema: number;
  sql: string;
}

export function defineMigration(migration: Migration): Migration {
  return migration;
}
