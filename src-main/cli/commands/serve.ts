/** `tracklet serve [project]`: prints one line with the address, then runs until it is interrupted. */
import { defineCommand } from '../command.ts';
import { openAlready, refuseMissing, sayOpen, serveOptions, serveProject } from '../open.ts';

export default defineCommand({
  id: 'serve',
  positionals: ['[project]'],
  summary: 'Serve a project to a browser on this machine',
  options: serveOptions,
  async run(args, io) {
    await refuseMissing(args);
    const address = openAlready(args);
    return address === null ? serveProject(args, io) : sayOpen(address, io);
  },
});
