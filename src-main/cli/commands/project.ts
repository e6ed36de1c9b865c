/** `tracklet project new <dir>` */
import { basename, resolve } from 'node:path';
import { defineCommand, UsageError } from '../command.ts';

export default defineCommand({
  id: 'project',
  positionals: ['<new>', '<dir>'],
  summary: 'Make an empty project',
  options: { name: { type: 'string', value: 'text', help: 'name of the project; default: the folder' } },
  async run(args, io) {
    const [action, dir] = args.positionals as [string, string];
    if (action !== 'new') throw new UsageError(`"project ${action}" is not known; use "project new <dir>".`);
    const folder = resolve(dir);
    const { createProject } = await import('../../host/host.ts');
    await createProject(folder, typeof args.values['name'] === 'string' ? args.values['name'] : basename(folder));
    io.out(io.json ? JSON.stringify({ project: folder }) : `Made ${folder}`);
  },
});
