/** Opens the engine inside a compute child and tells the host what was got, and what was not. */
import { openEngine, type EngineInfo, type EngineOptions } from '../engine/openEngine.ts';
import type { EngineReport } from './protocol.ts';
import type { Reporter } from './reporter.ts';

export async function openChildEngine(options: EngineOptions, reporter: Reporter): Promise<EngineInfo> {
  const info = await openEngine(options);
  reporter.send({ type: 'engine', info: reportOf(info) });
  if (info.fallbackReason) reporter.log(info.engine === 'wasm' ? 'warn' : 'info', info.fallbackReason);
  const card = info.device === 'cuda' ? `:${info.gpu} (${info.deviceName ?? 'no name'}), TensorFloat-32 ${info.tf32 ? 'on' : 'off'}` : '';
  reporter.log('info', `Computing with ${info.engine} ${info.version} on ${info.device}${card}, ${info.threads} ${info.threads === 1 ? 'thread' : 'threads'}.`);
  return info;
}

function reportOf({ numTensorsNative: _native, ...report }: EngineInfo): EngineReport {
  return report;
}
