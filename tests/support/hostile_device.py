#!/usr/bin/env python3
"""An enrolled device that turned hostile: opens a plain RFC 9484 session and sends what it must not.

usage: hostile_device.py HOST:PORT NAME CA CERT KEY SCENARIO [ARGUMENT...]

Prints one JSON line: how many packets were sent, and what came back. What arrived at the office is for the caller to count.
The allowed service is 10.20.4.10:8080 and [fd00:20::4:10]:8080; port 2222 there and the whole of 10.20.9.9 and
fd00:20::9:9 are forbidden.
"""
import json
import os
import random
import struct
import sys
import time

import packets
from packets import ACK, FIN, FRAGMENT, ICMP, ICMPV6, PSH, RST, SYN, TCP, UDP, ipv4, ipv6, tcp_segment, udp_datagram
from moving_client import NoticedClient
from plain_client import REQUEST, InnerTcp, PlainClient, Refusal, Refused, get, ping, split_endpoint, varint

ALLOWED, ALLOWED6, OTHER, OTHER6 = "10.20.4.10", "fd00:20::4:10", "10.20.9.9", "fd00:20::9:9"
PORT, FORBIDDEN_PORT = 8080, 2222
ATTEST = 0x2B5D0E8F63A917C4


def summary(client, sent, seconds=0.5):
    """What came back, by kind; and whether the session still carries allowed traffic afterwards."""
    came = client.quiet(seconds)
    result = {"sent": sent, "resets": sum(p.is_reset() for p in came), "prohibited": sum(p.is_prohibited() for p in came),
              "other": sum(not p.is_reset() and not p.is_prohibited() for p in came), "closed": client.is_closed}
    if not client.is_closed:
        try:
            result["alive"] = get(client, ALLOWED, PORT)["whole"]
        except Refusal as refusal:
            result["alive"] = refusal.how
    return result


def every_kind(source, destination, port=PORT):
    """Each way to knock at a destination."""
    yield packets.tcp(source, destination, 40000, port)
    yield packets.tcp(source, destination, 40001, port, flags=ACK)
    yield packets.tcp(source, destination, 40002, port, flags=SYN | ACK)
    yield packets.udp(source, destination, 40003, port)
    yield packets.ping(source, destination)
    quoted = packets.udp(destination, source, port, 40004)
    yield packets.unreachable(source, destination, quoted)
    protocol = ICMPV6 if ":" in destination else ICMP
    yield packets.ip(source, destination, 47, b"\0\0\x08\0" + bytes(20))
    yield packets.ip(source, destination, protocol, b"\x0d\0\0\0" + bytes(16))


def send_all(client, made):
    made = list(made)
    for packet in made:
        client.send(packet)
    return summary(client, len(made))


def foreign_source(client, laptop4, laptop6):
    sources = [laptop4, "10.99.0.1", "10.20.9.9", "10.20.0.1", "203.0.113.2", "198.51.100.2", "8.8.8.8", "127.0.0.1", "0.0.0.0",
               "255.255.255.255", "224.0.0.1", "169.254.1.1"]
    return send_all(client, (p for source in sources for p in every_kind(source, ALLOWED)))


def foreign_source6(client, laptop4, laptop6):
    sources = [laptop6, "fd12:3456:789a::1", OTHER6, "fd00:20::1", "2001:db8:2::2", "::1", "::", "fe80::1", "ff02::1",
               "::ffff:10.20.9.9"]
    return send_all(client, (p for source in sources for p in every_kind(source, ALLOWED6)))


def forbidden_port(client):
    made = []
    for target in (ALLOWED, ALLOWED6):
        source = client.address(target)
        made += [packets.tcp(source, target, 40100 + port % 100, port) for port in (FORBIDDEN_PORT, 22, 80, 8079, 8081, 0, 65535)]
        made += [packets.udp(source, target, 40200, port) for port in (PORT, FORBIDDEN_PORT, 53)]
    return send_all(client, made)


def forbidden_subnet(client):
    made = []
    for target in (OTHER, "10.20.4.11", "10.20.0.1", "10.99.0.1", "203.0.113.2", "203.0.113.1", "198.51.100.2", "127.0.0.1",
                   "10.20.255.255", "255.255.255.255", "224.0.0.251", "169.254.169.254", "0.0.0.0"):
        made += every_kind(client.address(target), target)
    for target in (OTHER6, "fd00:20::4:11", "fd00:20::1", "fd12:3456:789a::1", "2001:db8:2::2", "::1", "fe80::1", "ff02::1"):
        made += every_kind(client.address(target), target)
    return send_all(client, made)


