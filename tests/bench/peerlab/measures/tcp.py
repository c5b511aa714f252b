"""TCP through the tunnel, in Mbit/s at the receiver."""
import json
import subprocess

from ..world import OFFICE, PORT, Failed

WAYS = {"up 1": (1, False), "down 1": (1, True), "up 8": (8, False), "down 8": (8, True)}


def command(world, flows, reverse, seconds, *more):
    return world.on("laptop", "iperf3", "-c", OFFICE, "-p", PORT, "-t", seconds, "-P", flows, "-J", "--connect-timeout", 5000,
                    *(["-R"] if reverse else []), *more)


def result(world, ran):
    """(Mbit/s, octets) of what iperf3 said."""
    try:
        said = json.loads(ran)
        if "error" not in said:
            received = said["end"]["sum_received"]
            return received["bits_per_second"] / 1e6, received["bytes"]
        words = said["error"]
    except (ValueError, KeyError):
        words = "no result"
    world.restart_iperf()
    raise Failed(f"iperf3: {words}")


def begin(world, flows, reverse, seconds, *more):
    return subprocess.Popen(command(world, flows, reverse, seconds, *more), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def finish(world, process, seconds):
    try:
        ran = process.communicate(timeout=seconds + 15)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        world.restart_iperf()
        raise Failed("iperf3 did not end") from None
    return result(world, ran)


def busy(trouble):
    """The server of an earlier measurement is still closing."""
    return "busy" in str(trouble) or "reset by peer" in str(trouble)


def measure(world, flows, reverse, seconds, *more):
    return finish(world, begin(world, flows, reverse, seconds, *more), seconds)
