/** What happens away from where the person looks, errors first of all, shown as toasts. What is visible anyway gets none. */
import type { ErrorShape } from '../../src-shared/errors.ts';

export interface Notice {
  id: number;
  title: string;
  text: string;
  isError: boolean;
  /** One offered action. */
  action: { label: string; run(): void } | null;
}

export const notices = $state({ list: [] as Notice[] });
let nextId = 1;

export function notify(error: Pick<ErrorShape, 'message' | 'remedy'>, action: Notice['action'] = null, title?: string): void {
  add({ title: title ?? error.message, text: title ? `${error.message} ${error.remedy}` : error.remedy, isError: true, action });
}

/** Something that went as it should and has a consequence one would not see. */
export function tell(title: string, text: string, action: Notice['action'] = null): void {
  add({ title, text, isError: false, action });
}

function add(notice: Omit<Notice, 'id'>): void {
  // The same thing said twice is said once.
  notices.list = [...notices.list.filter((other) => other.title !== notice.title || other.text !== notice.text), { ...notice, id: nextId++ }].slice(-4);
}

export function dismiss(id: number): void {
  notices.list = notices.list.filter((notice) => notice.id !== id);
}
