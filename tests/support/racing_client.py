#!/usr/bin/env python3
"""One device logs in twice at the same moment, again and again. Built on plain_client.py.

usage: racing_client.py HOST:PORT NAME CA CERT KEY RACES

Prints one JSON line: {"races": N, "one_left": N, "both_left": N, "none_left": N, "answered": N}
one_left: after both logins exactly one of them is open, and its ping is answered (counted in "answered").
"""
import json
import sys
import threading
import time

import packets
from plain_client import PlainClient, split_endpoint

OFFICE = "10.20.4.10"


def log_in(arguments, clients, barrier):
    try:
        client = PlainClient(*arguments)
        barrier.wait(5)
        client.open()
        clients.append(client)
    except Exception:  # superseded before it was answered
        pass


def is_open(client):
    client.wait(lambda: False, 0.15)
    return not client.is_closed


def answers(client):
    if not client.addresses:
        return False
    client.send(packets.ping(client.address(OFFICE), OFFICE))
    return client.wait_packet(lambda p: p.is_echo_reply(), 1) is not None


def race(arguments):
    clients, barrier = [], threading.Barrier(2)
    racers = [threading.Thread(target=log_in, args=(arguments, clients, barrier)) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    left = [client for client in clients if is_open(client)]
    answered = len(left) == 1 and answers(left[0])
    for client in clients:
        client.close()
    return len(left), answered


def main(arguments):
    host, port = split_endpoint(arguments[0])
    result = {"races": int(arguments[5]), "one_left": 0, "both_left": 0, "none_left": 0, "answered": 0}
    for _ in range(result["races"]):
        left, answered = race((host, port, *arguments[1:5]))
        result[("none_left", "one_left", "both_left")[left]] += 1
        result["answered"] += answered
        time.sleep(0.1)
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    main(sys.argv[1:])
