"""The conditions that tunnels are measured under, and what came of it."""
import statistics
import subprocess
import time

from . import machine
from .emulator import Emulator, settings
from .measures import connecting, packets, round_trip, tcp
from .peers.sallyport import of_another_build
from .survey import noting, say, served, set_up
from .world import World

NAMES = ("no-tunnel", "sallyport", "ocserv-dtls", "wireguard-go-newest")
RATE, QUEUE = 200, 400
SMALL = ((0, 40), (1, 40), (3, 40), (1, 10), (1, 200))
WHOLE = tuple((loss, rtt) for rtt in (10, 40, 200) for loss in (0, 1, 3, 5))


def cells(options, seed):
    """Every condition that is wanted in turn."""
    return [cell for cell in all_cells(options.whole, seed) if options.rows in cell["name"]]


def all_cells(whole, seed):
    """The grid, then a path that swallows large packets, then one that reorders."""
    for loss, rtt in WHOLE if whole else SMALL:
        yield {"name": f"{loss} % loss, {rtt} ms", "loss": loss, "rtt": rtt, "rate": RATE, "queue": QUEUE, "seed": seed}
    plain = {"loss": 0, "rtt": 40, "rate": RATE, "queue": QUEUE, "seed": seed}
    yield {"name": "packets above 1,300 octets vanish, 40 ms", **plain, "mtu": 1300}
    for value in (1, 2):
        yield {"name": f"the same, with `tcp_mtu_probing` = {value} at both ends of the tunnel", **plain, "mtu": 1300, "probing": value}
    yield {"name": "1 % of packets come 3 ms late, 40 ms", **plain, "reorder": 0.01, "reorder-by": 3}


def loaded_download(world, seconds, row):
    world.restart_iperf()
    running = tcp.begin(world, 1, True, seconds, "-C", "cubic")
    pings = round_trip.begin(world, seconds - 1, interval=0.02, start_after=0.8)
    try:
        row["down"] = tcp.finish(world, running, seconds)[0]
    finally:
        row["rtt loaded"] = round_trip.summary(round_trip.finish(pings))


def measure_cell(peer, seconds):
    row = {"failures": {}}
    with noting(row["failures"], "connect"), served(peer):
        row["connect"] = connecting.measure(peer, patience=10)
        peer.world.restart_iperf()  # it may still wait for a flow of the cell before
        with noting(row["failures"], "rtt idle"):
            row["rtt idle"] = round_trip.summary(round_trip.measure(peer.world, 0.6, interval=0.02))
        with noting(row["failures"], "up"):
            row["up"] = tcp.measure(peer.world, 1, False, seconds, "-C", "cubic")[0]
        with noting(row["failures"], "down"):
            loaded_download(peer.world, seconds, row)
    return row


def precision(world, emulator):
    """What the emulator makes of delay and rate, without a tunnel: asked and measured."""
    found = {"rtt": [], "rate": []}
    world.run("internet", "ip", "route", "add", "10.20.0.0/16", "via", "203.0.113.2")
    for asked in (10, 40, 200):
        emulator.start({"delay": asked / 2})
        times = round_trip.measure(world, 1.0, interval=0.01)
        emulator.stop()
        found["rtt"].append({"asked": asked, **(round_trip.summary(times) or {})})
    for asked in (50, 200):
        emulator.start({"rate": asked, "queue": QUEUE})
        # 1,028 octets with their headers, a fifth more of them than the line takes.
        octets, offered = 1000, asked * 1.2e6 / 8 / 1028
        sink = subprocess.Popen(world.on("office", packets.TOOL, "receive", packets.OFFICE, packets.PORT, 5),
                                stdout=subprocess.PIPE, text=True)
        sink.stdout.readline()
        world.run("laptop", packets.TOOL, "send", packets.OFFICE, packets.PORT, 2, int(offered), octets)
        sink.communicate(timeout=20)
        counted = emulator.stop().get("up")
        if counted is None:
            continue
        # Two seconds of sending; the queue drains after them.
        measured = max(counted["delivered"] - QUEUE, 0) * 1028 * 8 / 2e6
        found["rate"].append({"asked": asked, "measured": measured, "tail_dropped": counted["tail_dropped"]})
    world.run("internet", "ip", "route", "del", "10.20.0.0/16")
    return found


def measure(options):
    world = World()
    result = {"machine": machine.facts(), "rate": RATE, "queue": QUEUE, "seconds": options.seconds, "rounds": options.rounds,
              "loads": [machine.load()], "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cells": []}
    world.up()
    ready, result["peers"] = set_up(world, options.only or NAMES)
    for build in options.beside:
        other = of_another_build(world, build, next(peer for peer in ready if peer.name == "sallyport"))
        result["peers"][other.name] = {"title": other.title, "failures": {}}
        ready.append(other)
    emulator = Emulator(world)
    result["precision"] = precision(world, emulator)
    say(f"precision: {result['precision']}")
    for number in range(options.rounds):
        for index, cell in enumerate(cells(options, options.seed + 100 * number)):
            if number == 0:
                result["cells"].append({**cell, "peers": {peer.name: [] for peer in ready}})
            result["loads"].append(machine.load())
            one_cell(ready, emulator, cell, result["cells"][index]["peers"], options.seconds)
    return result


def one_cell(ready, emulator, cell, peers, seconds):
    say(f"{cell['name']}, load {machine.load():.1f}")
    for place in ("laptop", "gateway"):
        emulator.world.run(place, "sh", "-c", f"echo {cell.get('probing', 0)} >/proc/sys/net/ipv4/tcp_mtu_probing")
    for peer in ready:
        emulator.start(settings(cell))
        row = measure_cell(peer, seconds)
        row["link"] = emulator.stop()
        peers[peer.name].append(row)
        say(f"  {peer.title}: " + ", ".join(f"{name} {row[name]:.1f}" for name in ("up", "down", "connect") if name in row)
            + (f", RTT {row['rtt loaded']['median']:.1f}" if row.get("rtt loaded") else ""))


def median_of(rows, figure):
    values = [value for value in (figure(row) for row in rows) if value is not None]
    return statistics.median(values) if values else None
