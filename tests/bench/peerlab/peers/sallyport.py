"""Sallyport, with a policy of 1,000 rules."""
import subprocess

from ..world import BUILD, OFFICE, PORT, RULES, end, wait_for
from .peer import Peer

CLIENT, DAEMON, SERVER = "client/cli/sallyport", "client/daemon/sallyportd", "server/gateway/sallyport-gateway"


def policy():
    lines = ["version = 1", "[resources]", f'iperf = {{ net = "{OFFICE}", ports = ["{PORT}/tcp", "{PORT}/udp"] }}']
    lines += [f'r{i} = {{ net = "10.30.{i // 256}.{i % 256}", ports = "{1000 + i}/tcp" }}' for i in range(RULES - 1)]
    lines += ["[allow.bench]", 'who = "everyone"', 'to = "iperf"']
    for i in range(RULES - 1):
        lines += [f"[allow.rule{i}]", 'who = "everyone"', f'to = "r{i}"']
    return "\n".join(lines) + "\n"


class Sallyport(Peer):
    name, title = "sallyport", "Sallyport"
    build = BUILD
    programs = tuple(BUILD / name for name in (CLIENT, DAEMON, SERVER))

    def prepare(self):
        self.directory = self.world.directory
        (self.directory / "etc/policy.d/20-bench.toml").write_text(policy())
        with open(self.directory / "etc/gateway.toml", "a", encoding="utf-8") as file:
            # One source makes all the handshakes that are counted.
            file.write("[limits]\nhandshakes_per_second_per_source = 100000\nburst = 100000\n")

    def version(self):
        return subprocess.run([self.build / CLIENT, "version"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip().split("\n")[0]

    def serve(self):
        self.start_gateway(self.build / SERVER, "--config", self.directory / "etc/gateway.toml")

    def client(self):
        socket = self.directory / "laptop/run/client.sock"
        socket.unlink(missing_ok=True)
        self.start_laptop(self.build / DAEMON, "--config", self.directory / "laptop/client.toml")
        wait_for("sallyportd", socket.exists, 5)

    def command(self, word, *more):
        return [self.build / CLIENT, "--socket", self.directory / "laptop/run/client.sock", word, *more]

    def connect(self):
        self.up = self.world.start("laptop", "sallyport-up", *self.command("up", "office"), word=self.word)

    def settle(self):
        self.up.wait(timeout=10)

    def disconnect(self):
        self.world.run("laptop", *self.command("down"), check=False)
        end(getattr(self, "up", None))
        super().disconnect()

    def handshake_place(self):
        return 443, self.world.env["LAB_CA"], self.world.env["LAB_CERT"], self.world.env["LAB_KEY"]

    def logs(self):
        return [*super().logs(), "sallyport-up"]


def of_another_build(world, build, first):
    """The programs of another build with the files of `first`, a Sallyport that is prepared."""
    build = build.resolve()
    other = type("AnotherBuild", (Sallyport,), {"name": f"sallyport of {build}".replace("/", "-"), "build": build})(world)
    other.title, other.directory = f"Sallyport, {build}", first.directory
    return other
