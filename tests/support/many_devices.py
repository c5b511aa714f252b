#!/usr/bin/env python3
"""Many devices at once, a thread each, that talk to udp_echo.py in the office.

usage: many_devices.py HOST:PORT NAME CA late DIRECTORY COUNT
       many_devices.py HOST:PORT NAME CA talk DIRECTORY COUNT SECONDS

Device I has DIRECTORY/many-I.pem and .key. Prints "ready" once all are connected, and one JSON line at the end.

late: every device asks for answers at once, then for some that come when the kernel has long forgotten which of the
gateway's queues its flow belongs to, and in between sends from the address of another device.
      {"asked", "answered", "late_asked", "late_answered", "disorder", "failures"}
talk: every device talks to two ports for SECONDS, and meanwhile opens a second session that takes over.
      {"asked", "answered", "moves", "gaps_ms": longest silence of each that was not closed, "closed": numbers of those
      that the gateway closed, "failures"}
"""
import json
import sys
import threading
import time

import packets
from packets import UDP
from plain_client import PlainClient, split_endpoint

OFFICE, OTHER = "10.20.4.10", "10.20.9.9"
FIRST_PORT, SECOND_PORT = 7000, 7001
AT_ONCE, LATE, LATE_AFTER = 20, 20, 4.5
BEAT = 0.1


class Device(threading.Thread):
    def __init__(self, arguments, number, seconds, everybody):
        super().__init__(daemon=True)
        self.arguments, self.number, self.seconds, self.everybody = arguments, number, seconds, everybody
        self.connected, self.begin = threading.Event(), threading.Event()
        self.failure, self.address = "", None
        self.asked = self.answered = self.late_asked = self.late_answered = self.disorder = self.moves = 0
        self.gap, self.is_closed = 0.0, False

    def run(self):
        try:
            self.work()
        except Exception as error:  # whatever it was: the test shows it
            self.failure = f"{self.number}: {error!r}"
        self.connected.set()

    def connect(self):
        gateway, name, ca, directory = self.arguments
        identity = f"{directory}/many-{self.number}"
        client = PlainClient(*split_endpoint(gateway), name, ca, identity + ".pem", identity + ".key", timeout=20).open()
        self.address = client.address(OFFICE)
        return client

    def datagram(self, host, port, text, sport=4000, source=None):
        return packets.udp(source or self.address, host, sport, port, text.encode())

    def work(self):
        client = self.connect()
        self.connected.set()
        self.begin.wait()
        if self.seconds is None:
            self.ask_for_late_answers(client)
        else:
            try:
                self.talk(client)
            except OSError:
                self.is_closed = True
        client.close()

    # --- late ----------------------------------------------------------------------------------------------------
    def ask_for_late_answers(self, client):
        for i in range(AT_ONCE):
            client.send(self.datagram(OFFICE if i % 2 else OTHER, FIRST_PORT, f"now {self.number} {i}", sport=4100 + i))
            self.asked += 1
        victim = self.everybody[(self.number + 1) % len(self.everybody)].address
        client.send(self.datagram(OFFICE, FIRST_PORT, f"forged {self.number}", source=victim))
        client.send(self.datagram(OFFICE, FIRST_PORT, f"later {LATE_AFTER} {LATE} {self.number}"))
        self.late_asked += LATE
        last = -1
        until = time.monotonic() + LATE_AFTER + 3
        while time.monotonic() < until and self.late_answered < LATE:
            for packet in client.quiet(0.2):
                words = packet.payload.decode("ascii", "replace").split() if packet.protocol == UDP else [""]
                assert words[0] == "" or words[1] == str(self.number), words
                self.answered += words[0] == "now"
                if words[0] == "later":
                    self.late_answered += 1
                    self.disorder += int(words[2]) < last
                    last = int(words[2])

    # --- talk ----------------------------------------------------------------------------------------------------
    def talk(self, client):
        older = None
        began = last = time.monotonic()
        move_at = began + 0.5 + (self.seconds - 2) * self.number / len(self.everybody)
        while (now := time.monotonic()) < began + self.seconds:
            for port in (FIRST_PORT, SECOND_PORT):
                client.send(self.datagram(OFFICE, port, f"now {self.number} {time.time():.4f}"))
            self.asked += 1
            came = client.quiet(BEAT) + (older.quiet(0.001) if older else [])
            good = sum(p.protocol == UDP and p.sport == FIRST_PORT for p in came)
            self.answered += good
            if good:
                self.gap, last = max(self.gap, time.monotonic() - last), time.monotonic()
            if client.is_closed:
                self.is_closed = True
                return
            if self.moves == 0 and now >= move_at:
                try:
                    older, client = client, self.connect()
                    self.moves += 1
                except ConnectionError:  # the gateway's trust changed meanwhile: it sends whoever comes then away once
                    move_at = now + 0.3


def main(words):
    if len(words) < 6 or words[3] not in ("late", "talk"):
        sys.exit(__doc__)
    everybody = []
    seconds = float(words[6]) if words[3] == "talk" else None
    for number in range(int(words[5])):
        everybody.append(Device((*words[:3], words[4]), number, seconds, everybody))
    for device in everybody:
        device.start()
        device.connected.wait()  # one after the other: they are to be there, not to be fast
    print("ready", flush=True)
    for device in everybody:
        device.begin.set()
    for device in everybody:
        device.join()
    failures = [d.failure for d in everybody if d.failure]
    total = {name: sum(getattr(d, name) for d in everybody) for name in ("asked", "answered")}
    if seconds is None:
        total.update({name: sum(getattr(d, name) for d in everybody) for name in ("late_asked", "late_answered", "disorder")})
    else:
        total.update(moves=sum(d.moves for d in everybody), closed=[d.number for d in everybody if d.is_closed],
                     gaps_ms=[round(1000 * d.gap) for d in everybody if not d.is_closed])
    print(json.dumps({**total, "failures": failures}), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
