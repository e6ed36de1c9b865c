/**
 * What a child prints, cut into lines. A child that prints in a loop must not drown the host: what exceeds the rate is dropped, and how much
 * that was is said. Test: test/main/jobs/childLines.test.ts.
 */
import { StringDecoder } from 'node:string_decoder';

export type Stream = 'stdout' | 'stderr';

export interface LineReader {
  read(data: Buffer, stream: Stream): void;
  /** Nothing comes any more: what was begun is a line too. */
  end(): void;
}

const MAX_LINE = 4000;
const MAX_LINES_A_SECOND = 200;

/** `now` in milliseconds. */
export function createLineReader(now: () => number, emit: (line: string, stream: Stream) => void): LineReader {
  // A letter of several bytes may come in two pieces.
  const open = () => ({ decoder: new StringDecoder('utf8'), rest: '' });
  const streams = { stdout: open(), stderr: open() };
  let second = 0;
  let count = 0;
  let dropped = 0;

  function tell(line: string, stream: Stream): void {
    if (line.trim() === '') return;
    if (++count > MAX_LINES_A_SECOND) dropped++;
    else emit(line.slice(0, MAX_LINE), stream);
  }
  function tellDropped(stream: Stream): void {
    if (dropped > 0) emit(`(${dropped} further lines were left out)`, stream);
    dropped = 0;
  }

  return {
    read(data, stream) {
      const one = streams[stream];
      const lines = (one.rest + one.decoder.write(data)).split(/\r\n|\n|\r/);
      one.rest = (lines.pop() ?? '').slice(-MAX_LINE);
      const present = Math.floor(now() / 1000);
      if (present !== second) {
        tellDropped(stream);
        [second, count] = [present, 0];
      }
      for (const line of lines) tell(line, stream);
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        tell(streams[stream].rest, stream);
        streams[stream].rest = '';
      }
      tellDropped('stderr');
    },
  };
}
