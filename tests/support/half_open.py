#!/usr/bin/env python3
"""Opens many TCP connections that never finish a handshake: one octet a second each.

usage: half_open.py HOST:PORT COUNT SECONDS

Prints "open", and at the end one JSON line with how many were opened and how many of them the gateway closed.
"""
import json
import socket
import sys
import time

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)


def main(endpoint, count, seconds):
    host, port = endpoint.rsplit(":", 1)
    sockets, sent = [], {}
    until = time.monotonic() + float(seconds)
    while len(sockets) < int(count):
        peer = socket.socket()
        peer.setblocking(False)
        try:
            peer.connect((host, int(port)))
        except BlockingIOError:
            pass
        except OSError:
            break
        sockets.append(peer)
    print("open", flush=True)
    closed = set()
    while time.monotonic() < until:
        for index, peer in enumerate(sockets):
            if index in closed:
                continue
            try:
                peer.send(HELLO[sent.get(index, 0):sent.get(index, 0) + 1])
                sent[index] = sent.get(index, 0) + 1
                if not peer.recv(100):
                    closed.add(index)
            except BlockingIOError:
                pass
            except (OSError, ValueError):
                closed.add(index)
        time.sleep(max(0.0, min(1.0, until - time.monotonic())))
    print(json.dumps({"opened": len(sockets), "closed": len(closed)}))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
