#!/usr/bin/env python3
"""A gateway that wants its clients to do nothing but handshakes (docs/protocol.md, sections 18.2 and 18.3), or talks.

usage: insistent_gateway.py HOST:PORT CERT KEY SECONDS take|refuse|ending|idle|gossip

take     every session is accepted, and told to move at once
refuse   the first session is accepted and told to move every 10 ms; every further one is closed after the handshake
ending   every session is accepted, ended at once, and asked to come back within a second
idle     every session is accepted, and ended after 50 ms because nothing passed
gossip   the first session is accepted, and told without end of refusals, of other routes, some of which nobody takes, and by ICMP
         that the laptop's UDP connection from port 45454 to port 45455 of HOST, outside the tunnel, is refused

Prints "ready", "served" when the first session was accepted, and at the end one JSON line: {"connections": N}, all that came.
"""
import ipaddress
import json
import socket
import ssl
import sys
import threading
import time

import packets
from plain_client import ADDRESS_ASSIGN, DATAGRAM, ROUTE_ADVERTISEMENT, varint

NOTICE = 0x17639157C1B07806
ANSWER = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: connect-ip\r\nCapsule-Protocol: ?1\r\n"
          b"Sallyport-Extensions: notice\r\n\r\n")
ENDINGS = {"ending": b'{"v":1,"kind":"ending","reason":"gateway_shutdown","words":"stopping","return_within":1}',
           "idle": b'{"v":1,"kind":"ending","reason":"idle","words":"nothing passed"}'}
MOVE = b'{"v":1,"kind":"move","reason":"lifetime","left":0,"words":"move"}'


def capsule(kind, value):
    return varint(kind) + varint(len(value)) + value


INSIDE, OFFICE = "10.99.0.77", "10.20.4.10"


def route(address):
    packed = ipaddress.ip_address(address).packed
    return bytes([4]) + packed + packed + bytes([0])


def assignment():
    return (capsule(ADDRESS_ASSIGN, varint(0) + bytes([4]) + ipaddress.ip_address(INSIDE).packed + bytes([32])) +
            capsule(ROUTE_ADVERTISEMENT, route(OFFICE)))


def error_about(laptop, host):
    quoted = packets.udp(laptop, host, 45454, 45455)
    return capsule(DATAGRAM, varint(0) + packets.unreachable(OFFICE, INSIDE, quoted, code=3))


def gossip(tls):
    error = error_about(tls.getpeername()[0], tls.getsockname()[0])
    for number in range(1 << 16):
        said = b"".join(
            capsule(NOTICE, b'{"v":1,"kind":"denied","to":"10.20.%d.%d:%d/tcp","reason":"not_allowed","words":"no","code":"K"}' %
                    (number >> 8, number & 255, port)) for port in range(1, 101))
        routes = "10.21.0.%d" % (number & 255), "224.0.%d.%d" % (number >> 8, number & 255)
        tls.sendall(said + capsule(ROUTE_ADVERTISEMENT, b"".join(map(route, (OFFICE, *routes)))) + error)
        time.sleep(0.01)


class Gateway:
    def __init__(self, certificate, key, mode):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.num_tickets = 0
        self.context.set_alpn_protocols(["http/1.1"])
        self.context.load_cert_chain(certificate, key)
        self.mode = mode
        self.connections = 0

    def serve(self, peer, number):
        try:
            tls = self.context.wrap_socket(peer, server_side=True)
            if self.mode in ("refuse", "gossip") and number > 1:
                return tls.close()
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = tls.recv(4096)
                if not chunk:
                    return None
                head += chunk
            tls.sendall(ANSWER + assignment())
            if self.mode == "gossip":
                print("served", flush=True)
                return gossip(tls)
            # The laptop's interface is up by then.
            time.sleep(0.05 if self.mode == "idle" else 0)
            tls.sendall(capsule(NOTICE, ENDINGS.get(self.mode, MOVE)))
            if number == 1:
                print("served", flush=True)
            if self.mode in ENDINGS:
                return tls.close()
            while self.mode == "refuse":
                time.sleep(0.01)
                tls.sendall(capsule(NOTICE, MOVE))
            while tls.recv(65536):
                pass
        except OSError:
            pass
        return None


def main(endpoint, certificate, key, seconds, mode):
    host, port = endpoint.rsplit(":", 1)
    gateway = Gateway(certificate, key, mode)
    listener = socket.create_server((host, int(port)), backlog=128)
    print("ready", flush=True)
    until = time.monotonic() + float(seconds)
    while (left := until - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            peer, _ = listener.accept()
        except socket.timeout:
            break
        peer.settimeout(30)
        gateway.connections += 1
        threading.Thread(target=gateway.serve, args=(peer, gateway.connections), daemon=True).start()
    print(json.dumps({"connections": gateway.connections}), flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 6 or sys.argv[5] not in ("take", "refuse", "gossip", *ENDINGS):
        sys.exit(__doc__)
    main(*sys.argv[1:])