def other_device(client, laptop4, laptop6):
    made = []
    for target in (laptop4, laptop6):
        made += every_kind(client.address(target), target)
        made += every_kind(client.address(target), target, port=22)
    return send_all(client, made)


def allowed_but_no_policy(client):
    made = []
    for target in (ALLOWED, ALLOWED6):
        made += every_kind(client.address(target), target)
    for packet in made:
        client.send(packet)
    came = client.quiet(0.5)
    return {"sent": len(made), "routes": client.routes, "answers": sum(not p.is_reset() and not p.is_prohibited() for p in came)}


def fragments4(source, target, segment, cuts, ident, protocol=TCP):
    """The pieces of one datagram, cut at those offsets (multiples of 8)."""
    edges = [0, *cuts, len(segment)]
    return [ipv4(source, target, protocol, segment[a:b], ident=ident, more=b < len(segment), offset=a)
            for a, b in zip(edges, edges[1:])]


def fragments6(source, target, segment, cuts, ident, protocol=TCP):
    edges = [0, *cuts, len(segment)]
    return [ipv6(source, target, FRAGMENT, packets.fragment_header(protocol, a, b < len(segment), ident) + segment[a:b])
            for a, b in zip(edges, edges[1:])]


def fragments(client):
    """RFC 1858, 3128, 5722, 7112: around a rule for one port. Marker octets say which datagram got through."""
    source, source6 = client.address(ALLOWED), client.address(ALLOWED6)
    made = []

    def forbidden(ident, protocol=TCP):
        maker = tcp_segment if protocol == TCP else udp_datagram
        body = b"FRAGMENT-FORBIDDEN" * 8
        return maker(source, ALLOWED, 41000 + ident, FORBIDDEN_PORT, payload=body), \
            maker(source6, ALLOWED6, 41000 + ident, FORBIDDEN_PORT, payload=body)

    # Tiny: the port in the second fragment.
    four, six = forbidden(1)
    made += fragments4(source, ALLOWED, four, [8, 16], 1) + fragments6(source6, ALLOWED6, six, [8, 16], 1)
    # Plain pieces of a forbidden datagram, in order and with the later ones first; UDP too.
    for ident, protocol in ((2, TCP), (3, UDP)):
        four, six = forbidden(ident, protocol)
        made += fragments4(source, ALLOWED, four, [64], ident, protocol) + fragments6(source6, ALLOWED6, six, [64], ident, protocol)
        four, six = forbidden(ident + 2, protocol)
        made += fragments4(source, ALLOWED, four, [64], ident + 2, protocol)[::-1]
        made += fragments6(source6, ALLOWED6, six, [64], ident + 2, protocol)[::-1]
    # An allowed first fragment, then one that overlaps and would rewrite the port.
    allowed4 = tcp_segment(source, ALLOWED, 42000, PORT, payload=b"x" * 108)
    four, _ = forbidden(6)
    made += [ipv4(source, ALLOWED, TCP, allowed4[:64], ident=6, more=True),
             ipv4(source, ALLOWED, TCP, four[:64], ident=6, more=True),
             ipv4(source, ALLOWED, TCP, four[8:], ident=6, offset=8)]
    allowed6 = tcp_segment(source6, ALLOWED6, 42000, PORT, payload=b"x" * 108)
    _, six = forbidden(6)
    made += [ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(TCP, 0, True, 6) + allowed6[:64]),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(TCP, 0, True, 6) + six[:64]),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(TCP, 8, False, 6) + six[8:])]
    # A later fragment alone, and the last of a datagram whose first one never came.
    made += [ipv4(source, ALLOWED, TCP, b"FRAGMENT-FORBIDDEN" * 4, ident=7, offset=64),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(TCP, 64, False, 7) + b"FRAGMENT-FORBIDDEN" * 4)]
    # IPv6: the transport header pushed out of the first fragment; fragments in fragments; an atomic fragment.
    chain = packets.extension(TCP, b"\x01\x44" + bytes(68)) + six
    made += [ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(60, 0, True, 8) + chain[:16]),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(60, 16, False, 8) + chain[16:]),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(FRAGMENT, 0, False, 9)
                  + packets.fragment_header(TCP, 0, False, 9) + six),
             ipv6(source6, ALLOWED6, FRAGMENT, packets.fragment_header(TCP, 0, False, 10) + six)]
    return send_all(client, made)


