/**
 * Fuzzes for longer than the tests do: `node scripts/fuzz.mjs [target …] [--mutations 1000000] [--seed 1]`. What is found becomes a file of
 * the corpus, so that every later run tries it first. An input that never comes back is named by its number when the run is interrupted.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { numbersFrom } from '../support/bigProject.ts';
import { toolOptions } from '../support/toolOptions.ts';
import { fuzz } from './fuzz.ts';
import { corpusFolder, fuzzTargets } from './targets.ts';

const targets = fuzzTargets();
const USAGE = `node scripts/fuzz.mjs [target …]: hostile inputs for the readers of files from elsewhere

  --mutations N  inputs for each target (1000000)
  --seed S       of their making (1)

Targets: ${targets.map(({ name }) => name).join(', ')}`;

const { values, positionals } = toolOptions(USAGE, {
  allowPositionals: true,
  options: { mutations: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const mutations = Number(values.mutations);
const seed = Number(values.seed);
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (!Number.isSafeInteger(mutations) || mutations < 1 || !Number.isSafeInteger(seed) || unknown.length > 0) {
  console.error(`${unknown.length > 0 ? `No target is called ${unknown.join(', ')}.` : '--mutations and --seed are whole numbers.'}\n\n${USAGE}`);
  process.exit(2);
}

let found = 0;
for (const target of targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const report = await fuzz(target, {
    mutations,
    random: numbersFrom(seed),
    onInput: (index) => {
      if (index % 100_000 === 0) process.stderr.write(`${target.name}: input ${index} of seed ${seed}\n`);
    },
  });
  process.stdout.write(`${target.name}: ${report.inputs} inputs, ${report.accepted} read, ${report.refused} refused, ${report.findings.length} findings\n`);
  for (const { input, what } of report.findings) {
    const name = `found-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
    writeFileSync(fileURLToPath(new URL(name, corpusFolder(target.name))), input);
    process.stdout.write(`  ${name}: ${what}\n`);
  }
  found += report.findings.length;
}
process.exitCode = found > 0 ? 1 : 0;
