/** Starts the host on the program's own Node and learns its address. Never imports Electron, so that it is tested without one. */
import { spawn, type ChildProcess } from 'child_process';

export interface HostProcess {
  url: string;
  child: ChildProcess;
  /** Called once when the host ends without being asked. */
  onLost(listener: (reason: string) => void): void;
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
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (started) return onText(text);
      printed += text;
      const end = printed.indexOf('\n');
      if (end < 0) return;
      const url = addressIn(printed.slice(0, end));
      if (url === null) return;
      started = true;
      resolve({
        url,
        child,
        onLost: (listener) => (lost = listener),
        stop() {
          stopping = true;
          child.kill('SIGTERM');
        },
      });
    });
    child.on('error', (error) => reject(new Error(`The program could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      const reason = complaint.trim().split('\n').slice(-6).join('\n') || `It ended with ${signal ?? `status ${code}`}.`;
      if (!started) reject(new Error(reason));
      else if (!stopping) lost(reason);
    });
  });
}

function addressIn(line: string): string | null {
  try {
    const message = JSON.parse(line) as { url?: unknown };
    return typeof message.url === 'string' && message.url.startsWith('http://127.0.0.1:') ? message.url : null;
  } catch {
    return null;
  }
}
