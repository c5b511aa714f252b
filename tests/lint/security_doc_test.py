#!/usr/bin/env python3
"""Every promise of SECURITY.md names the tests that show it, and those tests are there.

usage: security_doc_test.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ROW = re.compile(r"^\| (?!who \||-)")
NAME = re.compile(r"`([A-Z]\w+)\.([A-Z]\w+)`")
TEST = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)")


def tests_of(root):
    for path in (root / "tests").rglob("*.cpp"):
        yield from TEST.findall(path.read_text(encoding="utf-8"))


def complaints(text, tests):
    for number, line in enumerate(text.splitlines(), 1):
        if not ROW.match(line):
            continue
        named = NAME.findall(line.rsplit(" | ", 1)[-1])
        if line.count(" | ") != 3 or not named:
            yield f"SECURITY.md:{number}: the promise names no test that shows it"
        for suite, name in named:
            if (suite, name) not in tests:
                yield f"SECURITY.md:{number}: there is no test {suite}.{name}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(complaints((root / "SECURITY.md").read_text(encoding="utf-8"), set(tests_of(root))))
    # The check itself: a promise without a test, and one whose test is gone.
    assert list(complaints("| thief | steal | a lock |", set())), "a promise without a test was passed"
    assert list(complaints("| thief | steal | a lock | `Lock.Holds` |", set())), "a test that is not there was passed"
    assert not list(complaints("| thief | steal | a lock | `Lock.Holds` |", {("Lock", "Holds")}))
    print("\n".join(found) or "every promise names tests that are there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
