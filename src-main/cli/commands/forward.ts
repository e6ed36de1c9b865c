/** `tracklet forward <method> --weights F --input clip.npy --output out.npy`: for checks against other implementations; needs no project. */
import { resolve } from 'node:path';
import { userPaths } from '../../platform/paths.ts';
import { computeInChild } from '../../compute/local.ts';
import type { FromChild } from '../../compute/protocol.ts';
import { defineCommand, required, settings, text, UsageError } from '../command.ts';

const DEVICES = ['auto', 'cuda', 'cpu', 'wasm'] as const;

export default defineCommand({
  id: 'forward',
  positionals: ['<method>'],
  summary: 'Evaluation-mode forward of a clip in a file',
  options: {
    weights: { type: 'string', value: 'file', help: '.pth, .pt or .safetensors with the names of the official code' },
    input: { type: 'string', value: 'clip.npy', help: 'float32 [B, T, 3, H, W], already normalised' },
    output: { type: 'string', value: 'out.npy', help: 'float32 [B, D] as the official test code uses it' },
    partial: { type: 'boolean', help: 'compute also where the weights lack tensors of the network, which stay random' },
    device: { type: 'string', value: 'name', help: `${DEVICES.join(', ')}; default auto` },
    set: { type: 'string', multiple: true, value: 'key=value', help: 'an option of the method; may be repeated' },
  },
  async run(args, io) {
    const device = (text(args, 'device') ?? 'auto') as (typeof DEVICES)[number];
    if (!DEVICES.includes(device)) throw new UsageError(`--device is one of ${DEVICES.join(', ')}, not "${device}".`);
    const output = resolve(required(args, 'output'));
    const task = {
      kind: 'forward' as const,
      method: args.positionals[0] ?? '',
      options: settings(args),
      partial: args.values['partial'] === true,
      weights: resolve(required(args, 'weights')),
      input: resolve(required(args, 'input')),
      output,
      engine: { device, paths: userPaths() },
    };
    const onMessage = (message: FromChild): void => {
      if (message.type === 'log') io.note(message.text);
    };
    const result = await computeInChild(task, { signal: io.signal, onMessage, onOutput: (line) => io.note(line) });
    for (const name of result.missing) io.note(`${name} is not in the weights; it keeps its initial values.`);
    for (const name of result.unexpected) io.note(`${name} of the weights has no place in the network; it was left out.`);
    io.out(io.json ? JSON.stringify({ ...result, output }) : `Wrote ${output}`);
  },
});
