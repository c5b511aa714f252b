#!/usr/bin/env python3
"""Sends PUT /sum/BYTES to office_server.py over one connection, evenly over SECONDS (0: as fast as it goes).

usage: paced_upload.py HOST:PORT BYTES SECONDS

Prints "first" after the first octets, and at the end one JSON line:
{"sha256": HEX that the office counted, "expected": HEX, "seconds": S, "longest_ms": G}
The last is the longest time for which the connection took nothing.
"""
import hashlib
import json
import socket
import sys
import time

from office_server import numbered


def main(endpoint, size, seconds):
    host, port = endpoint.rsplit(":", 1)
    peer = socket.create_connection((host, int(port)), timeout=20)
    # Little of it waits in the kernel: a stall is seen here.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
    peer.sendall(f"PUT /sum/{size} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    digest, sent, longest = hashlib.sha256(), 0, 0.0
    started = time.monotonic()
    for block in range((size + 4095) // 4096):
        time.sleep(max(0.0, started + seconds * sent / size - time.monotonic()))
        piece = numbered(block)[:size - sent]
        began = time.monotonic()
        peer.sendall(piece)
        longest = max(longest, time.monotonic() - began)
        if sent == 0:
            print("first", flush=True)
        digest.update(piece)
        sent += len(piece)
    answer = b""
    while chunk := peer.recv(4096):
        answer += chunk
    print(json.dumps({"sha256": answer.rsplit(b"\r\n", 1)[-1].decode(), "expected": digest.hexdigest(),
                      "seconds": round(time.monotonic() - started, 2), "longest_ms": round(1000 * longest, 1)}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
