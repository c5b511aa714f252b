#!/usr/bin/env python3
"""The reports of tests/bench/peers and tests/bench/link, made from figures that are made up.

usage: report_test.py SOURCE_ROOT
"""
import pathlib
import sys
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(ROOT / "tests/bench"))
from peerlab import chart, report, verdicts  # noqa: E402

WAYS = verdicts.WAYS


def entry(title, rounds, failures=None):
    return {"title": title, "version": f"{title} 1", "rounds": rounds, "failures": failures or {}, "last words": ["its last line"]}


def figures(rate, packets, p99, connect):
    return {**{way: rate for way in WAYS}, "packets": packets, "connect": connect, "rtt idle": {"median": 0.2, "p99": 0.3},
            "rtt loaded": {"median": p99 / 2, "p99": p99}}


def rounds(*rates):
    return [{**{way: rate for way in WAYS}, "packets": rate, "failures": {}} for rate in rates]


def result(load=0.1, plain=(1000, 1010, 1020)):
    peers = {"no-tunnel": entry("no tunnel", rounds(*plain)), "bare-tls": entry("bare", rounds(1000, 2000, 4000)),
             "sallyport": entry("Sallyport", rounds(700, 1400, 2000)), "tinc": entry("tinc", rounds(100)),
             "wireguard-go-newest": entry("wireguard-go", rounds(250, 500, 1000)), "ocserv-tls": entry("ocserv", [], {"all": "not <there>"})}
    medians = {"no-tunnel": figures(1010, 9000, 0.1, None), "bare-tls": {**figures(2000, None, 1, None), "rtt idle": None,
               "rtt loaded": None}, "sallyport": {**figures(1400, 3000, 2.0, 10), "after kill": {"since_listener": 200.0,
               "since_kill": 210.0, "patience": 75}}, "tinc": {**figures(100, 1000, 1.0, 30),
               "after kill": {"since_listener": None, "since_kill": None, "patience": 75}},
               "wireguard-go-newest": figures(500, 1500, 5.0, 14), "ocserv-tls": {"rtt idle": None, "rtt loaded": None}}
    return {"machine": {"cores": 2, "model": "a CPU", "kernel": "6.1", "system": "Debian", "congestion": "cubic"}, "rounds": 3,
            "seconds": 2, "rules": 1000, "started": "2026-11-28T00:00:00+00:00", "loads": [load, load], "peers": peers,
            "medians": medians}


def verdict(what, against):
    return next(item for item in verdicts.verdicts(result()) if item["what"] == what and against in item["against"])


class Verdicts(unittest.TestCase):
    def test_the_ratio_to_the_bare_stream_is_the_median_of_the_rounds_own_ratios(self):
        self.assertAlmostEqual(verdict("TCP, up 1", "bare")["value"], 0.7)

    def test_a_bar_that_is_missed_says_by_how_much(self):
        missed = verdict("TCP, up 1", "wireguard-go")
        self.assertFalse(missed["kept"])
        self.assertEqual(missed["rounds"], [2.0, 2.8])
        self.assertEqual(verdicts.words(missed), "**missed**, 0.93 of it")

    def test_the_reference_without_a_tunnel_is_no_peer(self):
        self.assertEqual(verdict("64-octet packets a second", "")["against"], "wireguard-go")
        self.assertIn("tinc", verdict("p99 of round trips under 8 flows", "best peer")["against"])

    def test_the_fastest_to_connect_sets_the_bar(self):
        connect = verdict("time to connect", "")
        self.assertEqual((connect["bar"], connect["kept"]), (7, False))

    def test_a_run_without_us_has_no_bars(self):
        without = result()
        del without["medians"]["sallyport"]
        self.assertEqual(verdicts.verdicts(without), [])


class Page(unittest.TestCase):
    def test_a_quiet_run_says_so_and_a_noisy_one_too(self):
        self.assertIn("was quiet", report.noise(result()))
        self.assertIn("was noisy", report.noise(result(load=1.5)))
        self.assertIn("was noisy", report.noise(result(plain=(1000, 1300))))

    def test_a_peer_that_is_missing_is_named_with_its_last_words(self):
        page = report.markdown(result())
        self.assertIn("ocserv, all: not <there>", page)
        self.assertIn("its last line", page)

    def test_what_never_came_back_is_shown_as_longer_than_the_wait(self):
        self.assertIn("| > 75,000 |", report.markdown(result()))

    def test_text_between_markers_is_replaced_and_the_rest_stays(self):
        page = report.put_between("a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n", "x", r"new \1")
        self.assertEqual(page, "a\n<!-- x:begin -->\nnew \\1\n<!-- x:end -->\nb\n")

    def test_paths_of_the_machine_do_not_stay(self):
        self.assertEqual(report.without_paths({"x": f"{ROOT}/docs: no"}), {"x": "docs: no"})


class Charts(unittest.TestCase):
    def test_every_chart_is_xml_with_a_title_a_description_and_the_values(self):
        for text in report.svg_files(result()).values():
            tree = xml.etree.ElementTree.fromstring(text)
            names = [child.tag.split("}")[1] for child in tree]
            self.assertEqual(names[:2], ["title", "desc"])
        self.assertIn(">1,400<", report.svg_files(result())["peers-tcp.svg"])

    def test_labels_are_escaped_and_bars_are_as_long_as_their_values_say(self):
        text = chart.bars("a < b", "x", [("", [("one & two", 10, True), ("half", 5, False)])])
        tree = xml.etree.ElementTree.fromstring(text)
        widths = [float(node.get("width")) for node in tree.iter("{http://www.w3.org/2000/svg}rect")][1:]
        self.assertAlmostEqual(widths[0], 2 * widths[1], delta=0.2)


unittest.main()
