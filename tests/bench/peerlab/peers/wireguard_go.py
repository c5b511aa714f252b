"""wireguard-go, WireGuard in user space: this release's package, and the newest one with segmentation offload."""
import shutil
import subprocess

from .. import install
from ..world import GATEWAY, OFFICE_NET, end, wait_for
from .peer import Peer

SECTION = "[Interface]\nPrivateKey = {private}\n{port}[Peer]\nPublicKey = {public}\nAllowedIPs = {allowed}\n{endpoint}"


class WireguardGo(Peer):
    name, title = "wireguard-go", "wireguard-go, Debian 12"
    programs = ("wireguard-go", "wg")
    listener = ("udp", 51820)
    up = None  # the commands that connect

    def program(self):
        return shutil.which("wireguard-go")

    def version(self):
        return f"wireguard-go {install.installed_version('wireguard-go')}"

    def prepare(self):
        keys = {}
        for name in ("gateway", "laptop"):
            private = subprocess.run(["wg", "genkey"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
            public = subprocess.run(["wg", "pubkey"], input=private, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
            keys[name] = private, public
        (self.folder / "gateway.conf").write_text(SECTION.format(
            private=keys["gateway"][0], port="ListenPort = 51820\n", public=keys["laptop"][1], allowed="10.98.4.2/32", endpoint=""))
        (self.folder / "laptop.conf").write_text(SECTION.format(
            private=keys["laptop"][0], port="", public=keys["gateway"][1], allowed=f"10.98.4.1/32, {OFFICE_NET}",
            endpoint=f"Endpoint = {GATEWAY}:51820\n"))

    def device(self, place, name, address, start):
        control = f"/run/wireguard/{name}.sock"
        start(self.program(), "-f", name, env={"WG_PROCESS_FOREGROUND": "1"})
        wait_for("its device", lambda: self.world.has_device(place, name), 5)
        wait_for("its socket", lambda: subprocess.run(["test", "-S", control], check=False).returncode == 0, 5)
        self.world.run(place, "wg", "setconf", name, self.folder / f"{place}.conf")
        self.world.run(place, "ip", "address", "add", address, "dev", name)
        self.world.run(place, "ip", "link", "set", name, "mtu", "1420")

    def serve(self):
        self.device("gateway", "wgs", "10.98.4.1/24", self.start_gateway)
        self.world.run("gateway", "ip", "link", "set", "wgs", "up")

    def client(self):
        self.device("laptop", "wgc", "10.98.4.2/24", self.start_laptop)

    def connect(self):
        ip = shutil.which("ip")
        self.up = self.world.start("laptop", f"{self.name}-up", ip, "link", "set", "wgc", "up",
                                   "--then", ip, "route", "add", OFFICE_NET, "dev", "wgc", word=self.word)

    def settle(self):
        self.up.wait(timeout=10)

    def disconnect(self):
        end(self.up)
        self.up = None
        super().disconnect()


class NewerWireguardGo(WireguardGo):
    name, title = "wireguard-go-newest", "wireguard-go, Debian 13"
    programs = ("wg",)

    def missing(self):
        return super().missing() or (None if self.program() else "the newer wireguard-go is not there (tests/bench/peers --install)")

    def program(self):
        return install.newer_wireguard()

    def version(self):
        return f"wireguard-go {(install.cache() / 'wireguard-go/version').read_text()}"
