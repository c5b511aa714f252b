#!/usr/bin/env python3
"""A plain RFC 9484 client over HTTP/1.1, written from the RFCs alone: none of Sallyport's extensions, no TUN device.

Shares no code with the product, so that it can vouch for it. As a library it is also the hostile device of the tests.

usage: plain_client.py HOST:PORT NAME CA CERT KEY get INNER_HOST:PORT [PATH]
       plain_client.py HOST:PORT NAME CA CERT KEY ping INNER_HOST

Prints one JSON line; exits 1 when there was no answer.
"""
import ipaddress
import itertools
import json
import random
import socket
import ssl
import struct
import sys
import time

import packets
from packets import ACK, FIN, PSH, RST, SYN, TCP, Packet

DATAGRAM, ADDRESS_ASSIGN, ADDRESS_REQUEST, ROUTE_ADVERTISEMENT = 0, 1, 2, 3
REQUEST = (
    "GET /.well-known/masque/ip/%2A/%2A/ HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade\r\n"
    "Upgrade: connect-ip\r\nCapsule-Protocol: ?1\r\n\r\n"
)
# The same with the extension for super-packets (docs/protocol.md section 5.1), for the hostile device alone.
SUPER_REQUEST = REQUEST.replace("\r\n\r\n", "\r\nSallyport-Extensions: gso\r\n\r\n")
SUPER_CONTEXT = 2


def varint(value):
    for size, prefix in ((1, 0), (2, 0x40), (4, 0x80), (8, 0xC0)):
        if value < 1 << (8 * size - 2):
            octets = bytearray(value.to_bytes(size, "big"))
            octets[0] |= prefix
            return bytes(octets)
    raise ValueError(value)


