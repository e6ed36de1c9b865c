/** `tracklet doctor`: downloads nothing and changes nothing. */
import { inspect } from '../doctor.ts';
import { defineCommand } from '../command.ts';

export default defineCommand({
  id: 'doctor',
  positionals: [],
  summary: 'What this machine has, what is missing and how to get it',
  options: {},
  async run(_args, io) {
    const report = await inspect();
    if (io.json) return io.out(JSON.stringify(report));
    const { node, engine, ffmpeg, sqlite, devices, missing } = report;
    io.out(`Node      ${node.version}, ${node.platform} ${node.arch}`);
    io.out(
      `Machine   ${devices.processor}, ${devices.cores} cores, ${(devices.memoryBytes / 1024 ** 3).toFixed(0)} GB${devices.nvidia.length > 0 ? `; ${devices.nvidia.join(', ')}` : ''}`,
    );
    io.out(`Engine    ${engine ? `${engine.engine} ${engine.version} on ${engine.device}, ${engine.threads} threads` : 'none'}`);
    if (engine?.fallbackReason) io.out(`          ${engine.fallbackReason}`);
    io.out(`ffmpeg    ${ffmpeg ? `${ffmpeg.version} (${ffmpeg.source})` : 'none'}`);
    io.out(`SQLite    ${sqlite?.version ?? 'none'}`);
    for (const { what, how } of missing) io.out(`\nMissing: ${what}\n  ${how}`);
  },
});
