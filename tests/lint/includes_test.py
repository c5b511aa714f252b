#!/usr/bin/env python3
"""Shows that includes.py sees each kind of violation, and none where there is none."""
import pathlib
import tempfile
import unittest

import includes


class Includes(unittest.TestCase):
    def found_in(self, path, text):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            for known in ("common/base/bytes.hpp", "tun/device.hpp", "client/session/session.hpp",
                          "server/session/session.hpp", path):
                (root / known).parent.mkdir(parents=True, exist_ok=True)
                (root / known).write_text("#pragma once\n")
            (root / path).write_text(text)
            return [words for _, _, words in includes.violations(root)]

    def refused(self, path, line, word):
        found = self.found_in(path, line + "\n")
        self.assertEqual(len(found), 1, found)
        self.assertIn(word, found[0])

    def accepted(self, path, line):
        self.assertEqual(self.found_in(path, line + "\n"), [])

    def test_doors_are_kept_shut_elsewhere(self):
        for header, word in (("uv.h", "libuv"), ("wolfssl/ssl.h", "wolfSSL"), ("linux/if_tun.h", "kernel"),
                             ("toml++/toml.h", "toml++"), ("sqlite3.h", "SQLite"), ("llhttp.h", "llhttp"),
                             ("netlink/route/link.h", "libnl"), ("intel-ipsec-mb.h", "libipsec-mb")):
            self.refused("server/session/a.cpp", f"#include <{header}>", word)
            self.refused("common/base/a.cpp", f"#  include <{header}>", word)
            self.refused("tests/unit/common/base/a.cpp", f"#include <{header}>", word)

    def test_doors_open_where_they_are(self):
        for path, header in (("common/uv/a.hpp", "uv.h"), ("common/tls/a.cpp", "wolfssl/ssl.h"),
                             ("common/pki/a.cpp", "wolfssl/wolfcrypt/asn.h"), ("tun/a.cpp", "linux/if_tun.h"),
                             ("common/tls/a.cpp", "intel-ipsec-mb.h"),
                             ("client/linux/a.cpp", "linux/capability.h"), ("server/config/a.cpp", "toml++/toml.h"),
                             ("server/policy/policy_loader.cpp", "toml++/toml.h"), ("server/store/a.cpp", "sqlite3.h"),
                             ("tests/unit/common/uv/a_test.cpp", "uv.h"), ("tests/system/a.cpp", "linux/if_packet.h")):
            self.accepted(path, f"#pragma once\n#include <{header}>")

    def test_the_policy_engine_itself_reads_no_toml(self):
        self.refused("server/policy/engine.cpp", "#include <toml++/toml.h>", "toml++")

    def test_client_and_server_are_strangers(self):
        self.refused("client/session/a.cpp", '#include "server/session/session.hpp"', "client must not include server")
        self.refused("server/session/a.cpp", '#include "client/session/session.hpp"', "server must not include client")

    def test_layers_look_down_only(self):
        self.refused("common/base/a.cpp", '#include "tun/device.hpp"', "common must not include tun")
        self.refused("common/base/a.cpp", '#include "client/session/session.hpp"', "common must not include client")
        self.refused("tun/a.cpp", '#include "server/session/session.hpp"', "tun must not include server")
        self.refused("server/session/a.cpp", '#include "tests/support/a.hpp"', "server must not include tests")
        self.accepted("client/session/a.cpp", '#include "tun/device.hpp"\n#include "common/base/bytes.hpp"')
        self.accepted("tests/unit/a.cpp", '#include "server/session/session.hpp"\n#include "client/session/session.hpp"')

    def test_project_includes_start_at_the_root_in_quotes_and_exist(self):
        self.refused("common/base/a.cpp", '#include "bytes.hpp"', "root of the project")
        self.refused("common/base/a.cpp", '#include "../base/bytes.hpp"', "root of the project")
        self.refused("common/base/a.cpp", "#include <common/base/bytes.hpp>", "quotes")
        self.refused("common/base/a.cpp", '#include "common/base/nothing.hpp"', "no file")

    def test_shells_are_not_called(self):
        for call in ("system(line);", "return std::system(line);", "::popen(line, mode);", "auto* p = popen (line, mode);"):
            self.refused("server/session/a.cpp", call, "shell")
        for other in ("file_system(line);", "the.system(x);", 'log("system(x)");', "// system(x)", "x->system(y);"):
            self.accepted("server/session/a.cpp", other)
        self.accepted("tests/unit/a.cpp", "system(line);")

    def test_ownership_is_plain(self):
        self.refused("server/session/a.cpp", "auto me = shared_from_this();", "owns")

    def test_unfinished_work_is_not_left_in_comments(self):
        self.refused("server/session/a.cpp", "// TO" + "DO: later", "issue")
        self.refused("tests/unit/a.cpp", "// FIX" + "ME", "issue")

    def test_files_stay_short(self):
        self.assertEqual(self.found_in("common/base/a.cpp", "\n" * includes.MAX_LINES), [])
        self.assertEqual(len(self.found_in("common/base/a.cpp", "\n" * (includes.MAX_LINES + 1))), 1)

    def test_headers_guard_themselves(self):
        self.refused("common/base/a.hpp", "int x;", "#pragma once")


if __name__ == "__main__":
    unittest.main()
