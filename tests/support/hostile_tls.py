#!/usr/bin/env python3
"""Handshakes that a gateway must refuse (docs: the negative TLS set), each made by hand.

usage: hostile_tls.py HOST:PORT NAME CERT KEY [CASE...]

Every case but `good` ends with an HTTP upgrade request under whatever keys there are, so that a gateway that parses too
early would answer it. One JSON line per case:
{"case": ..., "closed_after": seconds or null, "alert": number or null, "answer": what came as application data,
 "tickets": N, "resumed": bool}
`closed_after` counts from the last octet of the attack.
"""
import json
import os
import socket
import struct
import sys
import time

import tls13_client as tls
from tls13_client import APPLICATION, CLIENT_HELLO, HANDSHAKE, KEY_UPDATE, Closed, Tls13Client, vector

REQUEST = (b"GET /.well-known/masque/ip/%2A/%2A/ HTTP/1.1\r\nHost: vpn.example.com\r\nConnection: Upgrade\r\n"
           b"Upgrade: connect-ip\r\nCapsule-Protocol: ?1\r\n\r\n")
PATIENCE = 3.0


def ask(client):
    """The request under application keys, as if the handshake had been good."""
    client.use_application_keys()
    client.send(APPLICATION, REQUEST)


def good(client):
    ask(client.start().finish())


def no_certificate(client):
    client.start().send_finished()
    ask(client)


def empty_certificate(client):
    client.start().send_certificate(empty=True)
    client.send_finished()
    ask(client)


def certificate_without_verify(client):
    client.start().send_certificate()
    client.send_finished()
    ask(client)


def verify_over_another_transcript(client):
    client.start().send_certificate()
    client.send_certificate_verify(transcript=b"another connection" + client.transcript)
    client.send_finished()
    ask(client)


def verify_before_certificate(client):
    client.start().send_certificate_verify()
    client.send_certificate()
    client.send_finished()
    ask(client)


def finished_early(client):
    """Finished first, with the right value for that place; the certificate follows."""
    client.start().send_finished()
    client.send_certificate()
    client.send_certificate_verify()
    ask(client)


def wrong_finished(client):
    client.start().send_certificate()
    client.send_certificate_verify()
    client.send_message(tls.FINISHED, bytes(32))
    ask(client)


def data_before_finished(client):
    """Certificate and CertificateVerify are good; data comes instead of Finished, under handshake keys."""
    client.start().send_certificate()
    client.send_certificate_verify()
    client.send(APPLICATION, REQUEST)


def data_before_finished_under_application_keys(client):
    client.start().send_certificate()
    client.send_certificate_verify()
    ask(client)


def data_before_certificate(client):
    client.start().send(APPLICATION, REQUEST)


def key_update_flood(client):
    client.start().finish()
    try:
        for _ in range(2000):
            client.send_message(KEY_UPDATE, b"\0", into_transcript=False)
            client.writing = client.writing.next()
    except OSError:
        pass  # the gateway had enough


def record_of_17_kib(client):
    client.start().finish()
    client.send_raw(struct.pack("!BHH", APPLICATION, 0x0303, 17 * 1024) + os.urandom(17 * 1024))


def record_of_17_kib_before_finished(client):
    client.start()
    client.send_raw(struct.pack("!BHH", APPLICATION, 0x0303, 17 * 1024) + os.urandom(17 * 1024))


def all_zero_inner_plaintext(client):
    client.start().finish()
    client.send_raw(client.writing.seal(bytes(64)))


def all_zero_inner_plaintext_before_finished(client):
    client.start().send_raw(client.writing.seal(bytes(64)))


def tls_1_2_hello(client):
    client.send_message(CLIENT_HELLO, client.hello(versions=b""))


def plain_http(client):
    client.send_raw(REQUEST)


def garbage(client):
    client.send_raw(b"\x16\x03\x01\x00\x40" + bytes(range(64)))


def psk_extensions():
    identity = vector(os.urandom(64), 2) + struct.pack("!I", 7)
    modes = struct.pack("!H", 45) + vector(b"\x01\x01", 2)
    return modes, struct.pack("!H", 41) + vector(vector(identity, 2) + vector(vector(os.urandom(32), 1), 2), 2)


def early_data(client):
    """A ticket, early data, and then no certificate."""
    modes, psk = psk_extensions()
    client.send_message(CLIENT_HELLO, client.hello(extra=modes + struct.pack("!H", 42) + vector(b"", 2), psk=psk))
    early = tls.Protection(os.urandom(32))
    client.send_raw(early.seal(REQUEST + bytes([APPLICATION])))
    client.take_server_hello()
    client.take_server_flight()
    client.send_certificate(empty=True)
    client.send_finished()
    ask(client)


def ticket_offered(client):
    """A ticket from nowhere instead of a certificate."""
    modes, psk = psk_extensions()
    client.start(extra=modes, psk=psk).send_finished()
    ask(client)


CASES = {case.__name__: case for case in (
    good, no_certificate, empty_certificate, certificate_without_verify, verify_over_another_transcript,
    verify_before_certificate, finished_early, wrong_finished, data_before_finished,
    data_before_finished_under_application_keys, data_before_certificate, key_update_flood, record_of_17_kib,
    record_of_17_kib_before_finished, all_zero_inner_plaintext, all_zero_inner_plaintext_before_finished, tls_1_2_hello,
    plain_http, garbage, early_data, ticket_offered)}


def run(case, host, port, name, certificate, key):
    client = Tls13Client(host, port, name, certificate, key)
    began, alert, closed = time.monotonic(), None, None
    try:
        CASES[case](client)
        began = time.monotonic()
        closed, alert = client.wait_for_end(1.0 if case == "good" else PATIENCE)
    except Closed as end:  # while the attack was still being made
        alert, closed = end.alert, 0.0
    except (ConnectionError, BrokenPipeError):
        closed = 0.0
    except socket.timeout:
        closed = None
    result = {"case": case, "closed_after": closed, "alert": alert, "answer": client.application.decode("latin-1")[:60],
              "tickets": client.tickets, "resumed": client.selected_psk, "seconds": round(time.monotonic() - began, 3)}
    client.close()
    return result


def main(arguments):
    if len(arguments) < 4:
        sys.exit(__doc__)
    host, port = arguments[0].rsplit(":", 1)
    for case in arguments[4:] or CASES:
        print(json.dumps(run(case, host.strip("[]"), int(port), *arguments[1:4])), flush=True)
        time.sleep(0.06)  # below the gateway's rate for one source


if __name__ == "__main__":
    main(sys.argv[1:])
