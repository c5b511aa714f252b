#!/usr/bin/env python3
"""Shows that the closing line of tests/run cannot hide a failure."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import summary  # noqa: E402


def suite(name, *cases):
    return f'<testsuite name="sallyport.{name}">' + "".join(cases) + "</testsuite>"


PASSED = '<testcase name="Works" status="run"/>'
FAILED = '<testcase name="Breaks" status="run"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="Waits" status="run"><skipped/></testcase>'
DISABLED = '<testcase name="DISABLED_Sleeps" status="notrun"/>'


class Summary(unittest.TestCase):
    def counted(self, suites, **results):
        with tempfile.TemporaryDirectory() as name:
            base = pathlib.Path(name) / "run"
            base.with_suffix(".junit.xml").write_text("<testsuites>" + "".join(suites) + "</testsuites>")
            base.with_suffix(".json").write_text(
                "\n".join(json.dumps({"name": key, "result": value}) for key, value in results.items()))
            return str(summary.count_run(base))

    def test_every_case_counts(self):
        self.assertEqual(self.counted([suite("a", PASSED, PASSED, SKIPPED, DISABLED), suite("b", PASSED)], a="OK", b="OK"),
                         "3 passed, 0 failed, 2 skipped")

    def test_a_failed_case_counts_once(self):
        self.assertEqual(self.counted([suite("a", PASSED, FAILED)], a="FAIL"), "1 passed, 1 failed, 0 skipped")

    def test_a_crash_without_cases_is_a_failure(self):
        for result in ("ERROR", "TIMEOUT", "FAIL", "INTERRUPT", "UNEXPECTEDPASS"):
            self.assertEqual(self.counted([], a=result), "0 passed, 1 failed, 0 skipped")

    def test_a_leak_after_passing_cases_is_a_failure(self):
        self.assertEqual(self.counted([suite("a", PASSED)], a="FAIL"), "1 passed, 1 failed, 0 skipped")

    def test_a_run_without_logs_has_no_tests(self):
        self.assertEqual(str(summary.count_run("/nonexistent/run")), "0 passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    unittest.main()
