/** `tracklet methods`: needs no project and no engine. */
import { methodsJob } from '../../compute/tasks/methods.ts';
import { defineCommand } from '../command.ts';

export default defineCommand({
  id: 'methods',
  positionals: [],
  summary: 'The methods this version knows',
  options: {},
  async run(_args, io) {
    const methods = await methodsJob();
    if (io.json) return io.out(JSON.stringify(methods));
    for (const method of methods) io.out(`${method.id.padEnd(20)}${method.title} (${method.paper.venue} ${method.paper.year})`);
  },
});
