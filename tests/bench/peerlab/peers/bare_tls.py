"""A TLS 1.3 stream of the same engine without TUN device or inner TCP: what TCP through a tunnel is held against. Its
records are sealed by what the tunnel uses on this machine; the other one uses wolfSSL alone."""
import subprocess

from ..world import BUILD, GATEWAY, end, wait_for
from .peer import Failed, Peer

PORT = 4433


class BareTls(Peer):
    name, title = "bare-tls", "bare TLS 1.3 stream"
    programs = (BUILD / "tests/bench/bare_tls",)
    tunnel = False
    restarts_alone = False
    streams = True  # measured by itself: nothing is routed through it
    options = ()

    def serve(self):
        pass

    def wait_until_served(self):
        pass

    def connect(self):
        pass

    def measure(self, direction, seconds):
        world, env, tool = self.world, self.world.env, self.programs[0]
        state = world.directory / "state"
        log = world.log(f"{self.name}-gateway")
        log.write_text("")
        self.start_gateway(tool, *self.options, "serve", GATEWAY, PORT, env["LAB_CA"], state / "gateway.pem", state / "gateway.key", "example.com")
        try:
            wait_for("the bare stream", lambda: "ready" in log.read_text(), 5)
            ran = subprocess.run(world.on("laptop", tool, *self.options, direction, GATEWAY, PORT, env["LAB_CA"], env["LAB_CERT"],
                                          env["LAB_KEY"], env["LAB_GATEWAY_NAME"], seconds), text=True, check=False,
                                 stdout=subprocess.PIPE, timeout=seconds + 20)
            self.server.wait(timeout=seconds + 20)
            words = (ran.stdout if direction == "down" else log.read_text()).split()
            if not words or not words[-1].isdigit():
                raise Failed("the bare stream did not run to its end")
            return float(words[-1])
        finally:
            end(self.server)


class BareTlsByWolfSsl(BareTls):
    name, title = "bare-tls-wolfssl", "bare TLS 1.3 stream, wolfSSL alone"
    options = ("--wolfssl",)
