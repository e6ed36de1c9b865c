/**
 * Makes this process load tfjs-core from its single source modules instead of the bundle, so that its tests, which import internals
 * ("../engine"), our backend and tfjs-node's kernels all share one tfjs-core. Imported for its effect, before anything that loads tfjs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

/** The folder of tfjs-core's modules, with a slash at the end. */
export const coreModules = new URL('./', pathToFileURL(require.resolve('@tensorflow/tfjs-core/dist/index.js')));

// The modules are ES modules that call `require` for what only Node has.
Object.assign(globalThis, { require });

/** Node does not see the names that this CommonJS package exports. */
const seedrandom = 'data:text/javascript,export const { alea } = require("seedrandom");';

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === '@tensorflow/tfjs-core') return { url: new URL('index.js', coreModules).href, format: 'module', shortCircuit: true };
    if (specifier === 'seedrandom' && context.parentURL?.startsWith(coreModules.href)) return { url: seedrandom, format: 'module', shortCircuit: true };
    if (!specifier.startsWith('.') || !context.parentURL?.startsWith(coreModules.href)) return nextResolve(specifier, context);
    return { url: withExtension(new URL(specifier, context.parentURL)), format: 'module', shortCircuit: true };
  },
  // tfjs-node's backend class is written for browsers without classes and calls its base class as a function; in the modules that is a real class.
  load(url, context, nextLoad) {
    if (url.startsWith(coreModules.href)) return nextLoad(url, { ...context, format: 'module' });
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/tfjs-node-gpu/dist/nodejs_kernel_backend.js')) return loaded;
    return {
      ...loaded,
      source: String(loaded.source ?? readFileSync(new URL(url))).replace('_super.call(this)', 'Reflect.construct(_super, [], this.constructor)'),
    };
  },
});

/** Written for a bundler: "./ops" is ops.js or, failing that, ops/index.js. */
function withExtension(url: URL): string {
  for (const candidate of [url.href, `${url.href}.js`, `${url.href}/index.js`]) {
    if (candidate.endsWith('.js') && existsSync(fileURLToPath(candidate))) return candidate;
  }
  throw new Error(`tfjs-core has no module ${fileURLToPath(url)}`);
}
