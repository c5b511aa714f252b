"""The same way without any tunnel: the internet of the lab routes to the office."""
from ..world import GATEWAY, OFFICE_NET
from .peer import Peer


class NoTunnel(Peer):
    name, title = "no-tunnel", "no tunnel"
    tunnel = False
    restarts_alone = False

    def serve(self):
        self.world.run("internet", "ip", "route", "add", OFFICE_NET, "via", GATEWAY)

    def wait_until_served(self):
        pass

    def connect(self):
        pass

    def stop(self):
        self.world.run("internet", "ip", "route", "del", OFFICE_NET, check=False)
