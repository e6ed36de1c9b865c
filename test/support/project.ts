/** A project in a temporary folder with its host, for tests; everything is closed and deleted by `using`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHost, type Host, type HostOptions } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';

export interface TestProject extends AsyncDisposable {
  host: Host;
  folder: string;
  /** Folder of the user's settings and native parts, kept apart from the real one. */
  home: string;
  /** Closes and opens again, as a restart of the program does. */
  reopen(): Promise<Host>;
}

export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'tracklet-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export async function openTestProject(options: Partial<HostOptions> = {}): Promise<TestProject> {
  const base = temporaryFolder();
  const folder = join(base.path, 'project');
  const home = join(base.path, 'home');
  const open = (): Promise<Host> =>
    openHost({
      folder,
      create: { name: 'Test' },
      paths: { home, provisioned: join(home, 'native') },
      log: openLog('silent'),
      validateOutputs: true,
      ...options,
    });
  const project: TestProject = {
    host: await open(),
    folder,
    home,
    async reopen() {
      await project.host.close();
      project.host = await open();
      return project.host;
    },
    async [Symbol.asyncDispose]() {
      await project.host.close();
      base[Symbol.dispose]();
    },
  };
  return project;
}
