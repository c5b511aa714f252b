#!/usr/bin/env python3
"""Shows what packaging/wolfssl does with a tarball handed in. A copy of it is pinned to a small archive of our own, so
that nothing is fetched and a build takes no time.

usage: tarball_test.py SOURCE_ROOT
"""
import hashlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
# Stands where wolfSSL's own would: notes how it was called and makes a Makefile that installs an archive.
CONFIGURE = """#!/bin/sh
for word; do case "$word" in --prefix=*) prefix=${word#--prefix=} ;; esac; done
printf '%s\\n' "$@" >configured
cat >Makefile <<EOF
all:
install:
\tmkdir -p \\$(DESTDIR)$prefix/lib
\tcp configured \\$(DESTDIR)$prefix/configured
\tprintf '!<arch>\\\\n' >\\$(DESTDIR)$prefix/lib/libwolfssl.a
EOF
"""


def make_tarball(path, configure=CONFIGURE):
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("wolfssl-5.9.2-stable/configure")
        entry.mode, entry.size = 0o755, len(configure)
        archive.addfile(entry, io.BytesIO(configure.encode()))


class Tarball(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.tarball = self.root / "handed-in.tar.gz"
        self.pin(self.tarball)
        # No apt: a script that asked it would get the answer of a machine that has none.
        (self.root / "bin").mkdir()
        (self.root / "bin/apt-get").write_text("#!/bin/sh\necho apt was asked >&2\nexit 100\n")
        (self.root / "bin/apt-get").chmod(0o755)

    def pin(self, tarball, configure=CONFIGURE):
        """The script as it is, except for the pinned hash."""
        make_tarball(tarball, configure)
        digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
        text, count = re.subn(r"(?m)^sha256=[0-9a-f]{64}$", f"sha256={digest}",
                              (SOURCE / "packaging/wolfssl").read_text())
        self.assertEqual(count, 1)
        (self.root / "wolfssl").write_text(text)
        (self.root / "wolfssl").chmod(0o755)

    def run_script(self, *options):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"), HOME=str(self.root),
                           PATH=f"{self.root / 'bin'}:{os.environ['PATH']}")
        return subprocess.run([self.root / "wolfssl", *options], env=environment, capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)

    def assert_nothing_built(self):
        self.assertEqual(self.run_script("--print-prefix").returncode, 3)

    def test_a_good_tarball_is_built_with_the_pinned_flags_and_apt_is_not_asked(self):
        done = self.run_script("--tarball", str(self.tarball))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("apt was asked", done.stderr)
        prefix = pathlib.Path(done.stdout.strip())
        self.assertTrue((prefix / "lib/libwolfssl.a").is_file())
        configured = (prefix / "configured").read_text().splitlines()
        flags = self.run_script("--print-flags").stdout
        self.assertGreater(len(configured), 20)
        for word in configured:
            self.assertTrue(word.startswith("--prefix=") or re.sub(r"^(\w+=)(.*)$", r'\1"\2"', word) in flags, word)
        self.assertEqual(self.run_script("--print-prefix").stdout.strip(), str(prefix))

    def test_it_is_built_once_and_kept_for_other_flags(self):
        first = self.run_script("--tarball", str(self.tarball))
        self.tarball.unlink()
        again = self.run_script()
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, first.stdout, ""))
        kept = self.root / "cache/sallyport/wolfssl_5.9.2.orig.tar.gz"
        self.assertTrue(kept.is_file())

    def test_a_tarball_in_the_cache_counts_as_handed_in(self):
        cache = self.root / "cache/sallyport"
        cache.mkdir(parents=True)
        self.tarball.rename(cache / "wolfssl_5.9.2.orig.tar.gz")
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("apt was asked", done.stderr)

    def test_another_hash_is_refused(self):
        self.tarball.write_bytes(self.tarball.read_bytes() + b"\0")
        done = self.run_script("--tarball", str(self.tarball))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("SHA-256 differs", done.stderr)
        self.assertIn(str(self.tarball), done.stderr)
        self.assertFalse((self.root / "cache/sallyport/wolfssl_5.9.2.orig.tar.gz").exists())
        self.assert_nothing_built()

    def test_a_missing_file_is_named(self):
        done = self.run_script("--tarball", str(self.root / "nowhere.tar.gz"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("no such file: " + str(self.root / "nowhere.tar.gz"), done.stderr)
        self.assert_nothing_built()

    def test_a_relative_name_is_good(self):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))
        done = subprocess.run([self.root / "wolfssl", "--tarball", self.tarball.name], cwd=self.root, env=environment,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_option_wants_a_file(self):
        done = self.run_script("--tarball")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--tarball wants a file", done.stderr)

    def test_a_build_that_fails_leaves_nothing_and_shows_its_last_words(self):
        self.pin(self.tarball, "#!/bin/sh\necho this compiler is too old\nexit 1\n")
        done = self.run_script("--tarball", str(self.tarball))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("this compiler is too old", done.stderr)
        self.assert_nothing_built()

    def test_without_a_tarball_and_without_apt_it_says_how_to_hand_one_in(self):
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn("packaging/wolfssl --tarball", done.stderr)
        self.assert_nothing_built()


if __name__ == "__main__":
    unittest.main()
