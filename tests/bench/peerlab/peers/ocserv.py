"""ocserv with openconnect: TLS 1.3 alone, and with DTLS 1.2 beside it for the packets. Certificates at both ends."""
import subprocess

from ..world import GATEWAY, OFFICE_NET, wait_for
from .peer import Peer

SCRIPT = """#!/bin/sh
[ "$reason" = connect ] || exit 0
ip address add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
ip link set "$TUNDEV" mtu "$INTERNAL_IP4_MTU" up
ip route add {net} dev "$TUNDEV"
"""


class Ocserv(Peer):
    programs = ("ocserv", "openconnect")
    udp_port, options = 0, ()

    def prepare(self):
        self.pki()
        script = self.folder / "script"
        script.write_text(SCRIPT.format(net=OFFICE_NET))
        script.chmod(0o755)
        udp = f"udp-port = {self.udp_port}\n" if self.udp_port else ""
        (self.folder / "ocserv.conf").write_text(f"""auth = "certificate"
listen-host = {GATEWAY}
tcp-port = 443
{udp}run-as-user = root
run-as-group = root
socket-file = {self.folder}/socket
pid-file = {self.folder}/pid
server-cert = {self.folder}/gateway.pem
server-key = {self.folder}/gateway.key
ca-cert = {self.folder}/ca.pem
cert-user-oid = 2.5.4.3
isolate-workers = false
max-clients = 64
max-same-clients = 0
rate-limit-ms = 0
max-ban-score = 0
keepalive = 300
dpd = 60
mobile-dpd = 300
try-mtu-discovery = false
compression = false
tls-priorities = "NORMAL:-CIPHER-ALL:+AES-128-GCM:%SERVER_PRECEDENCE"
auth-timeout = 60
cookie-timeout = 300
use-occtl = false
device = ocs
predictable-ips = true
default-domain = example.com
ipv4-network = 10.98.2.0
ipv4-netmask = 255.255.255.0
route = 10.20.0.0/255.255.0.0
cisco-client-compat = true
dtls-legacy = true
""")

    def version(self):
        first = [subprocess.run([name, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                check=False).stdout.split("\n")[0] for name in self.programs]
        return ", ".join(first).replace("version ", "")

    def serve(self):
        self.start_gateway("ocserv", "-f", "-d", "1", "-c", self.folder / "ocserv.conf")

    def connect(self):
        self.start_laptop("openconnect", "--protocol=anyconnect", "--non-inter", "--certificate", self.folder / "laptop.pem",
                          "--sslkey", self.folder / "laptop.key", "--cafile", self.folder / "ca.pem", "--interface", "occ",
                          "--script", self.folder / "script", *self.options, f"https://{GATEWAY}:443")

    def handshake_place(self):
        return 443, *(self.folder / name for name in ("ca.pem", "laptop.pem", "laptop.key"))


class OcservTls(Ocserv):
    name, title, options = "ocserv-tls", "ocserv + openconnect, TLS", ("--no-dtls",)


class OcservDtls(Ocserv):
    name, title, udp_port = "ocserv-dtls", "ocserv + openconnect, DTLS", 443

    def settle(self):
        log = self.world.log(f"{self.name}-laptop")
        wait_for("DTLS", lambda: "DTLS connection" in log.read_text(errors="replace"), 10)

    def disconnect(self):
        super().disconnect()
        self.world.log(f"{self.name}-laptop").write_text("")
