#!/usr/bin/env python3
"""Checks who may include what, and the few habits a compiler cannot check.

usage: includes.py SOURCE_ROOT     prints FILE:LINE: words, one per violation; exits 1 if there is any
"""
import pathlib
import re
import sys

FOLDERS = ("client", "common", "server", "tests", "tun")
# A folder may include itself and these.
MAY_INCLUDE = {
    "common": (),
    "tun": ("common",),
    "client": ("common", "tun"),
    "server": ("common", "tun"),
    "tests": ("common", "tun", "client", "server"),
}
# Library headers, and the only paths that may open that door.
DOORS = (
    (r"uv\.h|uv/", r"common/uv/", "libuv", "common/uv"),
    (r"wolfssl/", r"common/(tls|pki)/", "wolfSSL", "common/tls or common/pki"),
    (r"intel-ipsec-mb\.h", r"common/tls/", "libipsec-mb", "common/tls"),
    (r"linux/", r"(tun|client/linux|common/linux|server/linux)/", "kernel headers", "tun or a linux folder"),
    (r"toml\+\+/|toml\.hpp", r"(server/config/|client/config/|server/policy/[^/]*loader)", "toml++",
     "a configuration or policy loader"),
    (r"curl/", r"server/revocation/", "libcurl", "server/revocation"),
    (r"p11-kit/", r"common/pki/", "p11-kit", "common/pki"),
    (r"qrencode\.h", r"server/ctl/", "libqrencode", "server/ctl"),
    (r"sqlite3\.h", r"server/store/", "SQLite", "server/store"),
    (r"llhttp\.h", r"common/wire/", "llhttp", "common/wire"),
    (r"netlink/", r"(tun|client/linux)/", "libnl", "tun or client/linux"),
    (r"CLI/", r"(common/cli/.*|server/ctl/(command_line|ctl)|server/gateway/main|client/(cli|daemon)/main)\.cpp", "CLI11",
     "common/cli, a main file or server/ctl/command_line.cpp"),
)
FORBIDDEN_CALLS = re.compile(r"(?<![\w.>:])(?:std::|::)?(system|popen)\s*\(")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
MAX_LINES = 500
# Tests reach behind a door only where they test what is behind it, or where they are the other end of it.
FREE_TESTS = re.compile(r"tests/(support|system|bench|lab)/")


def without_text(line):
    """The line with string contents and a trailing // comment blanked."""
    return re.sub(r'"(\\.|[^"\\])*"|//.*', '""', line)


def door_path(path):
    """Where a file stands for the doors: a unit test stands where the folder it mirrors does."""
    return re.sub(r"^tests/unit/", "", path)


def judge_include(root, path, system, project):
    if FREE_TESTS.match(path) is None:
        for header, allowed, what, where in DOORS:
            if re.match(header, system or project) and not re.match(allowed, door_path(path)):
                yield f"{what} may be included in {where} only"
    if project is None:
        if system.split("/")[0] in FOLDERS:
            yield f"a project header is included with quotes: \"{system}\""
        return
    mine, theirs = path.split("/")[0], project.split("/")[0]
    if theirs not in FOLDERS:
        yield f"\"{project}\" does not start at the root of the project"
    elif theirs != mine and theirs not in MAY_INCLUDE[mine]:
        yield f"{mine} must not include {theirs}"
    elif not (root / project).is_file():
        yield f"there is no file {project}"


def judge_line(root, path, line):
    include = INCLUDE.match(line)
    if include:
        yield from judge_include(root, path, include[1], include[2])
    call = FORBIDDEN_CALLS.search(without_text(line))
    if call and not path.startswith("tests/"):
        yield f"{call[1]}() hands a line to a shell: start the program with its arguments"
    if not path.startswith("tests/") and "shared_from_this" in without_text(line):
        yield "shared_from_this hides who owns the object"
    if UNFINISHED.search(line):
        yield "unfinished work belongs in an issue, not in a comment"


def judge_file(root, file):
    path = file.relative_to(root).as_posix()
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        for words in judge_line(root, path, line):
            yield path, number, words
    if len(lines) > MAX_LINES:
        yield path, len(lines), f"more than {MAX_LINES} lines: it holds more than one concept"
    if file.suffix == ".hpp" and "#pragma once" not in lines:
        yield path, 1, "a header starts with #pragma once"


def violations(root):
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.[ch]pp")):
            yield from judge_file(root, file)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    found = list(violations(root))
    for path, number, words in found:
        print(f"{path}:{number}: {words}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
