/** The list of tests that test/conformance leaves out: every one for a stated reason, and fewer than tfjs-node itself leaves out. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { exclusions } from '../../conformance/exclusions.ts';

/** What tfjs-node leaves out of the same suite, from the runner that it ships. */
function excludedByTfjsNode(): string[] {
  const source = readFileSync(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/dist/run_tests.js'), 'utf8');
  const list = /IGNORE_LIST = (\[.*?\n\]);/s.exec(source)?.[1];
  if (!list) throw new Error("tfjs-node's runner has no list of tests to ignore");
  return runInNewContext(list) as string[];
}

describe('exclusions from the conformance suite', () => {
  it('are no more than those of tfjs-node', () => {
    expect(excludedByTfjsNode()).toContain('maxPoolWithArgmax');
    expect(exclusions.length).toBeLessThanOrEqual(excludedByTfjsNode().length);
  });

  it('name single tests, each once, with a sentence for a reason', () => {
    for (const { test, reason } of exclusions) {
      expect(test).toMatch(/^\S.* test-tensorflow \{\} \S.*$/);
      expect(reason, test).toMatch(/^[A-Z].{20,}[^.]\.$/);
    }
    expect(new Set(exclusions.map(({ test }) => test)).size).toBe(exclusions.length);
  });
});
