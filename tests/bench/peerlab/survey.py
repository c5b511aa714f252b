"""The run: every tunnel in turn, round after round; what fails is written down, and the rest goes on."""
import contextlib
import datetime
import statistics
import subprocess
import sys
import time

from . import machine
from .measures import connecting, handshakes, packets, processes, round_trip, tcp
from .peers import catalogue
from .world import RULES, Failed, World

TROUBLE = (Failed, OSError, ValueError, subprocess.SubprocessError)


def say(*words):
    print(*words, file=sys.stderr, flush=True)


@contextlib.contextmanager
def noting(failures, what):
    """A measurement that fails is a line of the report, not the end of the run."""
    try:
        yield
    except TROUBLE as trouble:
        failures[what] = " ".join(str(trouble).split())
        say(f"    {what}: {trouble}")


@contextlib.contextmanager
def served(peer):
    """Its gateway runs and nobody is connected."""
    try:
        peer.serve()
        peer.wait_until_served()
        peer.client()
        yield
    finally:
        with contextlib.suppress(*TROUBLE):
            peer.disconnect()
        with contextlib.suppress(*TROUBLE):
            peer.stop()


def flows_with_pings(world, flows, reverse, seconds, tries=3):
    """(Mbit/s, octets, round trips under several flows)."""
    running = tcp.begin(world, flows, reverse, seconds)
    pings = round_trip.begin(world, seconds - 0.4, interval=0.005, start_after=0.3) if flows > 1 else None
    try:
        rate, octets = tcp.finish(world, running, seconds)
    except Failed as trouble:
        if pings:
            round_trip.finish(pings)
        if tries > 1 and tcp.busy(trouble):
            return flows_with_pings(world, flows, reverse, seconds, tries - 1)
        raise
    return rate, octets, round_trip.finish(pings) if pings else []


def measure_tcp(peer, seconds, row):
    octets = used = 0
    for way, (flows, reverse) in tcp.WAYS.items():
        with noting(row["failures"], way):
            pids = [*peer.gateway_pids(), *peer.laptop_pids()]
            before = processes.cpu_seconds(pids)
            row[way], came, times = flows_with_pings(peer.world, flows, reverse, seconds)
            row["rtt loaded"] += times
            octets += came
            used += processes.cpu_seconds(pids) - before
    if peer.tunnel and octets:
        row["cpu per GB"] = used / (octets / 1e9)


def measure_connected(peer, options, row, near):
    with noting(row["failures"], "rtt idle"):
        row["rtt idle"] = round_trip.measure(peer.world, 0.7)
    measure_tcp(peer, options.seconds, row)
    with noting(row["failures"], "packets"):
        row["packets"] = packets.measure(peer.world, near)


def measure_round(peer, options, near):
    row = {"failures": {}, "rtt idle": [], "rtt loaded": []}
    if getattr(peer, "streams", False):
        for direction in ("up", "down"):
            with noting(row["failures"], f"{direction} 1"):
                row[f"{direction} 1"] = peer.measure(direction, options.seconds)
        return row
    with noting(row["failures"], "connect"), served(peer):
        time.sleep(0.3)  # what a gateway does after its start is no session's
        before = processes.memory_kib(peer.gateway_pids())
        took = connecting.measure(peer)
        if peer.tunnel:
            row["connect"] = took
            row["memory"] = processes.memory_kib(peer.gateway_pids()) - before
        measure_connected(peer, options, row, near)
    return row


def measure_once(peer, options, entry):
    """What is the same in every round, or takes long."""
    if peer.tunnel and peer.restarts_alone:
        with noting(entry["failures"], "after kill"), served(peer):
            connecting.measure(peer)
            entry["after kill"] = connecting.after_kill(peer, options.patience)
    if peer.handshake_place():
        with noting(entry["failures"], "handshakes"), served(peer):
            entry["handshakes"] = handshakes.measure(peer, max(options.seconds, 2))


def set_up(world, names):
    """Every peer that can be measured, and an entry in the report for each."""
    ready, entries = [], {}
    for kind in catalogue.chosen(names):
        entry = entries[kind.name] = {"title": kind.title, "rounds": [], "failures": {}, "last words": []}
        peer = kind(world)
        if words := peer.missing():
            entry["failures"]["all"] = words
            say(f"{kind.title}: {words}")
            continue
        with noting(entry["failures"], "all"):
            peer.prepare()
            entry["version"] = peer.version()
            ready.append(peer)
    return ready, entries


def one_round(ready, entries, options):
    for peer in ready:
        entry = entries[peer.name]
        held = [row["packets"] for row in entry["rounds"] if row.get("packets")]
        row = measure_round(peer, options, statistics.median(held) if held else None)
        entry["rounds"].append(row)
        if row["failures"]:
            entry["last words"] = peer.last_words()
        figures = ", ".join(f"{name} {row[name]:.0f}" for name in (*tcp.WAYS, "packets", "connect") if row.get(name) is not None)
        say(f"  {peer.title}: {figures}")


def survey(options):
    world = World()
    result = {"machine": machine.facts(), "started": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
              "rounds": options.rounds, "seconds": options.seconds, "rules": RULES, "loads": [machine.load()]}
    world.up()
    ready, result["peers"] = set_up(world, options.only)
    for number in range(options.rounds):
        result["loads"].append(machine.load())
        say(f"round {number + 1} of {options.rounds}, load {result['loads'][-1]:.1f}")
        one_round(ready, result["peers"], options)
    say("after a kill of the gateway, and handshakes")
    for peer in ready:
        entry = result["peers"][peer.name]
        measure_once(peer, options, entry)
        if entry["failures"]:
            entry["last words"] = peer.last_words()
    result["medians"] = {name: medians(entry) for name, entry in result["peers"].items()}
    return result


def medians(entry):
    figures = {}
    for name in (*tcp.WAYS, "packets", "connect", "memory", "cpu per GB"):
        values = [row[name] for row in entry["rounds"] if row.get(name) is not None]
        if values:
            figures[name] = statistics.median(values)
    for name in ("rtt idle", "rtt loaded"):
        figures[name] = round_trip.summary([time for row in entry["rounds"] for time in row[name]])
    return {**figures, **{name: entry[name] for name in ("after kill", "handshakes") if entry.get(name)}}
