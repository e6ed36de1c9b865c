/** Which SQLite the program brings, asked of the library itself: loading it shows that it works here. Test: test/main/cli/doctor.test.ts. */
import Database from 'better-sqlite3';

export function sqliteVersion(): string {
  const database = new Database(':memory:');
  try {
    return String(database.prepare('select sqlite_version()').pluck().get());
  } finally {
    database.close();
  }
}
