#!/usr/bin/env python3
"""Clients that follow a NOTICE `move` (docs/protocol.md, section 18.2) while they ping the office: one thread each, and
one more while a new session is made beside the one that carries.

usage: moving_client.py HOST:PORT NAME CA INNER_HOST SECONDS CERT:KEY [CERT:KEY ...]

Prints "ready" once all are connected, and after SECONDS one JSON line:
{"clients": N, "moves": N, "gaps_ms": [longest silence of each client], "handshakes": [unix time of each move],
 "failures": [words]}
"""
import json
import sys
import threading
import time

import packets
from plain_client import REQUEST, PlainClient, split_endpoint

NOTICE = 0x17639157C1B07806
ASKING = REQUEST.replace("Capsule-Protocol: ?1\r\n", "Capsule-Protocol: ?1\r\nSallyport-Extensions: notice\r\n")
BEAT = 0.04


class NoticedClient(PlainClient):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.notices = []

    def open(self):
        self.upgrade(ASKING.format(name=self.name))
        if not self.wait(lambda: self.addresses and self.saw_routes, 5):
            raise ConnectionError("no address")
        return self

    def _take(self, kind, value):
        if kind == NOTICE:
            self.notices.append(json.loads(value))
        else:
            super()._take(kind, value)

    def told(self, kind):
        return next((n for n in self.notices if n["kind"] == kind), None)


class Coming(threading.Thread):
    """A session that is being made."""

    def __init__(self, connect):
        super().__init__(daemon=True)
        self.connect, self.client, self.error = connect, None, None
        self.start()

    def run(self):
        try:
            self.client = self.connect()
        except Exception as error:
            self.error = error

    def taken(self):
        if self.error:
            raise self.error
        return self.client


class Mover(threading.Thread):
    def __init__(self, host, port, name, ca, identity, inner, until):
        super().__init__(daemon=True)
        self.arguments = (host, port, name, ca, *identity.split(":"))
        self.inner, self.until = inner, until
        self.ready = threading.Event()
        self.gap, self.moves, self.failure = 0.0, [], ""

    def run(self):
        try:
            self.work()
        except Exception as error:  # whatever it was: the test shows it
            self.failure = repr(error)
            self.ready.set()

    def connect(self):
        return NoticedClient(*self.arguments).open()

    def work(self):
        client, older, coming = self.connect(), None, None
        self.ready.set()
        last = time.monotonic()
        while time.monotonic() < self.until:
            if coming and not coming.is_alive():
                older, client, coming = client, coming.taken(), None
            # The new session takes over as soon as the gateway has verified it, and the older one ends then.
            if not client.is_closed and not client.told("ending"):
                self.ping(client, coming)
            else:
                time.sleep(0.005)
            for each in filter(None, (client, older)):
                if each.quiet(BEAT if each is client else 0.001):
                    self.gap, last = max(self.gap, time.monotonic() - last), time.monotonic()
            if older is not None and (older.told("ending") or older.is_closed):
                assert older.told("ending")["reason"] == "superseded", older.notices
                older.close()
                older = None
            if client.told("move") and not coming and not older:
                self.moves.append(time.time())
                coming = Coming(self.connect)
            assert coming or not client.is_closed, client.notices
        client.close()

    def ping(self, client, coming):
        try:
            client.send(packets.ping(client.address(self.inner), self.inner))
        except OSError:
            client.is_closed = True
            assert coming, client.notices


def main(arguments):
    host, port = split_endpoint(arguments[0])
    until = time.monotonic() + float(arguments[4])
    movers = [Mover(host, port, arguments[1], arguments[2], identity, arguments[3], until) for identity in arguments[5:]]
    for mover in movers:
        mover.start()
        mover.ready.wait(5)
        time.sleep(0.06)  # below what one source may open in a second
    print("ready", flush=True)
    for mover in movers:
        mover.join()
    print(json.dumps({
        "clients": len(movers),
        "moves": sum(len(mover.moves) for mover in movers),
        "gaps_ms": sorted(round(1000 * mover.gap) for mover in movers),
        "handshakes": sorted(at for mover in movers for at in mover.moves),
        "failures": [mover.failure for mover in movers if mover.failure],
    }), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    main(sys.argv[1:])
