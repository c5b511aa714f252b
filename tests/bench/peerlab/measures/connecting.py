"""From the moment a person asks for the tunnel until the first answer from the office."""
import subprocess
import sys
import time

from ..world import HERE, OFFICE, Failed


class Probe:
    def __init__(self, world, seconds):
        self.seconds = seconds
        self.process = subprocess.Popen(world.on("laptop", sys.executable, HERE / "probe.py", OFFICE, seconds), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def first(self):
        """When the first answer came (steady clock, ns), or None."""
        said = self.process.communicate(timeout=self.seconds + 10)[0].strip()
        return int(said) if said.isdigit() else None


def measure(peer, patience=15):
    """Connects, and returns the milliseconds that took."""
    probe = Probe(peer.world, patience)
    probe.go()
    began = time.monotonic_ns()
    peer.connect()
    came = probe.first()
    if came is None:
        raise Failed(f"no packet passed within {patience} s of connecting")
    peer.settle()
    return (came - began) / 1e6


def after_kill(peer, patience):
    """Kills the gateway's process and starts it again: ms until packets pass, from its listener and from the kill. None
    where nothing passed within `patience` seconds of the kill."""
    probe = Probe(peer.world, patience)
    peer.kill_gateway()
    killed = time.monotonic_ns()
    probe.go()
    peer.serve()
    peer.wait_until_served()
    listening = time.monotonic_ns()
    came = probe.first()
    if came is None:
        return {"since_listener": None, "since_kill": None, "patience": patience}
    # On a busy machine the answer may come before this process looks again: then all of the time counts.
    began = listening if came > listening else killed
    return {"since_listener": (came - began) / 1e6, "since_kill": (came - killed) / 1e6, "patience": patience}
