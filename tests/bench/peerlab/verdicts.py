"""Each bar that Sallyport must keep: what was measured, and by how much it is kept or missed."""
import statistics

OURS, BARE, NEWEST = "sallyport", "bare-tls", "wireguard-go-newest"
REFERENCES = ("no-tunnel", BARE, "bare-tls-wolfssl", OURS)
TLS_PEERS = ("openvpn-udp", "openvpn-tcp", "ocserv-tls", "ocserv-dtls")
WAYS = ("up 1", "down 1", "up 8", "down 8")


def best(medians, names, figure, pick=max):
    known = [(figure(medians[name]), name) for name in names if name in medians and figure(medians[name]) is not None]
    return pick(known, default=(None, None))


def at_least(what, ratios, bar, against):
    """Held by the median of the rounds' own ratios: what disturbs a round disturbs both of its figures."""
    value = statistics.median(ratios)
    return {"what": what, "value": value, "rounds": [min(ratios), max(ratios)], "bar": bar, "least": True, "against": against,
            "unit": "x", "kept": value >= bar}


def at_most(what, value, bar, against, unit):
    return {"what": what, "value": value, "rounds": None, "bar": bar, "least": False, "against": against, "unit": unit,
            "kept": value <= bar}


def ratios(peers, figure, name, theirs=None):
    """Ours / theirs in each round that has both."""
    return [ours[figure] / other[theirs or figure] for ours, other in zip(peers[OURS]["rounds"], peers[name]["rounds"])
            if ours.get(figure) and other.get(theirs or figure)]


def throughput(result):
    medians, peers = result["medians"], result["peers"]
    for way in WAYS:
        against = [(BARE, way.split()[0] + " 1", 0.65, "the bare TLS stream"), (NEWEST, way, 3, "the newest wireguard-go")]
        _, name = best(medians, TLS_PEERS, lambda figures: figures.get(way))
        if name:
            against.append((name, way, 7, peers[name]["title"]))
        for name, theirs, bar, title in against:
            if found := ratios(peers, way, name, theirs) if name in peers else []:
                yield at_least(f"TCP, {way}", found, bar, title)


def others(result):
    medians, ours = result["medians"], result["medians"][OURS]
    peers = [name for name in medians if name not in REFERENCES]
    title = lambda name: result["peers"][name]["title"]  # noqa: E731
    value, name = best(medians, peers, lambda figures: figures.get("packets"))
    if value and (found := ratios(result["peers"], "packets", name)):
        yield at_least("64-octet packets a second", found, 1.5, title(name))
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
