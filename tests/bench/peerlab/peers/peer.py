"""What every tunnel has in common."""
import shutil
import signal

from .. import pki
from ..world import GATEWAY, Failed, end, wait_for


class Peer:
    """`serve` starts the gateway's side and `client` whatever runs on a laptop before anybody connects; `connect` is
    what the person does, by start_laptop or with `word`. All return at once; `wait_until_served` waits for the gateway's listener."""

    name = title = ""
    programs = ()  # that must be installed
    tunnel = True  # packets pass only once it is connected
    listener = ("tcp", 443)
    restarts_alone = True  # whether its gateway can be killed and started again

    def __init__(self, world):
        self.world = world
        self.folder = world.directory.parent / self.name
        self.folder.mkdir()
        self.server = self.laptop = None
        self.word = None  # a fifo: what `connect` starts waits until it says so

    def missing(self):
        """What is not installed, in words; None when all is there."""
        for program in self.programs:
            if shutil.which(str(program)) is None:
                return f"{program} is not installed (tests/bench/peers --install)"
        return None

    def version(self):
        return ""

    def prepare(self):
        """Keys and configuration, once."""

    def pki(self):
        pki.make(self.folder, GATEWAY)

    def serve(self):
        raise NotImplementedError

    def wait_until_served(self):
        wait_for(f"the listener of {self.title}", lambda: self.world.listens("gateway", *self.listener), 10, step=0.0005)

    def after_serving(self):
        """What the gateway's network still needs."""

    def client(self):
        """What runs on the laptop before."""

    def connect(self):
        raise NotImplementedError

    def settle(self):
        """Waits for what comes up after the first packet has passed."""

    def disconnect(self):
        end(self.laptop)
        self.laptop = None

    def stop(self):
        end(self.server)
        self.server = None

    def kill_gateway(self):
        end(self.server, signal.SIGKILL)
        self.server = None

    def gateway_pids(self):
        return [self.server.pid] if self.server else []

    def laptop_pids(self):
        return [self.laptop.pid] if self.laptop else []

    def handshake_place(self):
        """(port, CA, certificate, key) for TLS handshakes with a client certificate, or None."""
        return None

    def logs(self):
        return [f"{self.name}-gateway", f"{self.name}-laptop"]

    def last_words(self):
        return [line for log in self.logs() for line in self.world.last_lines(log)]

    def start_gateway(self, *words, env=None):
        self.server = self.world.start("gateway", f"{self.name}-gateway", *words, env=env)

    def start_laptop(self, *words, env=None):
        self.laptop = self.world.start("laptop", f"{self.name}-laptop", *words, env=env, word=self.word)


__all__ = ["Failed", "Peer"]
