/** `tracklet open [project]`: a window where there is one, else as `serve`. */
import { defineCommand } from '../command.ts';
import { findElectron, openAlready, openWindow, refuseMissing, sayOpen, serveOptions, serveProject } from '../open.ts';

export default defineCommand({
  id: 'open',
  positionals: ['[project]'],
  summary: 'Open a project in a window, or serve it where there is no display',
  options: serveOptions,
  async run(args, io) {
    await refuseMissing(args);
    const address = openAlready(args);
    if (address !== null) return sayOpen(address, io);
    const electron = await findElectron(io);
    if (electron === null) return serveProject(args, io);
    return openWindow(electron, args, io);
  },
});
