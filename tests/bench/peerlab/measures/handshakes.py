"""Mutual TLS 1.3 handshakes a second, each on a connection of its own, by two of OpenSSL's clients on the same cores."""
import re
import subprocess

from ..world import GATEWAY, Failed
from . import processes

CLIENTS = 2


def measure(peer, seconds=3):
    port, authority, certificate, key = peer.handshake_place()
    words = ["openssl", "s_time", "-new", "-tls1_3", "-connect", f"{GATEWAY}:{port}", "-CAfile", authority, "-cert", certificate,
             "-key", key, "-time", seconds]
    before = processes.cpu_seconds(peer.gateway_pids())
    running = [subprocess.Popen(peer.world.on("laptop", *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for _ in range(CLIENTS)]
    total = 0.0
    for client in running:
        said = client.communicate(timeout=seconds + 20)[0]
        found = re.search(r"(\d+) connections in (\d+) real seconds", said)
        if not found:
            raise Failed(f"openssl s_time: {said.strip()[-200:]}")
        total += int(found[1]) / max(int(found[2]), 1)
    used = processes.cpu_seconds(peer.gateway_pids()) - before
    return {"per_second": total, "gateway_cpu_ms": used * 1000 / max(total * seconds, 1)}
