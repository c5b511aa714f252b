"""Round trips by ping, in ms: idle, and while something else is under way."""
import re
import statistics
import subprocess

from ..world import OFFICE

TIME = re.compile(r"time=([\d.]+) ms")


def begin(world, seconds, interval=0.01, start_after=0):
    count = max(int(seconds / interval), 1)
    words = ["ping", "-n", "-i", str(interval), "-c", str(count), "-w", str(int(seconds) + 2), "-W", "1", OFFICE]
    if start_after:
        words = ["sh", "-c", f"sleep {start_after}; exec \"$@\"", "ping", *words]
    return subprocess.Popen(world.on("laptop", *words), stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)


def finish(process):
    """Every round trip; those that were lost are missing."""
    said = process.communicate(timeout=60)[0]
    return [float(text) for text in TIME.findall(said)]


def measure(world, seconds, interval=0.01):
    return finish(begin(world, seconds, interval))


def summary(times):
    if len(times) < 2:
        return None
    ordered = sorted(times)
    return {"median": statistics.median(ordered), "p99": ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)],
            "max": ordered[-1], "count": len(ordered)}
