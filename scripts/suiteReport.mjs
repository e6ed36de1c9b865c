/**
 * Vitest reporter of `npm test`: writes to the file TRACKLET_SUITE_REPORT what the closing lines say. Beside the counts these are the tests that
 * failed, the files that were begun and never ended, since their process died, and how processes of tests ended that were not told to.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const KEPT_LINES = 12;

export default class SuiteReport {
  ends = [];

  onInit() {
    subscribe('child_process', ({ process: child }) => {
      child.once('exit', (code, signal) => {
        if (code !== 0 && signal !== 'SIGTERM')
          this.ends.push(`process ${child.pid} ended with ${signal ?? `exit status ${code}`}: ${child.spawnargs.slice(-1)}`);
      });
    });
  }

  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const trouble = [];
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const isWhole = !['pending', 'queued'].includes(module.state());
      // A file that does not load or does not end is one failure: it has tests that never were asked.
      if (!isWhole || module.errors().length > 0) counts.failed++;
      if (!isWhole) trouble.push(`${file} did not end${running(module)}`);
      for (const error of module.errors()) trouble.push(`${file}: ${shortened(error)}`);
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        counts[state]++;
        if (state === 'failed') trouble.push(`${file} > ${test.fullName}: ${errors.map(shortened).join('; ')}`);
      }
    }
    trouble.push(...unhandledErrors.map(shortened), ...this.ends);
    writeFileSync(process.env.TRACKLET_SUITE_REPORT, JSON.stringify({ ...counts, trouble }));
  }
}

/** The tests without a result; the first of them is the one that ran. */
function running(module) {
  const names = [...module.children.allTests('pending')].map((test) => test.fullName);
  return names.length === 0 ? '' : `; without a result: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
}

function shortened({ name, message, stack = '' }) {
  const places = stack.split('\n').filter((line) => line.trim().startsWith('at ') && !line.includes('node_modules') && !line.includes('node:'));
  return [...`${name}: ${message}`.split('\n').slice(0, KEPT_LINES), ...places].join('\n    ');
}