def read_varint(data, at):
    """(value, next position), or None when more octets are needed."""
    if at >= len(data):
        return None
    size = 1 << (data[at] >> 6)
    if at + size > len(data):
        return None
    return int.from_bytes(data[at:at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size


class Refused(Exception):
    """The gateway answered the upgrade with another status than 101."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body}")
        self.status, self.body = status, body


class PlainClient:
    def __init__(self, host, port, name, ca, certificate, key, timeout=5):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["http/1.1"])
        context.load_verify_locations(ca)
        context.load_cert_chain(certificate, key)
        self.name = name
        self.tls = context.wrap_socket(socket.create_connection((host, port), timeout=timeout), server_hostname=name)
        self.received = b""
        self.addresses = []
        self.routes = []
        self.saw_routes = False
        self.arrived = []  # packets not yet looked at
        self.unknown_capsules = 0
        self.largest = 0  # octets of a packet that came
        self.bad_checksums = 0
        self.takes_super_packets = False
        self.is_closed = False

    # --- HTTP ----------------------------------------------------------------------------------------------------
    def upgrade(self, request=None):
        self.tls.sendall((request or REQUEST.format(name=self.name)).encode())
        while b"\r\n\r\n" not in self.received:
            chunk = self.tls.recv(65536)
            if not chunk:
                raise ConnectionError("closed instead of an HTTP answer")
            self.received += chunk
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        self.head = head.decode("ascii")
        status = int(self.head.split()[1])
        if status != 101:
            raise Refused(status, self._read_rest())
        self._take_capsules()
        return self

    def _read_rest(self):
        try:
            while chunk := self.tls.recv(65536):
                self.received += chunk
        except OSError:
            pass
        return self.received.decode("ascii", "replace")

    def open(self, takes_super_packets=False):
        """Upgrades and waits for addresses and routes."""
        self.takes_super_packets = takes_super_packets
        self.upgrade(SUPER_REQUEST.format(name=self.name) if takes_super_packets else None)
        self.wait(lambda: self.addresses and self.saw_routes, 5)
        return self

    # --- capsules ------------------------------------------------------------------------------------------------
    def send_capsule(self, kind, value):
        self.tls.sendall(varint(kind) + varint(len(value)) + value)

    def send(self, *raw_packets):
        self.tls.settimeout(5)
        self.tls.sendall(b"".join(varint(DATAGRAM) + varint(len(p) + 1) + b"\0" + p for p in raw_packets))

    def send_super(self, packet, size, header, kind=1, flags=0):
        self.send_capsule(DATAGRAM, varint(SUPER_CONTEXT) + struct.pack("!BBHH", kind, flags, size, header) + packet)

    def _take_capsules(self):
        at = 0
        while (kind := read_varint(self.received, at)) and (length := read_varint(self.received, kind[1])):
            end = length[1] + length[0]
            if end > len(self.received):
                break
            self._take(kind[0], self.received[length[1]:end])
            at = end
        self.received = self.received[at:]

    def _take(self, kind, value):
        if kind == DATAGRAM and value[0] == SUPER_CONTEXT and self.takes_super_packets:
            self.arrived.append(Packet(value[7:]))
        elif kind == DATAGRAM:
            assert value[0] == 0, "a context we never registered"
            packet = Packet(value[1:])
            self.largest = max(self.largest, len(value) - 1)
            self.bad_checksums += not packet.has_good_checksum()
            self.arrived.append(packet)
        elif kind == ADDRESS_ASSIGN:
            self.addresses = list(read_addresses(value))
        elif kind == ROUTE_ADVERTISEMENT:
            self.routes = list(read_routes(value))
            self.saw_routes = True
        else:
            self.unknown_capsules += 1

    def pump(self, seconds):
        """Reads what comes within that time; returns at the first octets."""
        if self.is_closed:
            return
        self.tls.settimeout(max(seconds, 0.001))
        try:
            chunk = self.tls.recv(1 << 17)
        except (TimeoutError, ssl.SSLWantReadError):
            return
        except OSError:
            chunk = b""
        if not chunk:
            self.is_closed = True
            return
        self.received += chunk
        self._take_capsules()

    def wait(self, condition, seconds):
        """The first true value of `condition`, or None after that time or when the gateway closed."""
        until = time.monotonic() + seconds
        while True:
            if value := condition():
                return value
            if self.is_closed or time.monotonic() >= until:
                return None
            self.pump(until - time.monotonic())

    def wait_packet(self, matches, seconds):
        def look():
            for index, packet in enumerate(self.arrived):
                if matches(packet):
                    return self.arrived.pop(index)
            return None
        return self.wait(look, seconds)

    def quiet(self, seconds):
        """Collects for that time and returns the packets that came."""
        self.wait(lambda: False, seconds)
        came, self.arrived = self.arrived, []
        return came

    def address(self, peer):
        version = 6 if ":" in peer else 4
        return next(a for v, a in self.addresses if v == version)

    def close(self):
        try:
            self.tls.close()
        except OSError:
            pass


def read_addresses(value):
    at = 0
    while at < len(value):
        _, at = read_varint(value, at)
        size = 4 if value[at] == 4 else 16
        yield value[at], str(ipaddress.ip_address(value[at + 1:at + 1 + size]))
        at += size + 2


def read_routes(value):
    at = 0
    while at < len(value):
        size = 4 if value[at] == 4 else 16
        first, last = value[at + 1:at + 1 + size], value[at + 1 + size:at + 1 + 2 * size]
        yield str(ipaddress.ip_address(first)), str(ipaddress.ip_address(last)), value[at + 1 + 2 * size]
        at += 2 * size + 2


class Refusal(Exception):
    """A TCP connection was refused: how, and after how many seconds."""

    def __init__(self, how, seconds):
        super().__init__(how)
        self.how, self.seconds = how, seconds


class InnerTcp:
    """One TCP connection inside the tunnel: enough for an undisturbed path."""

    # In turn from a random one: a port that came again within a minute would meet the server's TIME_WAIT.
    ports = itertools.count(random.randrange(20000, 50000))

    def __init__(self, client, host, port):
        self.client, self.host, self.port = client, host, port
        self.source = client.address(host)
        self.sport = next(self.ports)
        self.seq = random.randrange(1 << 31)
        self.ack = 0
        self.data = b""
        self.is_finished = False

    def _send(self, flags, payload=b""):
        self.client.send(packets.tcp(self.source, self.host, self.sport, self.port, flags=flags, seq=self.seq, ack=self.ack,
                                     payload=payload))

    def _is_mine(self, packet):
        return (packet.protocol == TCP and packet.source == self.host and (packet.sport, packet.dport) == (self.port, self.sport)) \
            or packet.is_prohibited()

    def connect(self, seconds=3):
        started = time.monotonic()
        self._send(SYN)
        answer = self.client.wait_packet(self._is_mine, seconds)
        took = time.monotonic() - started
        if answer is None:
            raise Refusal("silence", took)
        if answer.is_reset() or answer.is_prohibited():
            raise Refusal("reset" if answer.is_reset() else "prohibited", took)
        self.seq += 1
        self.ack = answer.seq + 1
        self._send(ACK)
        return self

    def send(self, payload):
        self._send(ACK | PSH, payload)
        self.seq += len(payload)

    def read(self, seconds):
        """Takes segments in order until the peer ends, a reset comes or nothing comes for that time. True at the end."""
        while not self.is_finished:
            packet = self.client.wait_packet(self._is_mine, seconds)
            if packet is None:
                return False
            if packet.is_reset():
                raise Refusal("reset", 0)
            if packet.seq == self.ack & 0xFFFFFFFF:
                self.data += packet.payload
                self.ack += len(packet.payload)
                if packet.flags & FIN:
                    self.ack += 1
                    self.is_finished = True
            self._send(ACK)
        return True

    def abort(self):
        self._send(RST | ACK)


def get(client, host, port, path="/", seconds=5):
    connection = InnerTcp(client, host, port).connect()
    connection.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    whole = connection.read(seconds)
    return {"whole": whole, "body": connection.data.split(b"\r\n\r\n", 1)[-1].decode("latin-1")}


def ping(client, host):
    client.send(packets.ping(client.address(host), host))
    answer = client.wait_packet(lambda p: p.is_echo_reply() and p.source == host, 3)
    return {"answered": answer is not None, "ttl": answer.ttl if answer else 0}


def split_endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def main(arguments):
    if len(arguments) < 7:
        sys.exit(__doc__)
    host, port = split_endpoint(arguments[0])
    client = PlainClient(host, port, *arguments[1:5]).open()
    result = {"addresses": [a for _, a in client.addresses], "routes": client.routes, "head": client.head}
    if arguments[5] == "ping":
        result.update(ping(client, arguments[6]))
        good = result["answered"]
    else:
        inner_host, inner_port = split_endpoint(arguments[6])
        try:
            result.update(get(client, inner_host, inner_port, *arguments[7:8]))
            good = result["whole"]
        except Refusal as refusal:
            result.update({"refused": refusal.how, "seconds": refusal.seconds})
            good = False
    result.update({"unknown_capsules": client.unknown_capsules, "largest": client.largest,
                   "bad_checksums": client.bad_checksums})
    client.close()
    print(json.dumps(result))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
