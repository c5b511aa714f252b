#!/usr/bin/env python3
"""Runs docs/policy.md: every policy in it is loaded, every command run, and what they print compared with what it shows.

usage: policy_doc_test.py SALLYPORTCTL SOURCE_ROOT [--update]     --update writes the output into the document instead

The comment on the line before a fenced block says what the block is:
  file: NAME         toml: written to policy.d/NAME, where the commands that follow find it
  add to: NAME       toml: added at the end of that file
  base               toml: stands beside every fragment and every faulty example
  errors             toml: refused; the block after it shows the words
  on a gateway       console: needs a running gateway, so that it is not run here
Other toml is loaded: alone when it has a version, beside the base when it has none.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"(?:^<!-- (?P<what>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S)
POLICY = re.compile(r"^```toml\n(.*?)^```$", re.M | re.S)
failures = []


def fail(where, words):
    failures.append(where)
    print(f"FAIL {where}\n{words}")


class Workplace:
    """An empty folder in which the reader of the document types."""

    def __init__(self, ctl):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        self.environment = {"PATH": f"{ctl.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "HOME": self.folder.name}
        os.umask(0o022)

    def write(self, name, text, mode="w"):
        path = self.root / "policy.d" / name
        path.parent.mkdir(exist_ok=True)
        with path.open(mode) as file:
            file.write(text)

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
        return done.returncode, done.stdout


class Document:
    def __init__(self, ctl, path):
        self.ctl, self.path = ctl, path
        self.base = ""
        self.refusal = None  # what the next block of text must show
        self.reader = Workplace(ctl)
        self.ran = 0

    def where(self, block):
        return f"{self.path.name}:{block.string.count(chr(10), 0, block.start()) + 1}"

    def check(self, text):
        return FENCE.sub(self.block, text)

    def block(self, block):
        self.ran += 1
        what, kind, body = block["what"] or "", block["kind"], block["body"]
        if kind == "toml":
            self.policy(block, what, body)
            return block[0]
        if kind == "text" and self.refusal is not None:
            shown, self.refusal = self.refusal, None
        elif kind == "console" and what == "on a gateway":
            return block[0]
        elif kind == "console":
            shown = self.session(body)
        else:
            fail(self.where(block), f"nothing checks this block of {kind or 'no kind'}")
            return block[0]
        if shown != body and not UPDATE:
            fail(self.where(block), "".join(difflib.unified_diff(
                body.splitlines(True), shown.splitlines(True), "the document shows", "it is")))
        return block[0][:block.start("body") - block.start()] + shown + "```"

    def policy(self, block, what, body):
        if what.startswith("file: "):
            self.reader.write(what[6:], body)
        elif what.startswith("add to: "):
            self.reader.write(what[8:], body, "a")
        elif what == "errors":
            status, self.refusal = self.load({"base.toml": self.base, "example.toml": body})
            if status == 0:
                fail(self.where(block), "this is no error")
        else:
            if what == "base":
                self.base = body
            alone = re.search(r"^version\s*=", body, re.M)
            status, words = self.load({"example.toml": body} if alone else
                                      {"base.toml": self.base, "example.toml": "version = 1\n" + body})
            if status != 0:
                fail(self.where(block), words)

    def load(self, files):
        place = Workplace(self.ctl)
        for name, text in files.items():
            place.write(name, text)
        return place.run("sallyportctl policy check policy.d")

    def session(self, body):
        shown = ""
        for command in re.findall(r"^\$ (.*(?:\n> .*)*)", body, re.M):
            shown += f"$ {command}\n" + self.reader.run(command.replace("\n> ", "\n"))[1]
        return shown


def check_limits(root, text):
    """The table of limits and limits.hpp say the same."""
    source = (root / "server/policy/limits.hpp").read_text()
    for name, value in re.findall(r"(kMax\w+) = ([^;]+);", source):
        number = eval(value.replace("'", "").replace("U", ""), {})  # a shift or a number
        row = re.search(rf"^\|[^|]*\| ([\d ]+)[^|]*\| `{name}` \|$", text, re.M)
        if row is None or int(row[1].replace(" ", "")) != number:
            fail("policy.md", f"the table of limits does not say that {name} is {number}")


def check_neighbours(document, root):
    for name in ("README.md", "docs/quickstart.md"):
        for policy in POLICY.findall((root / name).read_text()):
            if "[allow." in policy:
                status, words = document.load({"example.toml": policy})
                if status != 0:
                    fail(name, words)


def check_recipes(root, text):
    for recipe in (root / "docs/examples").glob("*.toml"):
        if f"(examples/{recipe.name})" not in text:
            fail("policy.md", f"{recipe.name} is not mentioned")


def main():
    ctl, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    path = root / "docs/policy.md"
    document = Document(ctl, path)
    text = path.read_text()
    checked = document.check(text)
    if UPDATE and checked != text:
        path.write_text(checked)
    check_limits(root, text)
    check_neighbours(document, root)
    check_recipes(root, text)
    print(f"{document.ran} blocks checked, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    UPDATE = "--update" in sys.argv
    sys.exit(main())
