"""Asks an address again and again whether it is there; says when the first answer came. Run on the laptop.

usage: probe.py ADDRESS SECONDS     says "ready", begins with a line on stdin, prints the steady clock's nanoseconds
"""
import os
import select
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def main():
    address, seconds = sys.argv[1], float(sys.argv[2])
    mine = os.getpid() & 0xFFFF
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    blank = struct.pack("!BBHHH8x", 8, 0, 0, mine, 1)
    echo = struct.pack("!BBHHH8x", 8, 0, checksum(blank), mine, 1)
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            sock.sendto(echo, (address, 0))
        except OSError:
            pass  # no route yet
        asked_again = time.monotonic() + 0.001
        while (left := asked_again - time.monotonic()) > 0:
            if not select.select([sock], [], [], left)[0]:
                break
            data, source = sock.recvfrom(2048)
            came = time.monotonic_ns()
            header = (data[0] & 15) * 4
            kind, _, _, number = struct.unpack_from("!BBHH", data, header)
            if source[0] == address and kind == 0 and number == mine:
                print(came, flush=True)
                return
    print("never", flush=True)


main()
