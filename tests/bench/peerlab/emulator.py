"""The link emulator in the internet of the lab: one TUN device for each direction, and routes through them."""
import json
import signal
import subprocess
import sys
import time

from .world import BUILD, Failed

TOOL = BUILD / "tests/bench/link_emulator"
ROUTER = "198.51.100.1"
LAPTOP_SIDE, GATEWAY_SIDE = "lap", "gwy"


class Emulator:
    def __init__(self, world):
        self.world = world
        self.process = None
        for number, (device, side) in enumerate((("emuup", LAPTOP_SIDE), ("emudown", GATEWAY_SIDE)), start=101):
            world.run("internet", "ip", "tuntap", "add", "dev", device, "mode", "tun")
            # What does not fit is dropped by the emulator, where it is counted; not by the device in front of it.
            world.run("internet", "ip", "link", "set", device, "txqueuelen", 20000, "mtu", 1500, "up")
            world.run("internet", "ip", "route", "add", "default", "dev", device, "table", number)
            world.run("internet", "ip", "rule", "add", "iif", side, "lookup", number)
            world.run("internet", "sh", "-c", f"echo 0 >/proc/sys/net/ipv4/conf/{device}/rp_filter")
        world.run("internet", "sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter")

    def start(self, settings):
        words = [str(word) for pair in settings.items() for word in pair]
        self.process = subprocess.Popen(self.world.on("internet", TOOL, "emuup", "emudown", *words), stdout=subprocess.PIPE,
                                        text=True)
        if "ready" not in self.process.stdout.readline():
            raise Failed("the link emulator does not start")
        time.sleep(0.05)

    def stop(self):
        """What happened to the packets, by direction."""
        if self.process is None:
            return {}
        self.process.send_signal(signal.SIGTERM)
        try:
            said = self.process.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            print("the link emulator did not end within 10 s and was ended; what it counted is lost", file=sys.stderr)
            return {}
        finally:
            self.process = None
        return json.loads(said)


def settings(cell):
    """The emulator's words for a cell; half of the round trip lies in each direction."""
    words = {"delay": cell["rtt"] / 2, "loss": cell["loss"] / 100, "rate": cell["rate"], "queue": cell["queue"],
             "seed": cell["seed"]}
    for key in ("jitter", "reorder", "reorder-by", "mtu"):
        if key in cell:
            words[key] = cell[key]
    return words
