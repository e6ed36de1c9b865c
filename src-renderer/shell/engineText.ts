/** What the page says of the engine: in the top bar, and in the settings. Test: test/renderer/engineText.test.ts. */
import type { EngineDevice } from '../../src-shared/engineSettings.ts';
import type { EngineSetup, EngineStatus } from '../../src-shared/contract/engine.ts';

/** A word or two for the top bar, and a sentence for its tooltip. */

export function engineText(status: EngineStatus | undefined): { text: string; title: string; isTrouble: boolean } {
  if (!status || status.state === 'unknown') return { text: 'Engine', title: 'The engine starts with the first job', isTrouble: false };
  const facts = [status.engine, status.version, status.device, status.threads ? `${status.threads} threads` : null].filter((fact) => fact !== null).join(', ');
  if (status.state === 'provisioning')
    return { text: 'Getting the engine', title: status.message ?? 'The compute engine is being installed', isTrouble: false };
  if (status.state === 'failed') return { text: 'No engine', title: status.message ?? 'The compute engine could not be started', isTrouble: true };
  return { text: status.device ?? status.engine ?? 'Engine', title: status.message ? `${facts}. ${status.message}` : facts, isTrouble: false };
}

/** What a choice of the device means on this machine; nothing for a card, which its own field names. */
export function deviceText(device: EngineDevice, setup: EngineSetup, card: number): string {
  if (device === 'wasm') return 'Needs nothing installed, but is many times slower.';
  if (device === 'cpu') return `The ${setup.cores === 1 ? 'one core' : `${setup.cores} cores`} of this machine.`;
  const { device: taken, reason } = setup.auto;
  if (device === 'cuda' || taken === 'cuda') {
    if (setup.cards.length === 0) return 'No NVIDIA card was found, so jobs would fail.';
    const name = setup.cards[card];
    if (name === undefined) return `Card ${card} is not there, so jobs would ${device === 'cuda' ? 'fail' : 'compute with WebAssembly'}.`;
    return device === 'cuda' ? '' : `Now card ${card}, ${name}.`;
  }
  const now = taken === 'cpu' ? 'the processor' : 'WebAssembly, many times slower';
  return `Now ${now}.${reason === null ? '' : ` ${reason}`}`;
}

/** Whether TensorFlow is there and works, as far as is known. */
export function libraryText(status: EngineStatus, setup: EngineSetup): { text: string; tone: 'ok' | 'trouble' | 'open' } {
  if (status.state === 'provisioning') return { text: status.message ?? 'TensorFlow is being fetched.', tone: 'open' };
  if (status.state === 'failed' || setup.problem !== null)
    return { text: status.message ?? setup.problem ?? 'The engine could not be started.', tone: 'trouble' };
  if (status.state === 'ready') {
    const threads = status.threads ? `, ${status.threads} ${status.threads === 1 ? 'thread' : 'threads'}` : '';
    const place = { cuda: ' on an NVIDIA card', cpu: ' on the processor' }[status.device ?? ''] ?? '';
    const facts = `Ready: ${status.engine === 'tensorflow' ? 'TensorFlow' : 'WebAssembly'} ${status.version ?? ''}${place}${threads}.`;
    // WebAssembly with a message is what was left, without one what was asked for.
    const isWanted = status.engine === 'tensorflow' || status.message === null;
    return { text: status.message ? `${facts} ${status.message}` : facts, tone: isWanted ? 'ok' : 'trouble' };
  }
  if (setup.fetches !== null) return { text: `The next job fetches ${setup.fetches}.`, tone: 'open' };
  if (setup.library === null) return { text: 'There is no TensorFlow for this platform; jobs compute with WebAssembly.', tone: 'trouble' };
  const origin = { setting: 'at this path', provisioned: "the program's own", python: 'of the Python on this machine' }[setup.library.source];
  return { text: `Found: TensorFlow ${setup.library.version ?? 'of unknown version'}, ${origin}. Not started yet.`, tone: 'open' };
}
