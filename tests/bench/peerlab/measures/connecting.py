"""From the moment a person asks for the tunnel until the first answer from the office."""
import contextlib
import os
import subprocess
import time

from ..namespaces import HOME
from ..world import FIRST_REPLY, OFFICE, Failed

WORD = os.path.join(HOME, "word")
AT_REST = 0.05  # seconds, until who waits for the word sleeps


class Probe:
    """Pings every 0.2 ms from `go` on. With `word`, that lets go whoever waits for it."""

    def __init__(self, world, seconds, word=None):
        self.seconds = seconds
        self.process = subprocess.Popen(world.on("laptop", FIRST_REPLY, "ping", OFFICE, seconds, *([word] if word else [])), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def first(self):
        """When it began and when the kernel had the first answer (steady clock, ns), or None."""
        said = self.process.communicate(timeout=self.seconds + 10)[0].split()
        return (int(said[0]), int(said[1])) if len(said) == 2 else None


@contextlib.contextmanager
def on_word(peer):
    """What the peer starts to connect stands in the laptop's namespace and waits."""
    with contextlib.suppress(FileExistsError):
        os.mkfifo(WORD)
    peer.word = WORD
    try:
        yield WORD
    finally:
        peer.word = None


def measure(peer, patience=15):
    """Connects, and returns the milliseconds that took."""
    if peer.tunnel:
        with on_word(peer) as word:
            peer.connect()
            probe = Probe(peer.world, patience, word)
    else:
        peer.connect()
        probe = Probe(peer.world, patience)
    time.sleep(AT_REST)
    probe.go()
    times = probe.first()
    if times is None:
        raise Failed(f"no packet passed within {patience} s of connecting")
    peer.settle()
    return (times[1] - times[0]) / 1e6


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
    times = probe.first()
    if times is None:
        return {"since_listener": None, "since_kill": None, "patience": patience}
    came = times[1]
    # On a busy machine the answer may come before this process looks again: then all of the time counts.
    began = listening if came > listening else killed
    return {"since_listener": (came - began) / 1e6, "since_kill": (came - killed) / 1e6, "patience": patience}
