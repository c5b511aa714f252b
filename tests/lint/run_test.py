#!/usr/bin/env python3
"""Runs a copy of tests/run whose steps are stand-ins: what it starts, how it closes, and with which exit status.

usage: run_test.py SOURCE_ROOT
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
# Does nothing, or fails when FAILING names it.
STEP = """#!/bin/sh
echo "$(basename "$0")" >>"$CALLS"
case " $FAILING " in *" $(basename "$0") "*) exit 1 ;; esac
"""
# Two cases pass in every run of suites; in the run that FAILING names one fails, in the one BROKEN names meson itself.
MESON = """#!/usr/bin/env python3
import os, pathlib, sys
words = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    calls.write("meson " + " ".join(words) + "\\n")
name = words[words.index("--logbase") + 1] if "--logbase" in words else words[0]
failing = name in os.environ["FAILING"].split()
if words[0] == "setup" and not failing:
    folder = pathlib.Path(words[1])
    (folder / "meson-logs").mkdir(parents=True, exist_ok=True)
    (folder / "build.ninja").touch()
if words[0] == "test" and name != os.environ["BROKEN"]:
    base = pathlib.Path(words[words.index("-C") + 1]) / "meson-logs" / name
    case = "<failure/>" if failing else ""
    base.with_suffix(".junit.xml").write_text('<testsuites><testsuite name="s"><testcase name="A" status="run"/>'
        f'<testcase name="B" status="run">{case}</testcase></testsuite></testsuites>')
    base.with_suffix(".json").write_text('{"name": "s", "result": "%s"}' % ("FAIL" if failing else "OK"))
sys.exit(1 if failing or name == os.environ["BROKEN"] else 0)
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for part in ("tests/run", "tests/summary.py"):
            (self.root / part).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE / part, self.root / part)
        for part, text in (("packaging/dependencies", STEP), ("packaging/wolfssl", STEP), ("bin/meson", MESON)):
            (self.root / part).parent.mkdir(exist_ok=True)
            (self.root / part).write_text(text)
            (self.root / part).chmod(0o755)

    def run_tests(self, *options, failing="", broken="", inside=""):
        """(exit status, last line of standard output, what was started, standard error)."""
        calls = self.root / "calls"
        calls.write_text("")
        environment = dict(os.environ, CALLS=str(calls), FAILING=failing, BROKEN=broken, SALLYPORT_TESTS_RUN=inside,
                           PATH=f"{self.root / 'bin'}:{os.environ['PATH']}")
        done = subprocess.run([self.root / "tests/run", *options], env=environment, capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, (done.stdout.splitlines() or [""])[-1], calls.read_text(), done.stderr

    def suites(self, calls):
        """The suites of each run of tests, in order."""
        tests = [line.split() for line in calls.splitlines() if line.startswith("meson test")]
        return [[line[at + 1] for at, word in enumerate(line) if word == "--suite"] for line in tests]

    def test_everything_runs_and_is_counted(self):
        status, last, calls, errors = self.run_tests()
        self.assertEqual((status, last, errors), (0, "6 passed, 0 failed, 0 skipped", ""))
        self.assertEqual(self.suites(calls), [["source"], ["lint", "unit", "fuzz"], ["system"]])
        self.assertNotIn("b_sanitize", calls)

    def test_one_suite_runs_alone(self):
        for suite in ("source", "unit", "fuzz", "system"):
            status, last, calls, errors = self.run_tests("--suite", suite)
            self.assertEqual((status, last, errors), (0, "2 passed, 0 failed, 0 skipped", ""))
            self.assertEqual(self.suites(calls), [[suite]])
        _, last, calls, _ = self.run_tests("--suite", "lint")
        self.assertEqual((last, self.suites(calls)), ("4 passed, 0 failed, 0 skipped", [["source"], ["lint"]]))

    def test_an_unknown_suite_is_no_success(self):
        status, last, _, _ = self.run_tests("--suite", "units")
        self.assertEqual((status, last), (1, "0 passed, 0 failed, 0 skipped"))

    def test_the_sanitizer_pass_is_asked_for(self):
        status, last, calls, errors = self.run_tests("--sanitize")
        self.assertEqual((status, last, errors), (0, "8 passed, 0 failed, 0 skipped", ""))
        self.assertEqual(self.suites(calls), [["source"], ["lint", "unit", "fuzz"], ["system"], ["unit", "fuzz"]])
        self.assertIn("-Db_sanitize=address,undefined", calls)
        status, last, calls, errors = self.run_tests("--sanitize-system")
        self.assertEqual((status, last, errors), (0, "10 passed, 0 failed, 0 skipped", ""))
        self.assertEqual(self.suites(calls)[3:], [["unit", "fuzz"], ["system"]])

    def test_a_failing_step_ends_the_run_as_one_failure(self):
        for step in ("dependencies", "wolfssl", "setup"):
            status, last, calls, _ = self.run_tests(failing=step)
            self.assertEqual((status, last), (1, "0 passed, 1 failed, 0 skipped"), step)
            self.assertEqual(self.suites(calls), [], step)
        status, last, calls, _ = self.run_tests(failing="compile")
        self.assertEqual((status, last), (1, "2 passed, 1 failed, 0 skipped"))
        self.assertEqual(self.suites(calls), [["source"]])

    def test_nothing_is_built_when_the_source_is_not_in_order(self):
        for words, last_line in ({"failing": "source"}, "1 passed, 1 failed, 0 skipped"), (
            {"broken": "source"}, "0 passed, 1 failed, 0 skipped"):
            status, last, calls, _ = self.run_tests(**words)
            self.assertEqual((status, last), (1, last_line))
            self.assertNotIn("compile", calls)

    def test_a_failed_case_fails_the_run_and_the_other_suites_still_run(self):
        status, last, _, _ = self.run_tests(failing="release")
        self.assertEqual((status, last), (1, "5 passed, 1 failed, 0 skipped"))

    def test_a_run_without_results_is_a_failure(self):
        status, last, _, _ = self.run_tests(broken="release-system")
        self.assertEqual((status, last), (1, "4 passed, 1 failed, 0 skipped"))

    def test_results_of_an_earlier_run_do_not_count(self):
        self.run_tests()
        status, last, _, _ = self.run_tests(broken="release")
        self.assertEqual((status, last), (1, "4 passed, 1 failed, 0 skipped"))

    def test_an_unknown_option_starts_nothing(self):
        status, _, calls, errors = self.run_tests("--sanitise")
        self.assertEqual((status, calls), (2, ""))
        self.assertIn("--help", errors)

    def test_a_test_cannot_start_it(self):
        status, _, calls, errors = self.run_tests(inside="1")
        self.assertEqual((status, calls), (2, ""))
        self.assertIn("must not start tests/run", errors)


if __name__ == "__main__":
    unittest.main()
