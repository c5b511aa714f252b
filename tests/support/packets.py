"""IPv4 and IPv6 packets made and read by hand, so that a test can send what no kernel would."""
import ipaddress
import struct

ICMP, TCP, UDP, ICMPV6, FRAGMENT, HOP_BY_HOP, ROUTING, DESTINATION = 1, 6, 17, 58, 44, 0, 43, 60
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return ipaddress.ip_address(address).packed


def pseudo_header(source, destination, protocol, length):
    source, destination = packed(source), packed(destination)
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!IHBB", length, 0, 0, protocol)


def with_checksum(source, destination, protocol, segment, at):
    value = checksum(pseudo_header(source, destination, protocol, len(segment)) + segment)
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


def ipv4(source, destination, protocol, payload, ttl=64, ident=0, more=False, offset=0, options=b""):
    """offset in octets, a multiple of 8."""
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), ident, (0x2000 if more else 0) | offset // 8,
                       ttl, protocol, 0) + packed(source) + packed(destination) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(source, destination, next_header, payload, hops=64):
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops) + packed(source) + packed(destination) + payload


def ip(source, destination, protocol, payload, **more):
    make = ipv6 if ":" in str(destination) else ipv4
    return make(source, destination, protocol, payload, **more)


def extension(next_header, body=b"\x01\x04\0\0\0\0"):
    """A hop-by-hop, destination-options or routing header; `body` is 6 octets more than a multiple of 8."""
    return struct.pack("!BB", next_header, (len(body) + 2) // 8 - 1) + body


def fragment_header(next_header, offset, more, ident):
    return struct.pack("!BBHI", next_header, 0, offset & 0xFFF8 | bool(more), ident)


def tcp_segment(source, destination, sport, dport, flags=SYN, seq=1, ack=0, payload=b"", window=65535):
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, window, 0, 0) + payload
    return with_checksum(source, destination, TCP, segment, 16)


def udp_datagram(source, destination, sport, dport, payload=b""):
    return with_checksum(source, destination, UDP, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, 6)


def echo_request(source, destination, ident=1, sequence=1, payload=b"sallyport test"):
    if ":" in str(destination):
        return with_checksum(source, destination, ICMPV6, struct.pack("!BBHHH", 128, 0, 0, ident, sequence) + payload, 2)
    message = struct.pack("!BBHHH", 8, 0, 0, ident, sequence) + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def tcp(source, destination, sport, dport, ttl=None, **more):
    return ip(source, destination, TCP, tcp_segment(source, destination, sport, dport, **more))


def udp(source, destination, sport, dport, payload=b"sallyport test"):
    return ip(source, destination, UDP, udp_datagram(source, destination, sport, dport, payload))


def ping(source, destination, **more):
    protocol = ICMPV6 if ":" in str(destination) else ICMP
    return ip(source, destination, protocol, echo_request(source, destination, **more))


def unreachable(source, destination, quoted, kind=3, code=1):
    """An ICMP error from `source` to `destination` about the packet `quoted`."""
    if ":" in str(destination):
        return ipv6(source, destination, ICMPV6,
                    with_checksum(source, destination, ICMPV6, struct.pack("!BBHI", 1, 0, 0, 0) + quoted[:1200], 2))
    message = struct.pack("!BBHI", kind, code, 0, 0) + quoted[:28]
    return ipv4(source, destination, ICMP, message[:2] + struct.pack("!H", checksum(message)) + message[4:])


class Packet:
    """What a test asks of a packet that came: addresses, protocol, ports, flags, ICMP type and code, payload."""

    def __init__(self, octets):
        self.octets = octets
        self.version = octets[0] >> 4
        self.sport = self.dport = self.flags = self.seq = self.ack = self.icmp_type = self.icmp_code = 0
        self.payload = b""
        if self.version == 4:
            self.ttl, self.protocol = octets[8], octets[9]
            self.source, self.destination = (str(ipaddress.ip_address(octets[at:at + 4])) for at in (12, 16))
            body = octets[(octets[0] & 15) * 4:struct.unpack("!H", octets[2:4])[0]]
        else:
            self.ttl, self.protocol = octets[7], octets[6]
            self.source, self.destination = (str(ipaddress.ip_address(octets[at:at + 16])) for at in (8, 24))
            body = octets[40:]
        self._read_transport(body)

    def _read_transport(self, body):
        if self.protocol == TCP:
            self.sport, self.dport, self.seq, self.ack, length, self.flags = struct.unpack("!HHIIBB", body[:14])
            self.payload = body[(length >> 4) * 4:]
        elif self.protocol == UDP:
            self.sport, self.dport = struct.unpack("!HH", body[:4])
            self.payload = body[8:]
        elif self.protocol in (ICMP, ICMPV6):
            self.icmp_type, self.icmp_code = body[0], body[1]
            self.payload = body[8:]

    def has_good_checksum(self):
        """Of TCP and UDP; other protocols are not looked at."""
        if self.protocol not in (TCP, UDP):
            return True
        body = self.octets[(self.octets[0] & 15) * 4:] if self.version == 4 else self.octets[40:]
        return checksum(pseudo_header(self.source, self.destination, self.protocol, len(body)) + body) == 0

    def is_reset(self):
        return self.protocol == TCP and bool(self.flags & RST)

    def is_prohibited(self):
        return (self.protocol == ICMP and (self.icmp_type, self.icmp_code) == (3, 13)) or (
            self.protocol == ICMPV6 and (self.icmp_type, self.icmp_code) == (1, 1))

    def is_echo_reply(self):
        return (self.protocol, self.icmp_type) in ((ICMP, 0), (ICMPV6, 129))
