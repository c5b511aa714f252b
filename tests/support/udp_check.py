#!/usr/bin/env python3
"""UDP datagrams of many sizes whose content says which one they are.

usage: udp_check.py receive ADDRESS PORT COUNT    says "ready"; exits 0 once nearly all of them have come, each one whole
       udp_check.py send ADDRESS PORT COUNT       slowly enough for every queue
"""
import hashlib
import socket
import sys
import time

SIZES = (64, 64, 64, 63, 1200, 1200, 1, 1400, 1400, 1400, 1400, 7)


def datagram(number):
    """Runs of equal sizes, as programs send them."""
    size = SIZES[number // 16 % len(SIZES)]
    content = hashlib.sha256(str(number).encode()).digest() * (size // 32 + 1)
    return number.to_bytes(4, "big") + content[:size]


def receive(address, port, count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        sink.bind((address, port))
        print("ready", flush=True)
        seen, broken, disorder, last = set(), 0, 0, -1
        sink.settimeout(8)
        try:
            while len(seen) < count:
                octets = sink.recv(65536)
                number = int.from_bytes(octets[:4], "big")
                broken += octets != datagram(number)
                disorder += number < last
                last = number
                seen.add(number)
                sink.settimeout(2)
        except TimeoutError:
            pass
    print(f"{len(seen)} of {count} came, {broken} broken, {disorder} out of order")
    return 0 if not broken and not disorder and len(seen) > 0.99 * count else 1


def send(address, port, count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.connect((address, port))
        for number in range(count):
            source.send(datagram(number))
            if number % 32 == 31:
                time.sleep(0.002)
    return 0


def main(words):
    if len(words) != 4 or words[0] not in ("receive", "send"):
        sys.exit(__doc__)
    run = receive if words[0] == "receive" else send
    return run(words[1], int(words[2]), int(words[3]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
