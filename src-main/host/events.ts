/** Events of the host: to every client, and to the parts of the host that listen. A listener that fails does not stop the others. */
import type { EventName, Events } from '../../src-shared/contract/index.ts';
import type { Log } from '../platform/log.ts';
import type { HostEvents } from '../features/context.ts';

export type EventSink = <N extends EventName>(event: N, payload: Events[N]) => void;

export function createEvents(log: Log): HostEvents & { subscribe(sink: EventSink): () => void } {
  const sinks = new Set<EventSink>();

  function emit<N extends EventName>(event: N, payload: Events[N]): void {
    for (const sink of [...sinks]) {
      try {
        sink(event, payload);
      } catch (error) {
        log.error({ event, err: error }, 'an event listener failed');
      }
    }
  }
  function subscribe(sink: EventSink): () => void {
    sinks.add(sink);
    return () => void sinks.delete(sink);
  }

  return {
    emit,
    subscribe,
    changed: (tags, origin) => {
      if (tags.length > 0) emit('changed', { tags, origin });
    },
    on: (wanted, listener) =>
      subscribe((event, payload) => {
        if ((event as EventName) === wanted) listener(payload as never);
      }),
  };
}
