#!/usr/bin/env python3
"""Reads pages of `sallyportctl policy report` as a browser and a screen reader would.

usage: report_page_test.py SALLYPORTCTL SOURCE_ROOT
"""
import base64
import hashlib
import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CTL, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
VOID = {"meta", "br", "input", "link", "img", "hr"}
HOSTILE = r'''version = 1
[groups]
staff = ["x<script>alert(1)</script>@example.com", "a\"onclick=alert(1)@example.com", "&amp;'@example.com"]
[resources]
wiki = { net = "10.0.0.1", ports = "443/tcp" }
[allow.a]
who = ["staff", "\"><img/src=//evil.example/x>@example.com"]
to  = "wiki"
why = "</dd></dl></details><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)> &#60;b&#62; \u202Eevil \u001B[31m"
[[test]]
as  = "\"><img/src=//evil.example/x>@example.com"
can = "wiki:443/tcp"
[[test]]
as  = "x<script>alert(1)</script>@example.com"
can = "wiki:80/tcp"
'''


class Page(html.parser.HTMLParser):
    """The elements of a page as a tree: [tag, attributes, children and texts]."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = ["", {}, []]
        self.open = [self.root]
        self.problems = []
        self.feed(text)
        self.close()
        self.problems += [f"<{each[0]}> is never closed" for each in self.open[1:]]

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append(f"<{tag}> has an attribute twice")
        element = [tag, dict(attributes), []]
        self.open[-1][2].append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if self.open[-1][0] != tag:
            self.problems.append(f"line {self.getpos()[0]}: </{tag}> closes <{self.open[-1][0]}>")
        else:
            self.open.pop()

    def handle_data(self, data):
        self.open[-1][2].append(data)

    def all(self, tag, within=None):
        for child in (within or self.root)[2]:
            if isinstance(child, list):
                if child[0] == tag:
                    yield child
                yield from self.all(tag, child)

    def every(self, within=None):
        for child in (within or self.root)[2]:
            if isinstance(child, list):
                yield child
                yield from self.every(child)


def text_of(element):
    return "".join(child if isinstance(child, str) else text_of(child) for child in element[2])


def report(files):
    """The page, the data and the exit code for a policy of these files."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "policy.d"
        folder.mkdir(mode=0o755)
        for file, text in files.items():
            (folder / file).write_text(text)
            (folder / file).chmod(0o644)
        page = pathlib.Path(name) / "page.html"
        done = subprocess.run([CTL, "--json", "policy", "report", "--html", str(page), str(folder)], capture_output=True,
                              text=True, check=False)
        return page.read_text(), json.loads(done.stdout), done.returncode


def large_policy():
    """60 groups, 200 resources, 500 rules."""
    lines = ["version = 1", "[groups]"]
    lines += [f'team{i:02} = ["person{i}@example.com", "person{i + 1}@example.com"]' for i in range(60)]
    lines.append("[resources]")
    lines += [f'service{i:03} = {{ net = "10.{i}.0.0/24", ports = ["443/tcp", "8443/tcp"] }}' for i in range(200)]
    for i in range(450):
        lines += [f"[allow.rule{i:03}]", f'who = "team{i % 60:02}"', f'to = "service{i * 7 % 200:03}"', 'proof_age = "8h"']
    for i in range(50):
        lines += [f"[deny.rule{i:03}]", f'who = "team{i:02}"', f'to = "service{i * 7 % 200:03}"', f'devices = "old{i}"']
    return "\n".join(lines) + "\n"


