#!/usr/bin/env python3
"""Types wrong things at the programs that have no unit test of their command line, and looks at what they say.

usage: usage_test.py SALLYPORT SALLYPORT_FULL SALLYPORTD SALLYPORT_GATEWAY
"""
import json
import subprocess
import sys

FRONT, FULL, DAEMON, GATEWAY = sys.argv[1:5]
COMMANDS = ["up", "down", "status", "why", "login", "posture", "unlock", "version", "enroll", "enroll request",
            "enroll install"]
failures = []


def run(*command, stdout=subprocess.PIPE):
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)


def expect(condition, name, detail=""):
    print(("ok   " if condition else "FAIL ") + name)
    if not condition:
        failures.append(name)
        print(detail)


def check_json():
    for words in ("nonsense", "status --nonsense", "enroll request", "why 10.20.4.10", "enroll", "--nonsense", ""):
        done = run(FULL, *words.split(), "--json")
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {}
        good = done.returncode == 2 and answer.get("ok") is False and answer.get("reason") == "usage" and answer.get("error")
        expect(good and answer.get("hint") and done.stderr == "", f"wrong usage in JSON: {words}", done)


def check_words():
    for program, words, expected in ((FULL, "connect", 'did you mean "up"?'), (FULL, "stauts", 'did you mean "status"?'),
                                     (FULL, "status --jsno", 'did you mean "--json"?'), (FULL, "", "one of: up, down"),
                                     (FRONT, "why 10.20.4.10", "10.20.4.10:443 is HTTPS"),
                                     (DAEMON, "--chek", 'did you mean "--check"?'),
                                     (GATEWAY, "--chek", 'did you mean "--check"?'),
                                     (GATEWAY, "--config", "--config")):
        done = run(program, *words.split())
        expect(done.returncode == 2 and expected in done.stderr and done.stdout == "", f"{program} {words}", done)


def check_help():
    for words in COMMANDS:
        done = run(FULL, *words.split(), "--help")
        expect(done.returncode == 0 and f"sallyport {words}" in done.stdout.split("Options:")[1], f"{words} has an example",
               done)
    expect(run(FULL, "help", "status").stdout == run(FULL, "status", "--help").stdout, "help is a word")


def check_full_disk():
    with open("/dev/full", "w", encoding="ascii") as full:
        for words in ("version", "--help", "--version"):
            done = run(FULL, words, stdout=full)
            expect(done.returncode == 1 and "cannot be written" in done.stderr, f"{words} >/dev/full", done)


check_json()
check_words()
check_help()
check_full_disk()
sys.exit(1 if failures else 0)
