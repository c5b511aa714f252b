"""tinc 1.0 in router mode, AES-128."""
import subprocess

from ..world import GATEWAY, OFFICE_NET
from .peer import Peer


class Tinc(Peer):
    name, title = "tinc", "tinc 1.0"
    programs = ("tincd",)
    listener = ("udp", 655)

    def version(self):
        said = subprocess.run(["tincd", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
        return " ".join(said.split()[:3])

    def prepare(self):
        ends = {"gateway": ("tincs", "10.98.3.1", f"Address = {GATEWAY}\nSubnet = 10.98.3.1/32\nSubnet = {OFFICE_NET}\n", ""),
                "laptop": ("tincc", "10.98.3.2", "Subnet = 10.98.3.2/32\n", "ConnectTo = gateway\n")}
        hosts = {}
        for name, (device, address, host, more) in ends.items():
            home = self.folder / name
            (home / "hosts").mkdir(parents=True)
            (home / "tinc.conf").write_text(f"Name = {name}\nInterface = {device}\nDevice = /dev/net/tun\nMode = router\n{more}")
            (home / "hosts" / name).write_text(f"{host}Cipher = aes-128-cbc\nDigest = sha256\n")
            route = f"ip route add {OFFICE_NET} dev $INTERFACE\n" if name == "laptop" else ""
            (home / "tinc-up").write_text(
                f"#!/bin/sh\nip address add {address}/24 dev $INTERFACE\nip link set $INTERFACE up\n{route}")
            (home / "tinc-up").chmod(0o755)
            subprocess.run(["tincd", "-c", home, "-K2048"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            hosts[name] = (home / "hosts" / name).read_text()
        for home in ends:
            for name, text in hosts.items():
                (self.folder / home / "hosts" / name).write_text(text)

    def words(self, name):
        return "tincd", "-c", self.folder / name, "-D", "-d1", f"--pidfile={self.folder}/{name}.pid"

    def serve(self):
        self.start_gateway(*self.words("gateway"))

    def connect(self):
        self.start_laptop(*self.words("laptop"))

    def kill_gateway(self):
        super().kill_gateway()
        (self.folder / "gateway.pid").unlink(missing_ok=True)