class Reading(unittest.TestCase):
    def examples(self):
        for path in sorted((ROOT / "docs/examples").glob("*.toml")):
            yield path.name, {path.name: path.read_text()}
        example = ROOT / "packaging/examples/policy.d/10-example.toml"
        yield "example", {example.name: example.read_text()}
        yield "empty", {}
        yield "hostile", {"<b>&'.toml": HOSTILE}

    def test_every_page_is_whole_and_leads_nowhere_else(self):
        for name, files in self.examples():
            with self.subTest(name):
                text, _, _ = report(files)
                page = Page(text)
                self.assertEqual(page.problems, [])
                self.assertEqual(next(page.all("html"))[1]["lang"], "en")
                ids = [element[1]["id"] for element in page.every() if "id" in element[1]]
                self.assertEqual(len(ids), len(set(ids)))
                for element in page.every():
                    self.assertNotIn(element[0], {"link", "img", "iframe", "object", "base", "form"})
                    self.assertFalse([key for key in element[1] if key in ("src", "action") or key.startswith("on")])
                    if "href" in element[1]:
                        self.assertTrue(element[1]["href"].startswith("#"))
                        self.assertIn(element[1]["href"][1:], ids)
                style = text_of(next(page.all("style")))
                self.assertNotIn("url(", style)
                self.assertNotIn("@import", style)
                if name != "hostile":
                    self.assertNotIn("//", text)

    def test_headings_and_tables_tell_a_screen_reader_where_it_is(self):
        for name, files in self.examples():
            with self.subTest(name):
                page = Page(report(files)[0])
                levels = [int(element[0][1]) for element in page.every() if element[0] in ("h1", "h2", "h3")]
                self.assertEqual(levels[0], 1)
                self.assertEqual(levels.count(1), 1)
                self.assertTrue(all(after <= before + 1 for before, after in zip(levels, levels[1:])))
                for table in page.all("table"):
                    self.assertTrue(text_of(next(page.all("caption", table))).strip())
                    columns = list(page.all("th", next(page.all("thead", table))))
                    self.assertEqual({each[1].get("scope") for each in columns}, {"col"})
                    for row in page.all("tr", next(page.all("tbody", table))):
                        cells = [each for each in row[2] if isinstance(each, list)]
                        self.assertEqual(len(cells), len(columns))
                        self.assertEqual((cells[0][0], cells[0][1].get("scope")), ("th", "row"))
                        self.assertEqual({each[0] for each in cells[1:]}, {"td"})

    def test_an_answer_is_told_in_words_not_by_colour_or_sign_alone(self):
        page = Page(report(dict(self.examples())["per-office.toml"])[0])
        for table in page.all("table"):
            if table[1].get("class") != "matrix":
                continue
            for cell in page.all("td", table):
                answer = next(page.all("span", cell))
                self.assertEqual(next(page.all("span", answer))[1].get("aria-hidden"), "true")
                self.assertIn(text_of(answer).split()[-1], {"allowed", "if", "denied", "no"})

    def test_the_page_and_the_data_give_the_same_answers(self):
        for name, files in self.examples():
            with self.subTest(name):
                text, data, _ = report(files)
                page = Page(text)
                rows = {row["name"]: {cell["resource"]: cell for cell in row["cells"]} for row in data["rows"]}
                for table in page.all("table"):
                    if table[1].get("class") != "matrix":
                        continue
                    columns = [next(page.all("a", each))[1]["href"].removeprefix("#resource.")
                               for each in list(page.all("th", next(page.all("thead", table))))[1:]]
                    for row in page.all("tr", next(page.all("tbody", table))):
                        heading = text_of(next(page.all("th", row))).removesuffix(" group")
                        for column, cell in zip(columns, page.all("td", row)):
                            known = rows[heading].get(column) or rows["everyone"].get(column)
                            self.assertEqual(cell[1]["class"], known["answer"] if known else "no", (heading, column))
                for rule in data["rules"]:
                    element = next(each for each in page.all("details") if each[1]["id"] == f"{rule['kind']}.{rule['name']}")
                    self.assertIn(f":{rule['line']}", text_of(element))
                    for condition in rule["conditions"]:
                        self.assertIn(condition["key"], text_of(element))
                outcomes = [each["passed"] for test in data["tests"] for each in test["expectations"]]
                tests = [table for table in page.all("table") if table[1].get("class") == "tests"]
                shown = [list(page.all("td", row))[1] for table in tests
                         for row in page.all("tr", next(page.all("tbody", table)))]
                self.assertEqual(["holds" in text_of(each) for each in shown], outcomes)

    def test_hostile_text_is_shown_and_does_nothing(self):
        text, data, code = report({"<b>&'.toml": HOSTILE})
        page = Page(text)
        self.assertEqual(code, 1)
        self.assertEqual(data["failed"], 1)
        self.assertEqual(len(list(page.all("script"))), 1)
        self.assertEqual(list(page.all("img")), [])
        why = next(page.all("bdi"))
        self.assertTrue(all(isinstance(child, str) for child in why[2]))
        self.assertEqual(text_of(why), data["rules"][0]["why"].replace("\u202e", "\ufffd").replace("\u001b", "\ufffd"))
        everyone = {text_of(each) for each in page.all("span") if each[1].get("class") == "person"}
        self.assertEqual(everyone, {'"><img/src=//evil.example/x>@example.com'})

    def test_the_only_script_is_the_one_that_the_page_permits(self):
        page = Page(report({})[0])
        script = text_of(next(page.all("script")))
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = next(each[1]["content"] for each in page.all("meta") if "http-equiv" in each[1])
        self.assertIn(f"script-src 'sha256-{digest}'", policy)
        self.assertIn("default-src 'none'", policy)

    def test_paper_shows_also_what_a_search_has_hidden(self):
        style = text_of(next(Page(report({})[0]).all("style")))
        on_paper = style[style.index("@media print"):]
        for element, display in (("tr", "table-row"), ("details", "block"), ("div", "block")):
            self.assertRegex(on_paper, rf"(?m)^\s*(.*, )?{element}\[hidden\].*{{ display: {display}; }}")

    def test_rules_are_open_without_the_script(self):
        page = Page(report(dict(self.examples())["per-office.toml"])[0])
        self.assertTrue(all("open" in each[1] for each in page.all("details")))

    def test_a_failing_test_is_on_the_page(self):
        text, data, code = report({"a.toml": 'version = 1\n[[test]]\nas = "ana@example.com"\ncan = "10.0.0.1:22"\n'})
        self.assertEqual((code, data["failed"], data["ok"]), (1, 1, False))
        self.assertIn("1 fails", text_of(next(Page(text).all("header"))))

    def test_a_large_policy_makes_a_page_that_opens(self):
        text, data, code = report({"large.toml": large_policy()})
        page = Page(text)
        self.assertEqual((code, page.problems), (0, []))
        self.assertEqual(len(list(page.all("details"))), 500)
        self.assertLess(len(text), 3_000_000)
        for table in page.all("table"):
            if table[1].get("class") == "matrix":
                self.assertLessEqual(len(list(page.all("th", next(page.all("thead", table))))), 6)
        self.assertEqual(len(data["untested_rules"]), 500)
        self.assertEqual(data["rows_left_off"], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
