"""What the Python sides of the engine's benchmark share: the protocol of side.ts.

A side says once that it is ready, then answers every line "go K" with the seconds of K steps, until its input ends.
"""
import json
import resource
import sys
import time


def peak_memory():
    """Bytes that this process held at most."""
    try:
        with open('/proc/self/status') as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith('VmHWM'))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)


def say(**message):
    print('@side ' + json.dumps(message), flush=True)


def serve(step, warm_up, began, **facts):
    """`step()` does the work of one step and returns when its result is there; `began` is when the process started."""
    step()
    first = time.time() - began
    for _ in range(warm_up - 1):
        timed(step)
    say(ready=True, stepSeconds=timed(step), firstStepSeconds=first, **facts)
    for line in sys.stdin:
        word, count = line.split()
        assert word == 'go', line
        say(seconds=[timed(step) for _ in range(int(count))], peakMemory=peak_memory())


def timed(step):
    began = time.perf_counter()
    step()
    return time.perf_counter() - began
