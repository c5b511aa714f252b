#!/usr/bin/env python3
"""Reads a page of metrics with Prometheus's own client library and prints it as one JSON object.

usage: read_metrics.py FILE

{"families": {NAME: {"type", "help"}}, "samples": {'NAME{LABEL="VALUE",...}': VALUE}}; labels by name. Exits with 1 and
words where the page is not as the format and its readers want it: see check().
"""
import json
import pathlib
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

SAMPLE = re.compile(r"^([a-z_0-9]+)(\{.*\})? \S+$")


def key_of(sample):
    labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
    return f"{sample.name}{{{labels}}}" if labels else sample.name


def check_histogram(family):
    """Buckets only grow, the last is +Inf, and it is what _count says."""
    series = {}
    for sample in family.samples:
        rest = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
        series.setdefault(rest, []).append(sample)
    for rest, samples in series.items():
        buckets = [(float(sample.labels["le"]), sample.value) for sample in samples if sample.name.endswith("_bucket")]
        assert buckets == sorted(buckets), f"{family.name}{rest}: buckets are not in order"
        values = [value for _, value in buckets]
        assert values == sorted(values), f"{family.name}{rest}: buckets are not cumulated"
        count = [sample.value for sample in samples if sample.name.endswith("_count")]
        assert buckets[-1][0] == float("inf") and count == [values[-1]], f"{family.name}{rest}: +Inf is not the count"


def check(text, families):
    """What the library itself lets pass."""
    assert text.endswith("\n"), "the last line has no end"
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    strange = [line for line in samples if not SAMPLE.match(line)]
    assert not strange, f"no sample: {strange[0]}"
    read = [sample for family in families for sample in family.samples]
    assert len(read) == len(samples), "some lines were not read"
    assert len({key_of(sample) for sample in read}) == len(read), "a sample is there twice"
    names = [family.name for family in families]
    assert len(set(names)) == len(names), "a family is there twice, or not in one piece"
    for family in families:
        assert family.type in ("counter", "gauge", "histogram"), f"{family.name} has no type"
        assert family.documentation, f"{family.name} has no HELP"
        if family.type == "histogram":
            check_histogram(family)


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    families = list(text_string_to_metric_families(text))
    try:
        check(text, families)
    except AssertionError as problem:
        sys.exit(str(problem))
    print(json.dumps({"families": {family.name: {"type": family.type, "help": family.documentation} for family in families},
                      "samples": {key_of(sample): sample.value for family in families for sample in family.samples}}))


if __name__ == "__main__":
    main()
