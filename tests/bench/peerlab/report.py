"""The table, the bars and the charts of a run, and where they stand in the documents."""
import json
import os
import re
import statistics

from . import chart, verdicts
from .world import BUILD, ROOT

PAGE = ROOT / "docs/performance.md"
CHARTS = ROOT / "docs/performance"
SPREAD_OF_QUIET, LOAD_OF_QUIET = 0.10, 0.5


def number(value, digits=0):
    return "-" if value is None else f"{value:,.{digits}f}"


def spread(result):
    """How far the figures without a tunnel lie apart: the machine's own doing."""
    rounds = [row["up 1"] for row in result["peers"].get("no-tunnel", {}).get("rounds", []) if row.get("up 1")]
    return (max(rounds) - min(rounds)) / statistics.median(rounds) if len(rounds) > 1 else None


def noise(result):
    load, cores, apart = result["loads"][0], result["machine"]["cores"], spread(result)
    noisy = load > LOAD_OF_QUIET * cores or (apart or 0) > SPREAD_OF_QUIET
    during = result["loads"][1:] or [load]
    measured = f"load {load:.1f} before it began on {cores} cores, {min(during):.1f} to {max(during):.1f} as the rounds began" + (
        f", and without a tunnel (1 flow up) the rounds lie {apart:.0%} of their median apart" if apart is not None else "")
    if noisy:
        return f"**This run was noisy**: {measured}. Compare within the run; the figures themselves mean little."
    return f"The run was quiet: {measured}."


def back(figures):
    after = figures.get("after kill")
    if not after:
        return "-"
    return f"> {after['patience'] * 1000:,}" if after["since_listener"] is None else number(after["since_listener"])


def row(title, figures):
    idle, loaded = figures["rtt idle"] or {}, figures["rtt loaded"] or {}
    pair = lambda times: f"{times['median']:.2f} / {times['p99']:.2f}" if times else "-"  # noqa: E731
    handshakes = figures.get("handshakes")
    cells = [title, *(number(figures.get(way)) for way in verdicts.WAYS), number(figures.get("packets")), pair(idle), pair(loaded),
             number(figures.get("connect"), 1), back(figures), number(figures.get("memory")),
             number(figures.get("cpu per GB"), 2), f"{handshakes['per_second']:,.0f}" if handshakes else "-"]
    return "| " + " | ".join(cells) + " |"


def table(result):
    head = ("| | 1 up | 1 down | 8 up | 8 down | packets/s | RTT idle, ms | RTT under 8 flows, ms | connect, ms | back after kill, ms "
            "| memory, KiB | CPU s/GB | handshakes/s |")
    lines = [head, "|" + "---|" * head.count(" |")]
    return "\n".join(lines + [row(result["peers"][name]["title"], figures) for name, figures in result["medians"].items()])


def bar_table(result):
    lines = ["| what | measured | bar | verdict |", "|---|---|---|---|"]
    for item in verdicts.verdicts(result):
        relation = "at least" if item["least"] else "at most"
        of = f" {item['against']}" if item["against"] and item["least"] else f" ({item['against']})" if item["against"] else ""
        unit = " x" if item["unit"] == "x" else f" {item['unit']}"
        between = f" ({item['rounds'][0]:.2f} to {item['rounds'][1]:.2f})" if item["rounds"] else ""
        lines.append(f"| {item['what']} | {item['value']:.2f}{unit}{between} | {relation} {item['bar']:.4g}{unit}{of} | "
                     f"{verdicts.words(item)} |")
    return "\n".join(lines)


def failures(result):
    lines = []
    for entry in result["peers"].values():
        found = dict(entry["failures"])
        for measured in entry["rounds"]:
            found.update(measured["failures"])
        lines += [f"- {entry['title']}, {what}: {words}" for what, words in found.items()]
        if found and entry["last words"]:
            lines += ["  ```", *(f"  {line}" for line in entry["last words"][-4:]), "  ```"]
    return "\n".join(["What failed:", "", *lines]) if lines else "Nothing failed."


