"""The largest rate of 64-octet UDP packets, laptop to office, of which less than 1 % is lost."""
import subprocess
import time

from ..world import BUILD, OFFICE, PORT, Failed

TOOL = BUILD / "tests/bench/udp_flood"
MOST, LEAST, PROBES = 1_000_000, 2_000, 4


def flood(world, offered, seconds=1):
    """(packets received a second, share lost)."""
    sink = subprocess.Popen(world.on("office", TOOL, "receive", OFFICE, PORT, seconds + 2), stdout=subprocess.PIPE, text=True)
    sink.stdout.readline()
    sent = subprocess.run(world.on("laptop", TOOL, "send", OFFICE, PORT, seconds, int(offered), 64), stdout=subprocess.PIPE,
                          text=True, check=False, timeout=seconds + 10)
    came = sink.communicate(timeout=seconds + 10)[0].split()
    if sent.returncode or not came:
        raise Failed("udp_flood did not run")
    return int(came[-1]) / seconds, 1 - int(came[-1]) / max(int(sent.stdout), 1)


def measure(world, near=None):
    """Halves the distance between a rate that held and one that did not; `near` is what held in an earlier round."""
    held, broke, best = 0.0, None, 0.0
    offered = near or min(flood(world, MOST)[0] * 0.9, MOST)
    for _ in range(PROBES - 1 if near else PROBES):
        time.sleep(0.1)
        received, lost = flood(world, max(offered, LEAST))
        if lost < 0.01:
            held, best = offered, max(best, received)
            offered = offered * 1.15 if broke is None else (held + broke) / 2
        else:
            broke = offered
            offered = (held + broke) / 2 if held else offered * 0.75
        if broke and held and broke / held < 1.05:
            break
    if not best:
        raise Failed("less than 1 % was lost at no rate that was tried")
    return best
