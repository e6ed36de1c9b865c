/** The engine in a word or two for the top bar, and in a sentence for its tooltip. */
import type { EngineStatus } from '../../src-shared/entities.ts';

export function engineText(status: EngineStatus | undefined): { text: string; title: string; isTrouble: boolean } {
  if (!status || status.state === 'unknown') return { text: 'Engine', title: 'The engine starts with the first job', isTrouble: false };
  const facts = [status.engine, status.version, status.device, status.threads ? `${status.threads} threads` : null].filter((fact) => fact !== null).join(', ');
  if (status.state === 'provisioning')
    return { text: 'Getting the engine', title: status.message ?? 'The compute engine is being installed', isTrouble: false };
  if (status.state === 'failed') return { text: 'No engine', title: status.message ?? 'The compute engine could not be started', isTrouble: true };
  return { text: status.device ?? status.engine ?? 'Engine', title: status.message ? `${facts}. ${status.message}` : facts, isTrouble: false };
}
