#!/usr/bin/env python3
"""Runs a program at a terminal of its own and types a line when it asks.

usage: typed.py QUESTION LINE PROGRAM...    what the terminal showed goes to standard output; the exit code is the program's
"""
import os
import pty
import sys


def main(question, line, argv):
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(argv[0], argv)
    shown, has_typed = b"", False
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:  # nobody holds the other end any more
            break
        if not chunk:
            break
        shown += chunk
        if not has_typed and question.encode() in shown:
            os.write(terminal, line.encode() + b"\n")
            has_typed = True
    sys.stdout.write(shown.decode(errors="replace"))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
