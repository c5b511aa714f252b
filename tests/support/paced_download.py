#!/usr/bin/env python3
"""Reads GET /paced/BYTES/SECONDS of office_server.py over one connection and looks at what came, and when.

usage: paced_download.py HOST:PORT BYTES SECONDS

Prints "first" after the first octets, and at the end one JSON line:
{"bytes": N, "sha256": HEX, "expected": HEX, "seconds": S, "gap_p50_ms": G, "gap_p99_ms": G, "gap_max_ms": G}
The gaps are the longest silences of each second of the transfer.
"""
import hashlib
import json
import socket
import sys
import time

from office_server import numbered


def expected(size):
    digest = hashlib.sha256()
    for block in range((size + 4095) // 4096):
        digest.update(numbered(block)[:size - block * 4096])
    return digest.hexdigest()


def receive(peer, size, gaps):
    received = b""
    while b"\r\n\r\n" not in received:
        received += peer.recv(1 << 16)
    body = received.split(b"\r\n\r\n", 1)[1]
    print("first", flush=True)
    digest, total = hashlib.sha256(body), len(body)
    started = last = time.monotonic()
    while total < size and (chunk := peer.recv(1 << 18)):
        now = time.monotonic()
        second = int(now - started)
        gaps[second] = max(gaps.get(second, 0.0), now - last)
        last = now
        digest.update(chunk)
        total += len(chunk)
    return total, digest.hexdigest(), last - started


def main(endpoint, size, seconds):
    host, port = endpoint.rsplit(":", 1)
    gaps = {}
    peer = socket.create_connection((host, int(port)), timeout=20)
    peer.sendall(f"GET /paced/{size}/{seconds} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    total, digest, took = receive(peer, size, gaps)
    order = sorted(gaps.values())
    at = lambda share: round(1000 * order[min(len(order) - 1, int(share * len(order)))], 1)
    print(json.dumps({"bytes": total, "sha256": digest, "expected": expected(size), "seconds": round(took, 2),
                      "gap_p50_ms": at(0.5), "gap_p99_ms": at(0.99), "gap_max_ms": at(1)}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