def headers(client):
    """Extension headers and options in front of a forbidden port."""
    source, source6 = client.address(ALLOWED), client.address(ALLOWED6)
    four = tcp_segment(source, ALLOWED, 43000, FORBIDDEN_PORT)
    six = tcp_segment(source6, ALLOWED6, 43000, FORBIDDEN_PORT)
    loose = b"\x83\x07\x04" + packets.packed(OTHER) + b"\0"
    routing0 = packets.extension(TCP, struct.pack("!BBI", 0, 1, 0) + packets.packed(OTHER6))
    allowed6 = tcp_segment(source6, ALLOWED6, 43001, PORT)
    made = [ipv4(source, ALLOWED, TCP, four, options=b"\x01" * 8),
            ipv4(source, ALLOWED, TCP, tcp_segment(source, ALLOWED, 43002, PORT), options=loose),
            ipv6(source6, ALLOWED6, 0, packets.extension(TCP) + six),
            ipv6(source6, ALLOWED6, 60, packets.extension(TCP) + six),
            ipv6(source6, ALLOWED6, 0, packets.extension(60) + packets.extension(TCP) + six),
            ipv6(source6, ALLOWED6, 43, routing0 + allowed6),
            ipv6(source6, ALLOWED6, 60, b"".join(packets.extension(60) for _ in range(40)) + packets.extension(TCP) + six),
            ipv6(source6, ALLOWED6, 59, six), ipv6(source6, ALLOWED6, 51, b"\x06\x04" + bytes(22) + six)]
    return send_all(client, made)


CONTRABAND = b"FRAGMENT-FORBIDDEN" * 300


def super_tcp(source, target, port=PORT, flags=ACK | PSH, payload=CONTRABAND, sport=44000, **more):
    return packets.ip(source, target, TCP, tcp_segment(source, target, sport, port, flags=flags, seq=7, ack=9, payload=payload),
                      **more)


def broken_super_packets(source, target):
    """(packet, segment size, header length, kind, flags): to an allowed port, and none that may pass."""
    six = ":" in target
    header, kind = (60, 2) if six else (40, 1)
    good = super_tcp(source, target)
    for size in (0, 1, 100, 535, 1501 - header, 1501, 9000, 65535):
        yield good, size, header, kind, 0
    for length in (0, 20, 28, header - 4, header + 4, 1000, 65535):
        yield good, 1000, length, kind, 0
    for wrong in {0, 1, 2, 3, 4, 5, 0x81, 255} - {kind}:
        yield good, 1000, header, wrong, 0
    for flag in (1, 2, 0x80, 255):
        yield good, 1000, header, kind, flag
    for flags in (SYN, SYN | ACK, ACK | FIN, RST, RST | ACK, ACK | 0x20, ACK | 0x80, PSH, 0, 255):
        yield super_tcp(source, target, flags=flags), 1000, header, kind, 0
    yield good + b"FRAGMENT-FORBIDDEN", 1000, header, kind, 0
    yield good[:-1], 1000, header, kind, 0
    yield super_tcp(source, target, payload=b"FRAGMENT-FORBIDDEN" * 40), 1000, header, kind, 0
    yield b"", 1000, header, kind, 0
    yield good[:header - 1], 1000, header, kind, 0
    segment = tcp_segment(source, target, 44000, PORT, flags=ACK, payload=CONTRABAND)
    if six:
        yield ipv6(source, target, 60, packets.extension(TCP) + segment), 1000, header, kind, 0
        yield ipv6(source, target, 60, packets.extension(TCP) + segment), 1000, header + 8, kind, 0
        yield ipv6(source, target, FRAGMENT, packets.fragment_header(TCP, 0, False, 9) + segment), 1000, header + 8, kind, 0
        yield ipv6(source, target, FRAGMENT, packets.fragment_header(TCP, 0, True, 9) + segment[:1600]), 600, header + 8, kind, 0
    else:
        yield ipv4(source, target, TCP, segment, options=b"\x01" * 4), 1000, header, kind, 0
        yield ipv4(source, target, TCP, segment, options=b"\x01" * 4), 1000, header + 4, kind, 0
        yield ipv4(source, target, TCP, segment[:1600], more=True, ident=9), 600, header, kind, 0
        yield ipv4(source, target, TCP, segment[:1600], offset=1600, ident=9), 600, header, kind, 0
    yield packets.udp(source, target, 44000, PORT, payload=CONTRABAND), 1000, header - 12, 3, 0
    yield packets.ip(source, target, 47, CONTRABAND), 1000, header, kind, 0


