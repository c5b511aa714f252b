"""Each bar that Sallyport must keep: what was measured, and by how much it is kept or missed."""
import statistics

OURS, BARE, NEWEST = "sallyport", "bare-tls", "wireguard-go-newest"
REFERENCES = ("no-tunnel", BARE, OURS)
TLS_PEERS = ("openvpn-udp", "openvpn-tcp", "ocserv-tls", "ocserv-dtls")
WAYS = ("up 1", "down 1", "up 8", "down 8")


def best(medians, names, figure, pick=max):
    known = [(figure(medians[name]), name) for name in names if name in medians and figure(medians[name]) is not None]
    return pick(known, default=(None, None))


def at_least(what, value, bar, against, unit="x"):
    return {"what": what, "value": value, "bar": bar, "least": True, "against": against, "unit": unit, "kept": value >= bar}


def at_most(what, value, bar, against, unit):
    return {"what": what, "value": value, "bar": bar, "least": False, "against": against, "unit": unit, "kept": value <= bar}


def paired_ratio(peers, way):
    """The median over the rounds of tunnel / bare stream in the same direction."""
    bare = way.split()[0] + " 1"
    pairs = [(ours[way], theirs[bare]) for ours, theirs in zip(peers[OURS]["rounds"], peers[BARE]["rounds"])
             if ours.get(way) and theirs.get(bare)]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def throughput(result):
    medians, ours = result["medians"], result["medians"][OURS]
    for way in WAYS:
        if not ours.get(way):
            continue
        if BARE in medians and (ratio := paired_ratio(result["peers"], way)):
            yield at_least(f"TCP, {way}", ratio, 0.65, "the bare TLS stream")
        if medians.get(NEWEST, {}).get(way):
            yield at_least(f"TCP, {way}", ours[way] / medians[NEWEST][way], 3, "the newest wireguard-go")
        value, name = best(medians, TLS_PEERS, lambda figures: figures.get(way))
        if value:
            yield at_least(f"TCP, {way}", ours[way] / value, 7, result["peers"][name]["title"])


def others(result):
    medians, ours = result["medians"], result["medians"][OURS]
    peers = [name for name in medians if name not in REFERENCES]
    title = lambda name: result["peers"][name]["title"]  # noqa: E731
    value, name = best(medians, peers, lambda figures: figures.get("packets"))
    if value and ours.get("packets"):
        yield at_least("64-octet packets a second", ours["packets"] / value, 1.5, title(name))
    value, name = best(medians, peers, lambda figures: figures["rtt loaded"] and figures["rtt loaded"]["p99"], min)
    if ours["rtt loaded"]:
        p99 = ours["rtt loaded"]["p99"]
        if value:
            yield at_most("p99 of round trips under 8 flows", p99, value, f"the best peer, {title(name)}", "ms")
        yield at_most("p99 of round trips under 8 flows", p99, 3, "", "ms")
    value, name = best(medians, peers, lambda figures: figures.get("connect"), min)
    if value and ours.get("connect"):
        yield at_most("time to connect", ours["connect"], value / 2, f"half of {title(name)}", "ms")
    back = ours.get("after kill")
    if back and back["since_listener"] is not None:
        yield at_most("packets again after kill -9, from the listener on", back["since_listener"], 500, "", "ms")


def verdicts(result):
    if OURS not in result["medians"]:
        return []
    return [*throughput(result), *others(result)]


def words(verdict):
    """Kept or missed, and by how much."""
    kept = "kept" if verdict["kept"] else "**missed**"
    return f"{kept}, {verdict['value'] / verdict['bar']:.2f} of it"
