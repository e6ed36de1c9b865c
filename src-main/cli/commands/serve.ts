/** `tracklet serve [project]`: prints one line with the address, then runs until it is interrupted. */
import { defineCommand } from '../command.ts';
import { openProject, serveOptions } from '../open.ts';

export default defineCommand({
  id: 'serve',
  positionals: ['[project]'],
  summary: 'Serve a project to a browser on this machine',
  options: serveOptions,
  run: (args, io) => openProject(args, io, async () => null),
});
