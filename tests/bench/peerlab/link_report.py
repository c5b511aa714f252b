"""The table, the bars and the charts of what came through bad links."""
from . import chart, report, verdicts
from .linkgrid import median_of

OURS, PLAIN, NEWEST = verdicts.OURS, "no-tunnel", verdicts.NEWEST


def rate(rows, way):
    return median_of(rows, lambda row: row.get(way))


def trip(rows, which, figure="median"):
    return median_of(rows, lambda row: (row.get(which) or {}).get(figure))


def spread(rows, way):
    """The median of the rounds, and the least and the largest where there are several."""
    values = [row[way] for row in rows if row.get(way) is not None]
    text = report.number(rate(rows, way), 1)
    return f"{text} ({min(values):.0f} to {max(values):.0f})" if len(values) > 1 else text


def cell_of(rows):
    if rate(rows, "up") is None and rate(rows, "down") is None:
        return "nothing passed"
    loaded = trip(rows, "rtt loaded")
    return f"{spread(rows, 'up')} / {spread(rows, 'down')}, {report.number(loaded)} ms"


def table(result):
    titles = [result["peers"][name]["title"] for name in result["peers"]]
    lines = ["| link | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for cell in result["cells"]:
        cells = [cell_of(cell["peers"].get(name, [])) for name in result["peers"]]
        lines.append(f"| {cell['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def find(result, loss, rtt):
    return next((cell["peers"] for cell in result["cells"] if cell["loss"] == loss and cell["rtt"] == rtt
                 and not {"mtu", "reorder"} & set(cell)), {})


def bars(result):
    lossy, clean = find(result, 1, 40), find(result, 0, 40)
    for way in ("up", "down"):
        pairs = zip(lossy.get(OURS, []), lossy.get(NEWEST, []))
        if found := [ours[way] / theirs[way] for ours, theirs in pairs if ours.get(way) and theirs.get(way)]:
            yield verdicts.at_least(f"goodput {way} at 1 % loss and 40 ms", found, 15, "the newest wireguard-go")
    loaded, idle = trip(clean.get(OURS, []), "rtt loaded"), trip(clean.get(OURS, []), "rtt idle")
    if loaded and idle:
        yield verdicts.at_most("round trip under one download without loss, times the idle one", loaded / idle, 1.6, "", "x")


def bar_table(result):
    lines = ["| what | measured | bar | verdict |", "|---|---|---|---|"]
    for item in bars(result):
        relation = "at least" if item["least"] else "at most"
        against = f" {item['against']}" if item["against"] else ""
        least, largest = item["rounds"] or (None, None)
        measured = f"{item['value']:.2f} x" + (f" ({least:.2f} to {largest:.2f})" if least != largest else "")
        lines.append(f"| {item['what']} | {measured} | {relation} {item['bar']:.4g} x{against} | {verdicts.words(item)} |")
    return "\n".join(lines)


def precision(result):
    trips = ", ".join(f"{item['asked']} ms asked: {item['median']:.2f} (p99 {item['p99']:.2f})"
                      for item in result["precision"]["rtt"] if "median" in item)
    rates = ", ".join(f"{item['asked']} Mbit/s asked: {item['measured']:.1f}" for item in result["precision"]["rate"])
    return f"The emulator by itself: round trips {trips}; rate {rates}."


def failures(result):
    lines = [f"- {result['peers'][name]['title']}, {cell['name']}, {what}: {words}" for cell in result["cells"]
             for name, rows in cell["peers"].items() for row in rows for what, words in row["failures"].items()]
    lines += [f"- {entry['title']}: {words}" for entry in result["peers"].values() for words in entry["failures"].values()]
    return "\n".join(["What failed:", "", *dict.fromkeys(lines)]) if lines else "Nothing failed."


def markdown(result):
    machine, loads = result["machine"], result["loads"]
    return "\n\n".join([
        f"{result['started'][:10]}: {result['rate']} Mbit/s, {result['queue']} packets of queue, one TCP flow with CUBIC at laptop and "
        f"office, {result['seconds']} s each way, {result['rounds']} round(s); {machine['cores']} cores ({machine['model']}), kernel "
        f"{machine['kernel']}, load {min(loads):.1f} to {max(loads):.1f}. Goodput up / down in Mbit/s, and the median round trip during the "
        "download; of several rounds the medians, with the least and the largest of the goodput.", precision(result), table(result), bar_table(result), failures(result)])


def svg_files(result):
    groups = []
    for cell in result["cells"]:
        found = [(result["peers"][name]["title"], rate(rows, "down"), name == OURS) for name, rows in cell["peers"].items()]
        groups.append((cell["name"].replace("`", ""), [bar for bar in found if bar[1] is not None]))
    trips = []
    for cell in result["cells"]:
        found = [(result["peers"][name]["title"], trip(rows, "rtt loaded"), name == OURS) for name, rows in cell["peers"].items()]
        trips.append((cell["name"].replace("`", ""), [bar for bar in found if bar[1] is not None]))
    return {"link-goodput.svg": chart.bars("One download through a bad link", "Mbit/s; more is better", groups),
            "link-rtt.svg": chart.bars("Round trips during that download", "ms, median; less is better", trips)}


def write_docs(result):
    report.write("link", "## Lossy and slow links\n\n`tests/bench/link` wrote this: everything passes an emulator in user space between "
                 "laptop and gateway.", markdown(result), svg_files(result), result)