def markdown(result):
    machine = result["machine"]
    versions = ", ".join(dict.fromkeys(entry["version"] for entry in result["peers"].values() if entry.get("version")))
    return "\n\n".join([
        f"{result['started'][:10]}: {machine['cores']} cores ({machine['model']}) shared by both ends, the gateway and the office; "
        f"{machine['system']}, kernel {machine['kernel']}, whose TCP is {machine['congestion'].upper()} by default; {result['rounds']} rounds of {result['seconds']} s, taken in turn, "
        f"medians; Sallyport with {result['rules']:,} rules. {versions}.",
        noise(result),
        table(result),
        "TCP in Mbit/s at the receiver. Packets: 64 octets of UDP payload, laptop to office, less than 1 % lost. RTT: median / p99 of "
        "all rounds. Back: from the moment the gateway's listener is up again after `kill -9`. Memory: of the gateway's processes for "
        "the first session. CPU: of the tunnel's own processes at both ends, the kernel's share for TCP included only where it runs in "
        "their system calls. Handshakes: mutual, TLS 1.3, with both of OpenSSL's clients on the same cores.",
        "Ratios are medians of the rounds' own ratios, with the least and the largest of them.",
        bar_table(result), failures(result)])


def svg_files(result):
    def group(name, figure, heading=""):
        found = [(result["peers"][peer]["title"], figure(figures), peer == verdicts.OURS) for peer, figures in
                 result["medians"].items()]
        return heading or name, [bar for bar in found if bar[1] is not None]

    ways = [group(way, lambda figures, way=way: figures.get(way)) for way in verdicts.WAYS]
    p99 = group("", lambda figures: (figures["rtt loaded"] or {}).get("p99"))
    return {
        "peers-tcp.svg": chart.bars("TCP through each tunnel", "Mbit/s at the receiver; more is better", ways),
        "peers-packets.svg": chart.bars("Small packets", "64-octet UDP packets a second with less than 1 % lost; more is better",
                                        [group("", lambda figures: figures.get("packets"))]),
        "peers-rtt.svg": chart.bars("Round trips under 8 flows", "ms, 99th percentile; less is better", [p99]),
        "peers-connect.svg": chart.bars("Time to connect", "ms until the first answer from the office; less is better",
                                        [group("", lambda figures: figures.get("connect"))]),
    }


def put_between(page, name, text):
    """The page with `text` between its markers, which are added at its end where they are missing."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    block = f"{begin}\n{text}\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n{block}\n"
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: block, page, flags=re.DOTALL)


def without_paths(result):
    """The result without the paths of this machine: reports are published."""
    text = json.dumps(result)
    for path, instead in ((f"{BUILD}/", "build/"), (f"{ROOT}/", ""), (os.path.expanduser("~"), "~")):
        text = text.replace(json.dumps(path)[1:-1], instead)
    return json.loads(text)


def without_samples(value):
    """Without every single round trip: the summary is in the medians."""
    if isinstance(value, dict):
        return {key: without_samples(item) for key, item in value.items() if not (key.startswith("rtt") and isinstance(item, list)
                                                                                 and item and isinstance(item[0], float))}
    return [without_samples(item) for item in value] if isinstance(value, list) else value


def write(name, heading, text, files, result):
    CHARTS.mkdir(exist_ok=True)
    pictures = "\n".join(f"![{title_of(svg)}](performance/{file})" for file, svg in files.items())
    for file, svg in files.items():
        (CHARTS / file).write_text(svg)
    (CHARTS / f"{name}.json").write_text(json.dumps(without_samples(result), indent=1) + "\n")
    PAGE.write_text(put_between(PAGE.read_text(), name, f"{heading}\n\n{text}\n\n{pictures}\n\nAs data: "
                                f"[performance/{name}.json](performance/{name}.json)."))


def title_of(svg):
    return re.search("<title[^>]*>([^<]*)", svg)[1]


def write_docs(result):
    write("peers", "## Beside others\n\n`tests/bench/peers` (`--help` says how each figure is taken) wrote this.", markdown(result),
          svg_files(result), result)
