#!/usr/bin/env python3
"""Installs into an empty folder and compares the layout; judges the installed units with systemd's own tools.

usage: install_test.py BUILD_ROOT MESON
"""
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile

PROGRAMS = {"bin/sallyport": "client", "bin/sallyport-full": "client", "bin/sallyportctl": "gateway",
            "sbin/sallyport-gateway": "gateway", "sbin/sallyportd": "client"}
COMPLETIONS = "share/bash-completion/completions/"
FILES = {COMPLETIONS + "sallyport": "client", COMPLETIONS + "sallyportd": "client",
         COMPLETIONS + "sallyportctl": "gateway", COMPLETIONS + "sallyport-gateway": "gateway",
         "lib/systemd/system/sallyport-gateway.service": "gateway", "lib/systemd/system/sallyport-crl.service": "gateway",
         "lib/systemd/system/sallyport-crl.timer": "gateway", "lib/systemd/system/sallyportd.service": "client",
         "lib/sysusers.d/sallyport.conf": "common", "lib/tmpfiles.d/sallyport.conf": "common",
         "lib/sysctl.d/60-sallyport-gateway.conf": "gateway", "share/doc/sallyport/LICENSE": "common",
         "share/doc/sallyport/README.md": "common",
         "share/doc/sallyport/examples/gateway.toml": "gateway", "share/doc/sallyport/examples/client.toml": "client",
         "share/doc/sallyport/examples/policy.d/10-example.toml": "gateway",
         "share/doc/sallyport/examples/prometheus-rules.yml": "gateway"}
# What systemd-tmpfiles makes of the installed list: owner and permissions.
FOLDERS = {"etc/sallyport": ("root", 0o755), "etc/sallyport/policy.d": ("root", 0o755),
           "var/lib/sallyport": ("sallyport", 0o700), "var/lib/sallyport/ca": ("root", 0o711),
           "var/lib/sallyport-client": ("root", 0o700)}
EXPOSURE = {"sallyport-gateway.service": 2.0, "sallyportd.service": 2.5}
failures = []


def expect(condition, name, detail=""):
    print(("ok   " if condition else "FAIL ") + name)
    if not condition:
        failures.append(name)
        print(detail)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def install(build, meson, root, *options):
    done = run(meson, "install", "-C", str(build), "--no-rebuild", "--quiet", "--destdir", str(root), *options)
    expect(done.returncode == 0, " ".join(["meson install", *options]), done.stdout + done.stderr)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def check_layout(found, prefix):
    for path in [*PROGRAMS, *FILES]:
        expect(f"{prefix}/{path}" in found, f"installed: {path}")
    stray = {path for path in found if not path.startswith(f"{prefix}/")}
    expect(not stray, "nothing is installed outside the prefix", stray)
    unknown = found - {f"{prefix}/{path}" for path in [*PROGRAMS, *FILES]}
    unexpected = {path for path in unknown if not path.startswith(f"{prefix}/share/doc/sallyport/")}
    expect(not unexpected, "nothing else is installed but documents", unexpected)


def check_links(found, root, prefix):
    """What an installed document leads to beside it is installed, too."""
    lost = []
    for document in (path for path in found if path.endswith(".md") and "/examples/" not in path):
        for link in re.findall(r"\]\(([\w./-]+)(?:#[\w-]*)?\)", (root / document).read_text(encoding="utf-8")):
            if not (root / document).parent.joinpath(link).exists():
                lost.append(f"{document}: {link}")
    expect(any(path.endswith("docs/drawings/overview.svg") for path in found), "drawings are installed")
    expect(not lost, f"links of the documents in {prefix} lead somewhere", "\n".join(lost))


def check_halves(build, meson):
    for half, other in (("gateway", "client"), ("client", "gateway")):
        with tempfile.TemporaryDirectory() as name:
            found = install(build, meson, pathlib.Path(name), "--tags", f"{half},common")
            for path, tag in {**PROGRAMS, **FILES}.items():
                expect(any(item.endswith(path) for item in found) == (tag != other), f"{half}: {path} only if it belongs there")


def check_programs_named_in(unit, root):
    for program in re.findall(r"^Exec\w+=[-+!@:]*(\S+)", unit.read_text(), re.M):
        expect((root / program.lstrip("/")).is_file(), f"{unit.name} starts {program}, which is installed")


def check_exposure(unit):
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(unit))
    score = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    bar = EXPOSURE[unit.name]
    expect(score is not None and float(score[1]) <= bar, f"{unit.name}: exposure {score and score[1]} of at most {bar}",
           done.stdout + done.stderr)


def check_words(units):
    """systemd-analyze verify wants the programs where the units say: it is shown copies that start /bin/true."""
    with tempfile.TemporaryDirectory() as name:
        copies = [pathlib.Path(name) / unit.name for unit in units]
        for unit, copy in zip(units, copies):
            copy.write_text(re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", unit.read_text(), flags=re.M))
        for copy in copies:
            done = run("systemd-analyze", "verify", "--man=no", str(copy))
            complaints = [line for line in (done.stdout + done.stderr).splitlines() if "sallyport" in line]
            expect(not complaints, f"{copy.name} holds no unknown word", complaints)


def check_accounts_and_folders(root):
    """Applies the installed sysusers and tmpfiles below `root`, as docs/quickstart.md does on the machine itself."""
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    for tool, *options in (("systemd-sysusers",), ("systemd-tmpfiles", "--create")):
        done = run(tool, f"--root={root}", *options, "sallyport.conf")
        expect(done.returncode == 0, f"{tool} accepts the installed list", done.stdout + done.stderr)
    accounts = {line.split(":")[0]: line.split(":") for line in (root / "etc/passwd").read_text().splitlines()}
    expect("sallyport" in accounts, "systemd-sysusers makes the gateway's user", accounts)
    ids = {int(fields[2]): name for name, fields in accounts.items()}
    for path, (owner, mode) in FOLDERS.items():
        status = (root / path).stat()
        made = (ids.get(status.st_uid), stat.S_IMODE(status.st_mode))
        expect(made == (owner, mode), f"/{path} is {owner}'s alone to write, {mode:o}", made)


def main():
    build, meson = pathlib.Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        found = install(build, meson, root)
        marker = next((path for path in found if path.endswith("lib/sysusers.d/sallyport.conf")), None)
        expect(marker is not None, "sysusers file is installed")
        prefix = marker.removesuffix("/lib/sysusers.d/sallyport.conf")
        check_layout(found, prefix)
        check_links(found, root, prefix)
        for name in EXPOSURE:
            unit = root / prefix / "lib/systemd/system" / name
            check_programs_named_in(unit, root)
            if shutil.which("systemd-analyze"):
                check_exposure(unit)
        if shutil.which("systemd-analyze"):
            check_words(sorted((root / prefix / "lib/systemd/system").iterdir()))
        # Only root may give a folder to another user.
        if shutil.which("systemd-sysusers") and os.geteuid() == 0:
            check_accounts_and_folders(root)
    check_halves(build, meson)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
