/**
 * Entry of the host process: `--project <dir> [--port <n>] [--wanted-port <n>] [--create] [--name <text>] [--sample] [--page <dir>]`. Prints one JSON line with
 * the address, then serves until it is told to stop (SIGTERM, SIGINT) or the program that started it goes away (its end of standard input
 * closes). `--wanted-port` is taken where it is free: a window whose host is started again keeps its address. `--page` serves a built page other than dist/renderer: measurements build their own.
 * A line `{"set": key, "value": value}` on standard input changes a setting, as the dialogs of the window do: only the program that started
 * this one can write there, so it may name programs to run. The answer is a line `{"set": key, "problem": sentence or null}`.
 * Test: test/main/host/main.test.ts.
 */
import { fstatSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { toErrorShape } from '../../src-shared/errors.ts';
import { openHost, type Host } from './host.ts';

const { values } = parseArgs({
  options: {
    project: { type: 'string' },
    port: { type: 'string' },
    'wanted-port': { type: 'string' },
    create: { type: 'boolean' },
    name: { type: 'string' },
    sample: { type: 'boolean' },
    page: { type: 'string' },
  },
});

try {
  if (!values.project) throw new Error('--project <folder> is missing');
  const folder = resolve(values.project);
  const host = await openHost({
    folder,
    create: values.create ? { name: values.name ?? basename(folder) } : false,
    sample: values.sample ?? false,
    ...(values.page ? { pageFolder: resolve(values.page) } : {}),
  });
  const server = await host.serve({ port: portOf(values.port), wantedPort: portOf(values['wanted-port']) });
  stopWhenTold(host);
  process.stdout.write(`${JSON.stringify({ url: server.url, port: server.port, project: folder, pid: process.pid })}\n`);
} catch (error) {
  const shape = toErrorShape(error);
  process.stderr.write(`${shape.message}\n${shape.remedy}\n`);
  process.exit(1);
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`"${text}" is not a port`);
  return port;
}

function stopWhenTold(host: Host): void {
  let stopping = false;
  function stop(): void {
    if (stopping) return process.exit(1);
    stopping = true;
    host.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${toErrorShape(error).message}\n`);
        process.exit(1);
      },
    );
  }
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
  // Only a pipe tells of its parent: a terminal or an empty input says nothing.
  if (process.send) process.on('disconnect', stop);
  if (isPipe()) {
    createInterface({ input: process.stdin }).on('line', (line) => void obey(host, line));
    process.stdin.on('end', stop);
    process.stdin.on('error', stop);
  }
}

async function obey(host: Host, line: string): Promise<void> {
  let order: { set?: unknown; value?: unknown };
  try {
    order = JSON.parse(line) as typeof order;
  } catch {
    return; // not for us
  }
  if (typeof order?.set !== 'string') return;
  const client = host.client();
  const problem = await client.call('settings.set', { key: order.set, value: order.value ?? null }).then(
    () => null,
    (error: unknown) => toErrorShape(error).message,
  );
  client.close();
  process.stdout.write(`${JSON.stringify({ set: order.set, problem })}\n`);
}

function isPipe(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket();
  } catch {
    return false;
  }
}
