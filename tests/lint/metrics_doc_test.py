#!/usr/bin/env python3
"""docs/metrics.md has the table of metrics that sallyportctl prints, and the example rules name no other metric.

usage: metrics_doc_test.py SALLYPORTCTL SOURCE_ROOT [--update]      --update writes the table into the page
"""
import pathlib
import re
import subprocess
import sys

TABLE = re.compile(r"^\| metric \| type \|.*\n(?:\|.*\n)+", re.M)
NAME = re.compile(r"\bsallyport_[a-z_]+\b")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def names_of(table):
    return set(re.findall(r"^\| `(sallyport_\w+)` \|", table, re.M))


def strangers(text, known):
    """Names in the text that no metric has."""
    named = set(NAME.findall(text))
    return sorted(name for name in named if name not in known and SUFFIX.sub("", name) not in known)


def complaints(page, rules, table):
    found = TABLE.search(page)
    if found is None:
        yield "docs/metrics.md has no table of metrics"
        return
    here, there = set(found[0].splitlines()), set(table.splitlines())
    yield from (f"docs/metrics.md does not say: {line}" for line in sorted(there - here))
    yield from (f"docs/metrics.md says what is not so: {line}" for line in sorted(here - there))
    known = names_of(table)
    yield from (f"docs/metrics.md names {name}, which is none" for name in strangers(page, known))
    yield from (f"prometheus-rules.yml names {name}, which is none" for name in strangers(rules, known))
    for alert in re.split(r"^ +- alert: ", rules, flags=re.M)[1:]:
        if "description: " not in alert or "summary: " not in alert:
            yield f"prometheus-rules.yml: {alert.split()[0]} does not say what to do"


def main():
    ctl, root = sys.argv[1], pathlib.Path(sys.argv[2])
    table = subprocess.run([ctl, "metrics", "--reference"], capture_output=True, text=True, check=True).stdout
    page = root / "docs" / "metrics.md"
    if "--update" in sys.argv:
        page.write_text(TABLE.sub(lambda _: table, page.read_text(encoding="utf-8")), encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    rules = (root / "packaging" / "examples" / "prometheus-rules.yml").read_text(encoding="utf-8")
    found = list(complaints(text, rules, table))
    # The check itself: a metric that only one side has, and a rule on one that is none.
    row = "| `sallyport_new` | gauge |  | New. |\n"
    assert list(complaints(text, rules, table + row)), "a metric that the page does not have was passed"
    assert list(complaints(text.replace("| `sallyport_up` |", row + "| `sallyport_up` |"), rules, table)), "an invented metric was passed"
    assert list(complaints(text, rules + "\nexpr: sallyport_wrong > 0\n", table)), "a rule on no metric was passed"
    print("\n".join(found) or "table and rules agree with what is exported")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
