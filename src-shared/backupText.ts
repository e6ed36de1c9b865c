/** How a copy of the project is told apart by a person, in window, command line and errors alike. Test: test/main/features/backups.test.ts. */
import type { Backup } from './contract/history.ts';

/** "3 data sets, 1 run, 1,204 values" */
export function holds({ datasets, runs, annotations }: Pick<Backup, 'datasets' | 'runs' | 'annotations'>): string {
  return [counted(datasets, 'data set'), counted(runs, 'run'), counted(annotations, 'value')].join(', ');
}

/** "2026-01-02 08:15", in the time of where it is read. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The one name of a copy: what the list of copies shows of it. */
export function copyName(at: number): string {
  return `the backup of ${moment(at)}`;
}

function counted(n: number, one: string): string {
  return `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
}
