/** `tracklet engine status|install|remove|set`: the TensorFlow of this program and the user's settings of the engine. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { engineSettingProblem } from '../../../src-shared/engineSettings.ts';
import { sayProvision, type ProvisionProgress } from '../../platform/provision/spec.ts';
import { defineCommand, text, UsageError, type CommandIo, type ParsedArguments } from '../command.ts';

const PARTS = ['tensorflow-cpu', 'tensorflow-cuda'];

export default defineCommand({
  id: 'engine',
  positionals: ['<status|install|remove|set>'],
  summary: 'Show, fetch or remove TensorFlow, and set what computes',
  options: {
    cuda: { type: 'boolean', help: 'install: the build for NVIDIA cards (about 3 GB); remove: that one alone' },
    device: { type: 'string', value: 'auto|cpu|cuda|wasm', help: 'set: what computes; "-" takes a setting back' },
    gpu: { type: 'string', value: 'n', help: 'set: number of the NVIDIA card' },
    threads: { type: 'string', value: 'n', help: 'set: threads of one job' },
    tf32: { type: 'string', value: 'on|off', help: 'set: whether NVIDIA cards may round factors to TensorFloat-32' },
    tensorflow: { type: 'string', value: 'path', help: 'set: a TensorFlow library or its folder, used as it is' },
    jobs: { type: 'string', value: 'n', help: 'set: jobs at a time on one device; default 1' },
  },
  async run(args, io) {
    const [action] = args.positionals;
    if (action === 'status') return status(io);
    if (action === 'install') return install(args.values['cuda'] === true, io);
    if (action === 'remove') return remove(args.values['cuda'] === true, io);
    if (action === 'set') return set(args, io);
    throw new UsageError(`"engine ${action}" is not known; use status, install, remove or set.`);
  },
});

async function openUser() {
  const { userPaths } = await import('../../platform/paths.ts');
  const { openSettings } = await import('../../platform/settings.ts');
  const { openLog } = await import('../../platform/log.ts');
  const { engineOptions } = await import('../../features/engine/options.ts');
  const paths = userPaths();
  const settings = await openSettings(join(paths.home, 'settings.json'), openLog('silent'));
  return { settings, root: paths.provisioned, options: engineOptions(settings, paths.provisioned) };
}

async function status(io: CommandIo): Promise<void> {
  const { findLibrary } = await import('../../engine/findLibrary.ts');
  const { missingPart } = await import('../../features/engine/ensureTensorFlow.ts');
  const { TENSORFLOW_VERSION } = await import('../../platform/provision/parts.ts');
  const { describeProvisioned } = await import('../../platform/provision/provision.ts');
  const { options, root } = await openUser();
  const { paths, ...settings } = options;
  const library = await findLibrary(paths);
  const next = await missingPart({ paths, device: options.device === 'cuda' ? 'cuda' : 'cpu' });
  const installed = (await Promise.all(PARTS.map((id) => describeProvisioned(id, root)))).filter((part) => part !== null);
  if (io.json) return io.out(JSON.stringify({ library, installed, pinned: TENSORFLOW_VERSION, next: next?.title ?? null, settings }));
  io.out(
    library
      ? `In use    TensorFlow ${library.version ?? 'of unknown version'} (${library.source}), ${library.path}`
      : 'In use    none; jobs compute with WebAssembly',
  );
  for (const { id, version, bytes, whole } of installed)
    io.out(`Fetched   ${id} ${version ?? ''}, ${Math.round(bytes / 1e6)} MB${whole ? '' : ', not whole: the next job fetches it again'}`);
  if (next) io.out(`Next      the next job fetches ${next.title}`);
  io.out(
    `Settings  ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')}`,
  );
}

async function install(cuda: boolean, io: CommandIo): Promise<void> {
  const { ensureTensorFlow } = await import('../../features/engine/ensureTensorFlow.ts');
  const { AppError } = await import('../../../src-shared/errors.ts');
  const { options } = await openUser();
  const found = await ensureTensorFlow({
    paths: options.paths,
    device: cuda ? 'cuda' : 'cpu',
    signal: io.signal,
    onProgress: tenths(io),
    onNote: (sentence) => io.note(sentence),
  });
  if (!found)
    throw new AppError(
      'UNSUPPORTED',
      `There is no TensorFlow${cuda ? ' for NVIDIA cards' : ''} to fetch for this platform.`,
      {},
      {
        remedy: 'Install it yourself, then run "tracklet engine set --tensorflow <folder>".',
      },
    );
  io.out(io.json ? JSON.stringify(found) : `TensorFlow ${found.version ?? ''} (${found.source}) is at ${found.path}`);
}

async function remove(cuda: boolean, io: CommandIo): Promise<void> {
  const { describeProvisioned, removeProvisioned } = await import('../../platform/provision/provision.ts');
  const { root } = await openUser();
  const removed: string[] = [];
  let bytes = 0;
  for (const id of cuda ? ['tensorflow-cuda'] : PARTS) {
    const part = await describeProvisioned(id, root);
    await removeProvisioned(id, root);
    if (!part) continue;
    removed.push(id);
    bytes += part.bytes;
  }
  if (io.json) return io.out(JSON.stringify({ removed, bytes }));
  io.out(removed.length === 0 ? 'There was nothing to remove.' : `Removed ${removed.join(' and ')}, ${Math.round(bytes / 1e6)} MB.`);
}

async function set(args: ParsedArguments, io: CommandIo): Promise<void> {
  const asNumber = (value: string): unknown => (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);
  const readers: Record<string, (value: string) => unknown> = {
    device: (value) => value,
    gpu: asNumber,
    threads: asNumber,
    tf32: (value) => (value === 'on' || value === 'off' ? value === 'on' : value),
    tensorflow: (value) => resolve(value),
    jobs: asNumber,
  };
  const changes = new Map<string, unknown>();
  for (const [name, read] of Object.entries(readers)) {
    const given = text(args, name);
    if (given === null) continue;
    const value = given === '-' ? null : read(given);
    const problem = engineSettingProblem(`engine.${name}`, value, availableParallelism());
    if (problem !== null) throw new UsageError(`--${name}: ${problem}`);
    changes.set(`engine.${name}`, value);
  }
  if (changes.size === 0) throw new UsageError('Nothing to set; see "tracklet engine --help".');
  const { settings } = await openUser();
  const tensorflow = changes.get('engine.tensorflow');
  if (typeof tensorflow === 'string') await (await import('../../features/engine/setup.ts')).refuseLibrary(tensorflow);
  for (const [key, value] of changes) await settings.set(key, value);
  const now = Object.fromEntries(Object.entries(settings.all()).filter(([key]) => key.startsWith('engine.')));
  io.out(
    io.json
      ? JSON.stringify(now)
      : Object.entries(now)
          .map(([key, value]) => `${key} ${String(value)}`)
          .join('\n'),
  );
}

/** A line every tenth, so that a log file stays readable. */
function tenths(io: CommandIo): (progress: ProvisionProgress) => void {
  let shown = '';
  return (progress) => {
    const { bytes, total } = progress;
    const line = `${sayProvision(progress)}: ${Math.min(100, Math.floor((10 * bytes) / total) * 10)} % of ${Math.round(total / 1e6)} MB`;
    if (line !== shown) io.note(line);
    shown = line;
  };
}
