/** Starts the host on the program's own Node and learns its address. Never imports Electron: test/main/shell/hostProcess.test.ts runs it without one. */
import { spawn, type ChildProcess } from 'child_process';

export interface HostProcess {
  url: string;
  child: ChildProcess;
  /** Called once when the host ends without being asked. */
  onLost(listener: (reason: string) => void): void;
  /** Changes a setting over the host's standard input, which no page can write to; resolves with why it does not fit, or null. */
  set(key: string, value: string | null): Promise<string | null>;
  stop(): void;
}

/** Resolves when the host has printed its one JSON line `{"url": …}`; rejects with the sentence it printed otherwise. */
export function startHost(node: string, args: string[], onText: (text: string) => void): Promise<HostProcess> {
  return new Promise((resolve, reject) => {
    // The host ends when its input closes, so that a window that crashes leaves nothing running.
    const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TRACKLET_STOP_WITH_PARENT: '1' } });
    let printed = '';
    let complaint = '';
    let started = false;
    let stopping = false;
    let lost: (reason: string) => void = () => undefined;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-4000);
      onText(text);
    });
    const waiting: Record<string, ((problem: string | null) => void)[]> = {};
    function answer(line: string): void {
      const reply = parsed(line) as { set?: unknown; problem?: unknown } | null;
      const next = reply !== null && typeof reply.set === 'string' ? (waiting[reply.set] || []).shift() : undefined;
      if (next) next(reply !== null && typeof reply.problem === 'string' ? reply.problem : null);
      else onText(`${line}\n`);
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (printed + text).split('\n');
      printed = lines.pop() || '';
      for (const line of lines) {
        if (started) answer(line);
        else begin(line);
      }
    });
    function begin(line: string): void {
      const url = addressIn(line);
      if (url === null) return;
      started = true;
      resolve({
        url,
        child,
        onLost: (listener) => (lost = listener),
        set: (key, value) =>
          new Promise((answered) => {
            (waiting[key] = waiting[key] || []).push(answered);
            child.stdin.write(`${JSON.stringify({ set: key, value })}\n`);
          }),
        stop() {
          stopping = true;
          child.kill('SIGTERM');
        },
      });
    }
    child.on('error', (error) => reject(new Error(`The program could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      const reason = complaint.trim().split('\n').slice(-6).join('\n') || `It ended with ${signal ?? `status ${code}`}.`;
      if (!started) reject(new Error(reason));
      else if (!stopping) lost(reason);
    });
  });
}

function addressIn(line: string): string | null {
  const message = parsed(line) as { url?: unknown } | null;
  return message !== null && typeof message.url === 'string' && message.url.startsWith('http://127.0.0.1:') ? message.url : null;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}
