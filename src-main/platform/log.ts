/** The program's own log: JSON lines on standard error, since standard output belongs to results. Never personal data. */
import { pino, destination, type Logger } from 'pino';

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>;

export function openLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Log {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }));
}
