#!/usr/bin/env python3
"""Watches an interface until SIGTERM and counts what must never be seen there.

usage: capture.py INTERFACE PREFIX... -- MARKER...

Prints "watching", and at the end one JSON line: {"packets": N, "protected": packets to or from a PREFIX,
"markers": packets that hold a MARKER in clear, "examples": [...]}.
"""
import ipaddress
import json
import signal
import socket
import sys
import time

stopped_at = None


def stop(*_):
    global stopped_at
    stopped_at = time.monotonic()


def addresses(frame):
    """Source and destination of the IP packet in an Ethernet frame."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == 0x0800:
        return ipaddress.ip_address(frame[26:30]), ipaddress.ip_address(frame[30:34])
    if kind == 0x86DD:
        return ipaddress.ip_address(frame[22:38]), ipaddress.ip_address(frame[38:54])
    return ()


def main(arguments):
    split = arguments.index("--")
    prefixes = [ipaddress.ip_network(p) for p in arguments[1:split]]
    markers = [m.encode() for m in arguments[split + 1:]]
    watch = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    watch.bind((arguments[0], 0))
    watch.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 25)
    watch.settimeout(0.1)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("watching", flush=True)
    count = {"packets": 0, "protected": 0, "markers": 0, "examples": []}
    while stopped_at is None or time.monotonic() < stopped_at + 0.3:
        try:
            frame = watch.recv(1 << 17)
        except (TimeoutError, InterruptedError):
            continue
        count["packets"] += 1
        ends = addresses(frame)
        protected = any(end.version == prefix.version and end in prefix for end in ends for prefix in prefixes)
        marked = any(marker in frame for marker in markers)
        count["protected"] += protected
        count["markers"] += marked
        if (protected or marked) and len(count["examples"]) < 5:
            count["examples"].append(" > ".join(map(str, ends)) + " " + frame[14:74].hex())
    print(json.dumps(count), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 4 or "--" not in sys.argv:
        sys.exit(__doc__)
    main(sys.argv[1:])
