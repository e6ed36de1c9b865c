/** Whether everything changed here has reached the disk. client.ts counts; the status bar shows. */

export const saving = $state({ pending: 0, savedAt: null as number | null });

/** Follows one call that changes something. */
export async function followSave<T>(call: Promise<T>): Promise<T> {
  saving.pending += 1;
  try {
    const output = await call;
    saving.savedAt = Date.now();
    return output;
  } finally {
    saving.pending -= 1;
  }
}
