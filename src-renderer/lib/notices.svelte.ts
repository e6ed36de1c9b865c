/** Errors that happen away from where the person looks, shown as toasts. What is visible anyway gets none. */
import type { ErrorShape } from '../../src-shared/errors.ts';

export interface Notice {
  id: number;
  title: string;
  text: string;
  /** One offered action. */
  action: { label: string; run(): void } | null;
}

export const notices = $state({ list: [] as Notice[] });
let nextId = 1;

export function notify(error: Pick<ErrorShape, 'message' | 'remedy'>, action: Notice['action'] = null, title?: string): void {
  const notice = { id: nextId++, title: title ?? error.message, text: title ? `${error.message} ${error.remedy}` : error.remedy, action };
  // The same thing said twice is said once.
  notices.list = [...notices.list.filter((other) => other.title !== notice.title || other.text !== notice.text), notice].slice(-4);
}

export function dismiss(id: number): void {
  notices.list = notices.list.filter((notice) => notice.id !== id);
}
