#!/usr/bin/env python3
"""The office's end of many_devices.py: answers datagrams at once, or later and several times.

usage: udp_echo.py JOURNAL HOST:PORT [HOST:PORT ...]

"now ID ..."           is sent back as it is
"later SECONDS COUNT ID" is answered after that time with COUNT datagrams "later ID NUMBER"
anything else          is not answered

Prints "ready". Every datagram becomes a line of JOURNAL: "<unix time> <local port> <peer address> <content>".
"""
import heapq
import selectors
import socket
import sys
import time


def listen(endpoint):
    host, port = endpoint.rsplit(":", 1)
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    door.bind((host, int(port)))
    door.setblocking(False)
    return door


def main(journal_path, endpoints):
    journal = open(journal_path, "a", buffering=1, encoding="ascii")  # noqa: SIM115
    events = selectors.DefaultSelector()
    for endpoint in endpoints:
        events.register(listen(endpoint), selectors.EVENT_READ)
    print("ready", flush=True)
    due, number = [], 0
    while True:
        wait = max(0.0, due[0][0] - time.monotonic()) if due else None
        for key, _ in events.select(wait):
            door = key.fileobj
            try:
                octets, peer = door.recvfrom(2048)
            except BlockingIOError:
                continue
            text = octets.decode("ascii", "replace")
            journal.write(f"{time.time():.4f} {door.getsockname()[1]} {peer[0]} {text}\n")
            words = text.split()
            if words[0] == "now":
                door.sendto(octets, peer)
            elif words[0] == "later":
                number += 1
                heapq.heappush(due, (time.monotonic() + float(words[1]), number, door, peer, int(words[2]), words[3]))
        while due and due[0][0] <= time.monotonic():
            _, _, door, peer, count, name = heapq.heappop(due)
            for i in range(count):
                door.sendto(f"later {name} {i}".encode(), peer)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2:])
    except KeyboardInterrupt:
        pass
