#!/usr/bin/env python3
"""Configures the tree against made-up system wolfSSLs and expects those that lack something to be refused, in words.

usage: wolfssl_refusal_test.py SOURCE_ROOT MESON...
"""
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1]).resolve()
MESON = sys.argv[2:]
MINIMAL_PROJECT = """project('probe', 'cpp', default_options: ['cpp_std=c++20'])
cpp = meson.get_compiler('cpp')
threads_dep = dependency('threads')
subdir('packaging/meson/wolfssl')
"""
# What Debian's 5.5.4 package says of itself, as far as it matters here.
DEBIAN_OPTIONS = """#define WOLFSSL_TLS13
#define HAVE_CURVE25519
#define HAVE_ED25519
#define HAVE_CRL
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_SESSION_TICKET
#define OPENSSL_EXTRA
#define OPENSSL_ALL
#define WOLFSSL_POST_HANDSHAKE_AUTH
#define WOLFSSL_ALT_NAMES
#define WOLFSSL_CERT_GEN
#define WOLFSSL_CERT_REQ
#define WOLFSSL_CERT_EXT
"""
ASSEMBLY = {"x86_64": "#define WOLFSSL_AESNI\n", "aarch64": "#define WOLFSSL_ARMASM\n"}.get(platform.machine(), "")
GOOD_OPTIONS = ASSEMBLY + """#define WOLFSSL_TLS13
#define WOLFSSL_NO_TLS12
#define HAVE_CURVE25519
#define HAVE_ED25519
#define WOLFSSL_HAVE_MLKEM
#define WOLFSSL_PQC_HYBRIDS
#define HAVE_SNI
#define HAVE_ALPN
#define HAVE_PKCS11
#define WC_NO_DEFAULT_DEVID
#define HAVE_CRL
#define HAVE_KEYING_MATERIAL
#define WOLFSSL_CERT_GEN
#define WOLFSSL_CERT_REQ
#define WOLFSSL_CERT_EXT
#define WOLFSSL_ALT_NAMES
#define WOLFSSL_ALWAYS_VERIFY_CB
#define WOLFSSL_HOSTNAME_VERIFY_ALT_NAME_ONLY
#define NO_SESSION_CACHE
"""
GOOD_VERSION = 0x05009002


def make_project(root):
    for part in ("meson.build", "packaging/wolfssl", "packaging/meson/wolfssl/meson.build", "meson_options.txt"):
        target = root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(MINIMAL_PROJECT if part == "meson.build" else (SOURCE / part).read_text())
        target.chmod(0o755)


def make_system_wolfssl(root, options, version):
    include = root / "system" / "include" / "wolfssl"
    include.mkdir(parents=True, exist_ok=True)
    (include / "options.h").write_text(options)
    (include / "version.h").write_text(f"#define LIBWOLFSSL_VERSION_HEX {version:#010x}\n")
    dotted = f"{version >> 24}.{version >> 12 & 0xfff}.{version & 0xfff}"
    (root / "system" / "wolfssl.pc").write_text(
        f"Name: wolfssl\nDescription: made up\nVersion: {dotted}\nCflags: -I{include.parent}\nLibs: -lm\n")


def configure(options, version=GOOD_VERSION, choice="system", cache=None):
    """(exit status, output) of meson setup against a system wolfSSL with these options; options None: there is none."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        make_project(root)
        (root / "system").mkdir()
        if options is not None:
            make_system_wolfssl(root, options, version)
        environment = dict(os.environ, PKG_CONFIG_LIBDIR=str(root / "system"), XDG_CACHE_HOME=str(cache or root / "none"))
        environment.pop("PKG_CONFIG_PATH", None)
        done = subprocess.run([*MESON, "setup", f"-Dwolfssl={choice}", str(root / "build"), str(root)],
                              env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def refusals():
    """name, options, version, a word that the message must hold"""
    yield "Debian 12's package", DEBIAN_OPTIONS, 0x05005004, "36 times slower"
    yield "Debian 13's version", GOOD_OPTIONS, 0x05007002, "version 5.9.2"
    for macro in re.findall(r"#define (\w+)", GOOD_OPTIONS):
        yield f"without {macro}", GOOD_OPTIONS.replace(f"#define {macro}\n", ""), GOOD_VERSION, "It lacks"
    for macro in ("HAVE_SESSION_TICKET", "WOLFSSL_POST_HANDSHAKE_AUTH", "OPENSSL_EXTRA", "WOLFSSL_EARLY_DATA"):
        yield f"with {macro}", GOOD_OPTIONS + f"#define {macro}\n", GOOD_VERSION, macro


def main():
    failures = []

    def expect(condition, name, output):
        print(("ok   " if condition else "FAIL ") + name)
        if not condition:
            failures.append(name)
            print(output)

    status, output = configure(GOOD_OPTIONS)
    expect(status == 0, "a system wolfSSL with everything is accepted", output)
    status, output = configure(GOOD_OPTIONS, choice="auto")
    expect(status == 0, "it is also taken when the pinned one is not built", output)
    for choice in ("auto", "system", "pinned"):
        status, output = configure(None, choice=choice)
        expect(status != 0 and "packaging/wolfssl" in output, f"none at all is refused ({choice})", output)
    for name, options, version, word in refusals():
        status, output = configure(options, version)
        expect(status != 0 and word in output and "Run packaging/wolfssl" in output, f"refused: {name}", output)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