def forbidden_super_packets(client, laptop4, laptop6):
    """Sound ones, from or to where nothing may pass."""
    for own, target, foreign in ((client.address(ALLOWED), ALLOWED, laptop4), (client.address(ALLOWED6), ALLOWED6, laptop6)):
        header, kind = (60, 2) if ":" in target else (40, 1)
        other = OTHER6 if ":" in target else OTHER
        for source, destination, port in ((own, target, FORBIDDEN_PORT), (own, other, PORT), (own, foreign, 22), (foreign, target, PORT),
                                          (other, target, PORT)):
            yield super_tcp(source, destination, port), 1000, header, kind, 0
            yield packets.udp(source, destination, 44000, port, payload=CONTRABAND), 1000, header - 12, 3, 0


def super_packets(client, laptop4, laptop6, count):
    """Forbidden, broken and mangled ones; then a good one, which is served."""
    made = list(forbidden_super_packets(client, laptop4, laptop6))
    for target in (ALLOWED, ALLOWED6):
        source = client.address(target)
        # The flow is there, so that only the faults of the super-packets speak against them.
        client.send(packets.tcp(source, target, 44000, PORT))
        made += broken_super_packets(source, target)
    for packet, size, header, kind, flags in made:
        client.send_super(packet, size, header, kind, flags)
    client.pump(0.2)
    chance = random.Random(20261127)
    source = client.address(ALLOWED)
    for _ in range(int(count)):
        value = bytearray(struct.pack("!BBHH", 1, 0, 1000, 40) + super_tcp(source, OTHER, payload=CONTRABAND[:2500]))
        for _ in range(chance.randrange(1, 4)):
            value[chance.randrange(46)] = chance.randrange(256)
        client.send_capsule(0, varint(2) + bytes(value[:chance.randrange(len(value))] if chance.random() < 0.2 else value))
    client.quiet(0.5)  # the refusals
    connection = InnerTcp(client, ALLOWED, PORT).connect()
    request = f"GET / HTTP/1.1\r\nHost: {ALLOWED}\r\nX-Pad: {'x' * 3000}\r\n\r\n".encode()
    client.send_super(packets.tcp(connection.source, ALLOWED, connection.sport, PORT, flags=ACK | PSH, seq=connection.seq,
                                  ack=connection.ack, payload=request), 1000, 40)
    connection.seq += len(request)
    served = connection.read(5)
    return {**summary(client, len(made) + int(count)), "served": served and b"hello from the office" in connection.data}


def mangled(client, count):
    """Packets changed at random octets, from a fixed seed."""
    chance = random.Random(20261121)
    source, source6 = client.address(ALLOWED), client.address(ALLOWED6)
    seeds = list(every_kind(source, ALLOWED)) + list(every_kind(source6, ALLOWED6)) + list(every_kind(source, OTHER))
    batch = []
    for number in range(int(count)):
        packet = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            packet[chance.randrange(len(packet))] = chance.randrange(256)
        batch.append(bytes(packet[:chance.randrange(1, len(packet) + 1)]) if chance.random() < 0.2 else bytes(packet))
        if len(batch) == 200:
            client.send(*batch)
            client.pump(0.001)
            batch = []
    return summary(client, int(count), 1.0)


def long_capsules(client):
    """Lengths that promise more than there is room for (RFC 9297 section 3.5)."""
    client.tls.sendall(varint(0x2F) + varint((1 << 62) - 1) + b"u" * 100000)
    still_open = client.wait(lambda: False, 0.5) is None and not client.is_closed
    return {"open_after_unknown": still_open}


def long_known_capsule(client):
    began = time.monotonic()
    client.tls.sendall(varint(2) + varint(1 << 40) + b"x" * 1000)
    client.wait(lambda: False, 3)
    return {"closed": client.is_closed, "seconds": round(time.monotonic() - began, 3)}


def long_datagram(client):
    client.tls.sendall(varint(0) + varint(200000) + bytes(200000))
    return {"closed": client.is_closed, **ping(client, ALLOWED)}


