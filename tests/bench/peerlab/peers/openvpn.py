"""OpenVPN 2.6, over UDP and over TCP: TLS 1.3, AES-128-GCM, certificates at both ends."""
import subprocess

from ..world import GATEWAY
from .peer import Peer

COMMON = ("--tls-version-min", "1.3", "--data-ciphers", "AES-128-GCM", "--keepalive", "10", "60", "--verb", "3", "--persist-key",
          "--dev-type", "tun")


class OpenVpn(Peer):
    programs = ("openvpn",)
    protocol = ""

    def prepare(self):
        self.pki()

    def version(self):
        said = subprocess.run(["openvpn", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
        return " ".join(said.split()[:2])

    def identity(self, name):
        return "--ca", self.folder / "ca.pem", "--cert", self.folder / f"{name}.pem", "--key", self.folder / f"{name}.key"

    def serve(self):
        proto = "tcp-server" if self.protocol == "tcp" else "udp"
        self.start_gateway("openvpn", *COMMON, *self.tuning(), "--dev", "ovpns", "--proto", proto, "--local", GATEWAY, "--port",
                           self.listener[1], "--server", "10.98.1.0", "255.255.255.0", "--topology", "subnet", "--dh", "none",
                           "--push", "route 10.20.0.0 255.255.0.0", *self.identity("gateway"))

    def connect(self):
        proto = "tcp-client" if self.protocol == "tcp" else "udp"
        self.start_laptop("openvpn", *COMMON, *self.tuning(), "--client", "--nobind", "--dev", "ovpnc", "--proto", proto, "--remote",
                          GATEWAY, self.listener[1], "--remote-cert-tls", "server", "--connect-retry", "1", *self.identity("laptop"))


class OpenVpnUdp(OpenVpn):
    name, title, protocol, listener = "openvpn-udp", "OpenVPN, UDP", "udp", ("udp", 1194)

    def tuning(self):
        return ("--fast-io",)


class OpenVpnTcp(OpenVpn):
    name, title, protocol, listener = "openvpn-tcp", "OpenVPN, TCP", "tcp", ("tcp", 1194)

    def tuning(self):
        return ("--socket-flags", "TCP_NODELAY")
