#!/usr/bin/env python3
"""Runs docs/foreign-ca.md: what it shows is written, what it types is run, and must end well.

usage: foreign_ca_doc_test.py SALLYPORTCTL SALLYPORT_GATEWAY SOURCE_ROOT

The comment on the line before a fenced block says what the block is, as in policy_doc_test.py: "file: NAME" and
"add to: NAME" are written; console is typed; other kinds are to be read. /etc/sallyport is a folder of the test.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"(?:^<!-- (?P<what>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.M | re.S)
GATEWAY = """version = 1
name = "vpn.example.com"
trust_domain = "example.com"
pool = "10.99.0.0/24"
state = "ROOT/state"
runtime = "ROOT/run"
policy = "ROOT/etc/policy.d"
"""


class Reader:
    """Who reads the document, in an empty folder."""

    def __init__(self, folder, ctl, gateway):
        self.root = pathlib.Path(folder)
        for name in ("etc/policy.d", "run", "corp"):
            (self.root / name).mkdir(parents=True)
        (self.root / "etc/gateway.toml").write_text(GATEWAY.replace("ROOT", folder))
        for program in (ctl, gateway):
            wrapper = self.root / "bin" / program.name
            wrapper.parent.mkdir(exist_ok=True)
            wrapper.write_text(f'#!/bin/sh\nexec {program} --config {self.root}/etc/gateway.toml "$@"\n')
            wrapper.chmod(0o755)
        self.environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "HOME": folder, "SAN": "email:none",
                            "LC_ALL": "C.UTF-8"}

    def place(self, text):
        return text.replace("/etc/sallyport", str(self.root / "etc"))

    def write(self, name, text, mode):
        with open(self.root / self.place(name), mode, encoding="ascii") as file:
            file.write(self.place(text))

    def type(self, command):
        done = subprocess.run(["bash", "-c", self.place(command)], cwd=self.root, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        if done.returncode != 0:
            sys.exit(f"$ {command}\nexit {done.returncode}\n{done.stdout}")
        return done.stdout


def main():
    ctl, gateway, root = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    text = (root / "docs/foreign-ca.md").read_text()
    os.umask(0o022)
    said, typed = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(folder, ctl, gateway)
        reader.type("sallyportctl ca init && sallyportctl gateway-cert issue")
        for block in FENCE.finditer(text):
            what, body = block["what"] or "", block["body"]
            if what.startswith("file: "):
                reader.write(what[6:], body, "w")
            elif what.startswith("add to: "):
                reader.write(what[8:], body, "a")
            elif block["kind"] == "console":
                for command in re.findall(r"^\$ (.*)$", body, re.M):
                    said[command] = reader.type(command)
                    typed += 1
    listed = said["sallyportctl devices list"]
    for device in ("ana-laptop", "bo-laptop", "cy-laptop"):
        assert device in listed, listed
    assert "2 devices imported" in said["sallyportctl devices import --authority corp devices.csv"], said
    assert "of authority corp" in said["sallyportctl pki forecast"], said
    assert "certificates and policy are good" in said["sallyport-gateway --check"], said
    known = set(re.findall(r'ConfigKey\{"authority", "(\w+)"', (root / "server/config/config_reference.cpp").read_text()))
    shown = set(re.findall(r"^\| `(\w+)` \| ", text, re.M))
    assert known <= shown, f"not in the table of keys: {known - shown}"
    print(f"{typed} commands typed")


if __name__ == "__main__":
    main()
