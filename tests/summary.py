#!/usr/bin/env python3
"""Counts the results of meson test runs, one by one: every case of a gtest binary, every other test as one.

usage: summary.py LOGBASE...     LOGBASE.junit.xml and LOGBASE.json, as `meson test --logbase` writes them
Prints one line per run, those that failed, and `N passed, N failed, N skipped` last. Exits 1 on a failure or no test.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml

GOOD = {"OK", "SKIP", "EXPECTEDFAIL"}


class Count:
    def __init__(self):
        self.passed = self.skipped = 0
        self.failures = []

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def __str__(self):
        return f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped"


def case_is_skipped(case):
    return case.find("skipped") is not None or case.get("status") == "notrun"


def case_has_failed(case):
    return case.find("failure") is not None or case.find("error") is not None


def count_cases(junit):
    count = Count()
    for suite in junit.iter("testsuite"):
        for case in suite.findall("testcase"):
            if case_has_failed(case):
                count.failures.append(f"{suite.get('name')}: {case.get('name')}")
            elif case_is_skipped(case):
                count.skipped += 1
            else:
                count.passed += 1
    return count


def silent_failures(records, failures):
    """Tests that failed as a whole though none of their cases says so: a leak report, a crash, a timeout."""
    for record in records:
        name = record["name"]
        if record["result"] not in GOOD and not any(name in failure for failure in failures):
            yield f"{name} ({record['result'].lower()})"


def count_run(base):
    junit, records = pathlib.Path(f"{base}.junit.xml"), pathlib.Path(f"{base}.json")
    if not junit.exists() or not records.exists():
        return Count()
    count = count_cases(xml.parse(junit).getroot())
    lines = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines() if line]
    count.failures += silent_failures(lines, count.failures)
    return count


def main():
    total = Count()
    for base in sys.argv[1:]:
        count = count_run(base)
        print(f"{pathlib.Path(base).name}: {count}")
        total.add(count)
    for failure in total.failures:
        print(f"failed: {failure}")
    print(total)
    return 1 if total.failures or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
