/**
 * Kills a labelling host again and again. The client writes a new value to a random tracklet as fast as it is answered; after each `kill -9`
 * the host starts again on the same project and every acknowledged value must be there. A command without an answer may have happened or not.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openHost } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';
import { fillProject, numbersFrom } from './bigProject.ts';
import { temporaryFolder } from './project.ts';
import { connectSocket } from './socketClient.ts';

export interface KillReport {
  rounds: number;
  acknowledged: number;
  /** Every acknowledged value that was not there, as text. */
  lost: string[];
  integrity: string;
  startMs: number[];
}

const TRACKLETS = 20;
const entry = fileURLToPath(new URL('../../src-main/host/main.ts', import.meta.url));

export async function killRounds({ rounds, seed }: { rounds: number; seed: number }): Promise<KillReport> {
  using folder = temporaryFolder();
  const project = join(folder.path, 'project');
  const home = join(folder.path, 'home');
  const first = await openHost({ folder: project, create: { name: 'Kill' }, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  await fillProject(first.context, { tracklets: TRACKLETS, identities: 5, cameras: 2 });
  await first.close();

  const random = numbersFrom(seed);
  /** Note of a tracklet: the last acknowledged one, and one that was sent without an answer. */
  const acknowledged = new Map<number, string>();
  const unanswered = new Map<number, string>();
  const report: KillReport = { rounds, acknowledged: 0, lost: [], integrity: '', startMs: [] };

  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    const host = await startHost(project, home);
    report.startMs.push(performance.now() - startedAt);
    const { client } = connectSocket(host.port, { authorization: `Bearer ${host.token}` });
    for (let id = 1; id <= TRACKLETS; id++) {
      const found = (await client.call('annotations.get', { trackletId: id })).find((value) => value.field === 'note')?.value ?? null;
      const wanted = acknowledged.get(id) ?? null;
      if (found !== wanted && found !== unanswered.get(id))
        report.lost.push(`round ${round}: tracklet ${id} has ${String(found)} instead of ${String(wanted)}`);
      if (typeof found === 'string') acknowledged.set(id, found);
    }
    unanswered.clear();

    const killed = new Promise<void>((resolve) => host.child.on('exit', () => resolve()));
    // So many answers first, however slow the machine is; then somewhere within the commands that follow.
    const answersBefore = 5 + Math.floor(random() * 60);
    for (let n = 0; ; n++) {
      const trackletId = 1 + Math.floor(random() * TRACKLETS);
      const value = `round ${round} value ${n}`;
      unanswered.set(trackletId, value);
      try {
        await client.call('annotations.apply', {
          label: value,
          edits: [
            { trackletId, field: 'note', start: 0, end: 0, value },
            { trackletId, field: 'visibility', start: 0, end: n % 5, value: n % 11 },
          ],
        });
      } catch {
        break;
      }
      unanswered.delete(trackletId);
      acknowledged.set(trackletId, value);
      report.acknowledged++;
      if (n + 1 === answersBefore) setTimeout(() => host.child.kill('SIGKILL'), random() * 20);
    }
    await killed;
  }

  // Opened by SQLite alone: nothing of ours may hide a fault.
  const database = new Database(join(project, 'project.sqlite'));
  report.integrity = [database.pragma('integrity_check', { simple: true }), ...(database.pragma('foreign_key_check') as unknown[])].map(String).join(' ');
  const notes = new Map(
    database.prepare("SELECT tracklet_id, json_extract(value, '$') FROM annotation WHERE field = 'note'").raw().all() as [number, string][],
  );
  for (const [id, value] of acknowledged)
    if (notes.get(id) !== value && notes.get(id) !== unanswered.get(id))
      report.lost.push(`at the end: tracklet ${id} has ${notes.get(id)} instead of ${value}`);
  database.close();
  return report;
}

interface RunningHost {
  child: ChildProcess;
  port: number;
  token: string;
}

function startHost(project: string, home: string): Promise<RunningHost> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--project', project], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TRACKLET_HOME: home, VITEST: undefined },
  });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes('\n')) return;
      const { url, port } = JSON.parse(text.slice(0, text.indexOf('\n'))) as { url: string; port: number };
      resolve({ child, port, token: new URL(url).hash.replace('#token=', '') });
    });
    child.on('exit', (code) => reject(new Error(`the host ended with status ${code}`)));
  });
}
