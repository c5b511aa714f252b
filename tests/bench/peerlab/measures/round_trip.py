"""Round trips by echoes, in ms: idle, and while something else is under way."""
import statistics
import subprocess

from ..world import BUILD, OFFICE

TOOL = BUILD / "tests/bench/round_trips"


def begin(world, seconds, interval=0.01, start_after=0):
    count = max(int(seconds / interval), 1)
    return subprocess.Popen(world.on("laptop", TOOL, OFFICE, count, interval, start_after), stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL)


def finish(process):
    """Every round trip; those that were lost are missing."""
    return [float(text) for text in process.communicate(timeout=60)[0].split()]


def measure(world, seconds, interval=0.01):
    return finish(begin(world, seconds, interval))


def summary(times):
    if len(times) < 2:
        return None
    ordered = sorted(times)
    return {"median": statistics.median(ordered), "p99": ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)],
            "max": ordered[-1], "count": len(ordered)}