def hold(client, seconds):
    """Keeps the session and says what came unasked."""
    print(json.dumps({"addresses": [a for _, a in client.addresses]}), flush=True)
    came = client.quiet(float(seconds))
    return {"came": len(came), "closed": client.is_closed}


def reconnect(client, count, *identity):
    """Sessions one after the other, each with traffic."""
    served = 0
    for _ in range(int(count)):
        served += get(client, ALLOWED, PORT)["whole"]
        client.close()
        time.sleep(0.06)
        client = PlainClient(*identity).open()
    return {"served": served}


def answer(kind, *identity):
    """A further session, and None; or None, and why there is none."""
    try:
        return kind(*identity).open(), None
    except Refused as refused:
        return None, json.loads(refused.body)["reason"]
    except OSError:
        return None, "closed"


def tell_answers(opened, refusals):
    return {"opened": opened, "refused": {reason: refusals.count(reason) for reason in refusals}}


def flap(client, count, *identity):
    """Connects and leaves, as fast as there is room for it, until that was too often so many times."""
    opened, refusals, until = 1, [], time.monotonic() + 80
    while refusals.count("too_often") < int(count) and time.monotonic() < until:
        if client:
            client.close()
        client, why = answer(PlainClient, *identity)
        opened += client is not None
        refusals += [why] * (client is None)
        time.sleep(0.02 * (why == "no_room_to_move"))
    if client:
        client.close()
    return tell_answers(opened, refusals)


def pile(client, count, *identity):
    """Connects again and again and closes nothing: each older session is handed over, and has its time to end."""
    kept, refusals = [client], []
    for _ in range(int(count)):
        another, why = answer(NoticedClient, *identity)
        kept += [another] * (another is not None)
        refusals += [why] * (another is None)
    return tell_answers(len(kept), refusals)


def stand(_, count, *identity):
    """A device that is refused connects again and again, and says the rest of what it wants at last: how many answers
    it gets."""
    kept, answers = [], 0
    for _ in range(int(count)):
        each = PlainClient(*identity)
        each.tls.sendall(b"GET /")
        kept.append(each)
        time.sleep(0.06)  # below what one source may open in a second
    for each in kept:
        try:
            each.tls.sendall(REQUEST.format(name=each.name).encode()[5:])
            answers += "HTTP/1.1 403" in each._read_rest()
        except OSError:
            continue
    return {"answers": answers}


def forge(client, count, *identity):
    """Sessions whose first answer to a challenge is signed by nothing."""
    client.close()
    ended = 0
    for _ in range(int(count)):
        liar = PlainClient(*identity)
        asked = []
        liar._take = lambda kind, value, asked=asked: asked.append(json.loads(value)) if kind == ATTEST else None
        liar.upgrade(REQUEST.format(name=liar.name).replace("?1\r\n", "?1\r\nSallyport-Extensions: attest\r\n"))
        liar.wait(lambda asked=asked: asked, 5)
        told = {"v": 1, "nonce": asked[0]["nonce"], "body": "{}", "signature": "00" * 70}
        liar.send_capsule(ATTEST, json.dumps(told).encode())
        liar.wait(lambda: False, 5)
        ended += liar.is_closed
        liar.close()
    return {"ended": ended}


SCENARIOS = {s.__name__: s for s in (
    foreign_source, foreign_source6, forbidden_port, forbidden_subnet, other_device, allowed_but_no_policy, fragments, headers,
    super_packets, mangled, long_capsules, long_known_capsule, long_datagram, hold, reconnect, flap,
    pile, stand, forge)}


def main(arguments):
    if len(arguments) < 6 or arguments[5] not in SCENARIOS:
        sys.exit(__doc__ + "\nScenarios: " + " ".join(SCENARIOS))
    identity = (*split_endpoint(arguments[0]), *arguments[1:5])
    try:
        client = None if arguments[5] == "stand" else PlainClient(*identity).open(takes_super_packets=arguments[5] == "super_packets")
    except Refused as refused:
        print(json.dumps({"status": refused.status, "body": refused.body}))
        return 1
    extra = identity if arguments[5] in ("reconnect", "flap", "pile", "stand", "forge") else ()
    print(json.dumps(SCENARIOS[arguments[5]](client, *arguments[6:], *extra)))
    if client:
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
