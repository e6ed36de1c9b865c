/**
 * The windows (pages) that are connected now. Each undoes its own steps; those of a window that is gone belong to whoever undoes next.
 * A page says which window it is with every key of a command and when it asks what undo would do. Test: test/main/features/history.test.ts.
 */
export interface Windows {
  /** A connection speaks for a window. */
  note(connection: string, window: string | null): void;
  gone(connection: string): void;
  /** Those connected, but for one. */
  others(window: string | null): string[];
}

export function createWindows(): Windows {
  const byConnection = new Map<string, string>();
  return {
    note(connection, window) {
      if (window !== null) byConnection.set(connection, window);
    },
    gone: (connection) => void byConnection.delete(connection),
    others: (window) => [...new Set(byConnection.values())].filter((other) => other !== window),
  };
}
