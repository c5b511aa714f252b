#!/usr/bin/env python3
"""Shows that `sallyport up` asks before the C library is ready, that what runs then needs nothing of it, and that what a
person sees is the same as without.

usage: early_question_test.py ARCHIVE|none SALLYPORT
       ARCHIVE: with what runs early; none: this build has nothing of the kind
"""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SALLYPORT, ARCHIVE = pathlib.Path(sys.argv.pop(2)).resolve(), sys.argv.pop(1)
REQUEST = b'{"do":"up","profile":"office","v":1}\n'
ONLINE = {"v": 1, "ok": True, "state": "online", "profile": "office"}


def words_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@unittest.skipIf(ARCHIVE == "none", "this build does not ask early")
class EarlyCode(unittest.TestCase):
    def test_calls_nothing_but_the_beginning_of_the_c_library(self):
        wanted = {line.split()[-1] for line in words_of("nm", "--undefined-only", ARCHIVE).splitlines() if " U " in line}
        self.assertEqual(wanted, {"_start"})

    def test_refers_to_nothing_that_is_found_by_a_table(self):
        kinds = {found.group() for found in re.finditer(r"R_X86_64_\w+", re.sub(
            r"(?s)Relocation section '\.rela\.(debug|eh_frame)[^R].*?\n\n", "", words_of("readelf", "-Wr", ARCHIVE) + "\n\n"))}
        self.assertLessEqual(kinds, {"R_X86_64_PC32", "R_X86_64_PLT32"})

    def test_program_has_no_loader(self):
        self.assertNotIn("INTERP", words_of("readelf", "-Wl", SALLYPORT))


class Up(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "client.sock")
        self.heard = []

    def tearDown(self):
        self.folder.cleanup()

    def serve(self, answer, after=0):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen()
        listener.settimeout(10)

        def take():
            with listener, listener.accept()[0] as peer:
                peer.settimeout(10)
                self.heard.append(peer.recv(4096))
                time.sleep(after)
                if answer is not None:
                    peer.sendall(answer)
        thread = threading.Thread(target=take)
        thread.start()
        self.addCleanup(thread.join)

    def up(self, *more):
        return subprocess.run([SALLYPORT, "--socket", self.path, "up", "office", *more], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=20)

    def test_shows_the_answer_to_the_one_request(self):
        self.serve(json.dumps(ONLINE).encode() + b"\n")
        done = self.up("--json")
        self.assertEqual(self.heard, [REQUEST])
        self.assertEqual((done.returncode, json.loads(done.stdout), done.stderr), (0, ONLINE, ""))

    def test_shows_an_answer_that_takes_its_time(self):
        self.serve(json.dumps(ONLINE).encode() + b"\n", after=0.2)
        self.assertEqual((json.loads(self.up("--json").stdout), self.heard), (ONLINE, [REQUEST]))

    def test_shows_a_refusal_on_standard_error(self):
        self.serve(b'{"v":1,"ok":false,"reason":"not_permitted","error":"you may not use this tunnel"}\n')
        done = self.up()
        self.assertEqual((done.returncode, done.stdout), (4, ""))
        self.assertIn("you may not use this tunnel", done.stderr)

    def test_says_that_the_service_closed_without_an_answer(self):
        self.serve(None)
        done = self.up("--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["reason"]), (1, "no_answer"))

    def test_says_that_the_service_does_not_run(self):
        done = self.up()
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("the client service is not running", done.stderr)

    def test_takes_a_path_that_is_too_long_for_one_that_nobody_listens_at(self):
        self.path = os.path.join(self.folder.name, "x" * 200)
        self.assertEqual(self.up().returncode, 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
