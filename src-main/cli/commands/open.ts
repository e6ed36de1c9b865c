/** `tracklet open [project]`: a window where there is one, else as `serve`. */
import { defineCommand } from '../command.ts';
import { findElectron, openProject, serveOptions } from '../open.ts';

export default defineCommand({
  id: 'open',
  positionals: ['[project]'],
  summary: 'Open a project in a window, or serve it where there is no display',
  options: serveOptions,
  run: (args, io) => openProject(args, io, findElectron),
});
