#!/usr/bin/env python3
"""Runs what docs/quickstart.md says, in order and word for word: its commands, and the files it shows.

usage: quickstart.py SOURCE_ROOT BUILD_ROOT MESON

The machine is this one with folders and networks of its own: what is installed, made and changed is gone at the end.
Gateway, laptop and office are three network namespaces. There is no running systemd: its part of `systemctl` is played
by starting what the installed unit says, as the user and with the capabilities it says, and waiting for READY=1.
Exits 77 where that cannot be done: it takes root, TUN and overlay mounts.
"""
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SOURCE, BUILD, MESON = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
UNITS = pathlib.Path("/usr/local/lib/systemd/system")
# Exit codes that are as they should be and not 0.
EXPECTED = {"curl --max-time 5 http://10.20.4.10:22/": 7}
LAPTOP = {"sallyport", "curl"}
started = []


def skip(words):
    print(words, file=sys.stderr)
    sys.exit(77)


def must(*command, **options):
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def blocks(text):
    """Each fenced block as (section number, the file that the words above name, or None, lines)."""
    section, above, lines = 0, "", None
    for line in text.splitlines():
        if lines is not None and line.startswith("```"):
            named = re.search(r"`(/\S+)`:$", above)
            yield section, named and named[1], lines
            lines = None
        elif lines is not None:
            lines.append(line)
        elif line.startswith("```"):
            lines = []
        elif line.startswith("## "):
            section = int(line[3])
        elif line:
            above = line


# --- the machine --------------------------------------------------------------------------------------------------
def make_machine(own):
    """Folders whose changes stay in `own`, and a TUN device that everybody may open, as Debian has it."""
    must("mount", "-t", "tmpfs", "none", str(own))
    for number, folder in enumerate(("/etc", "/usr/local", "/var/lib")):
        upper, work = own / f"upper{number}", own / f"work{number}"
        upper.mkdir()
        work.mkdir()
        options = f"lowerdir={folder},upperdir={upper},workdir={work}"
        if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, folder], capture_output=True,
                          check=False).returncode != 0:
            skip("no overlay mounts here")
    must("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run")
    must("mknod", "-m", "666", str(own / "tun"), "c", "10", "200")
    must("mount", "--bind", str(own / "tun"), "/dev/net/tun")
    for left in ("/etc/sallyport", "/var/lib/sallyport", "/var/lib/sallyport-client"):
        shutil.rmtree(left, ignore_errors=True)
    with open("/etc/hosts", "a", encoding="ascii") as hosts:
        hosts.write("203.0.113.2 vpn.example.com\n")
    must("useradd", "-M", "ana")
    (own / "desk").mkdir()
    os.chmod(own / "desk", 0o777)


def place():
    """A network namespace, as the id of the process that keeps it."""
    process = subprocess.Popen(["unshare", "-n", "sleep", "600"])
    started.append(process)
    until = time.monotonic() + 10
    while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > until:
            sys.exit("no network namespace")
        time.sleep(0.02)
    return process.pid


def at(pid, *command):
    return ["nsenter", "-t", str(pid), "-n", "--", *command]


def make_networks(own):
    """This namespace is the gateway's; returns the laptop's."""
    laptop, office = place(), place()
    for name, pid, ours, theirs in (("wan", laptop, "203.0.113.2/24", "203.0.113.3/24"),
                                    ("lan", office, "10.20.0.1/16", "10.20.4.10/16")):
        must("ip", "link", "add", name, "type", "veth", "peer", "name", "wire", "netns", str(pid))
        must("ip", "address", "add", ours, "dev", name)
        must("ip", "link", "set", name, "up")
        must(*at(pid, "ip", "address", "add", theirs, "dev", "wire"))
        must(*at(pid, "ip", "link", "set", "wire", "up"))
        must(*at(pid, "ip", "link", "set", "lo", "up"))
    must("ip", "link", "set", "lo", "up")
    must(*at(office, "ip", "route", "add", "default", "via", "10.20.0.1"))
    must("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=wiki",
         "-addext", "subjectAltName=IP:10.20.4.10", "-keyout", f"{own}/wiki.key", "-out", f"{own}/wiki.pem")
    wiki = at(office, "openssl", "s_server", "-accept", "443", "-www", "-quiet", "-cert", f"{own}/wiki.pem", "-key",
              f"{own}/wiki.key")
    started.append(subprocess.Popen(wiki, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    return laptop


# --- systemd's part -----------------------------------------------------------------------------------------------
def unit(name):
    """What a unit says, the last word for each key."""
    lines = (UNITS / name).read_text(encoding="ascii").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def capabilities(text):
    return "".join(f",+{word.removeprefix('CAP_').lower()}" for word in text.split())


def as_unit_says(says):
    """The command line of the unit's program: its user, groups and capabilities, and no others."""
    user = says.get("User", "root")
    words = ["setpriv", f"--reuid={user}", f"--regid={says.get('Group', user)}", "--no-new-privs",
             f"--bounding-set=-all{capabilities(says['CapabilityBoundingSet'])}"]
    groups = says.get("SupplementaryGroups")
    words.append(f"--groups={groups}" if groups else "--clear-groups")
    ambient = capabilities(says.get("AmbientCapabilities", ""))
    words += [f"--inh-caps=-all{ambient}", f"--ambient-caps=-all{ambient}"] if ambient else []
    return words + shlex.split(says["ExecStart"])


def start_service(name, own, where):
    says = unit(f"{name}.service")
    runtime = pathlib.Path("/run") / says["RuntimeDirectory"]
    if not runtime.exists():
        runtime.mkdir(mode=int(says["RuntimeDirectoryMode"], 8))
    os.chown(runtime, pwd.getpwnam(says.get("User", "root")).pw_uid, -1)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(f"/run/notify-{name}")
    os.chmod(f"/run/notify-{name}", 0o777)
    ready.settimeout(15)
    log = open(own / f"{name}.log", "w", encoding="utf-8")
    environment = dict(os.environ, NOTIFY_SOCKET=f"/run/notify-{name}")
    started.append(subprocess.Popen(where + as_unit_says(says), env=environment, stdout=log, stderr=log))
    try:
        while b"READY=1" not in ready.recv(4096).split(b"\n"):
            pass
    except TimeoutError:
        sys.exit(f"{name} did not get ready:\n{(own / f'{name}.log').read_text(encoding='utf-8')}")


def systemctl(words, own, laptop):
    if words == ["restart", "systemd-sysctl"]:
        must("sysctl", "-p", *map(str, pathlib.Path("/usr/local/lib/sysctl.d").glob("*sallyport*.conf")))
    elif words == ["enable", "--now", "sallyport-gateway"]:
        start_service("sallyport-gateway", own, [])
    elif words == ["enable", "--now", "sallyportd"]:
        start_service("sallyportd", own, at(laptop))
    elif words == ["enable", "--now", "sallyport-crl.timer"]:
        # What the timer starts must do its work under the unit's own limits.
        must(*as_unit_says(unit("sallyport-crl.service")))
    else:
        sys.exit(f"a command that this test does not know: systemctl {shlex.join(words)}")


# --- the commands -------------------------------------------------------------------------------------------------
def as_ana(command):
    return ["setpriv", "--reuid=ana", "--regid=ana", "--init-groups", "--inh-caps=-all", "--bounding-set=-all", "--",
            *command]


def run_command(line, section, own, laptop):
    words = shlex.split(line)
    if words[0] == "systemctl":
        return systemctl(words[1:], own, laptop)
    if words[0] == "meson":
        # Built already; installing is what matters here.
        return must(MESON, "install", "-C", str(BUILD), "--no-rebuild", "--quiet") if words[1] == "install" else ""
    command = words
    if words[0] in LAPTOP:
        command = at(laptop, *(as_ana(words) if section in (4, 5) else words))
    environment = dict(os.environ, CURL_CA_BUNDLE=f"{own}/wiki.pem", HOME="/root",
                       XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")))
    environment["PATH"] = "/usr/local/sbin:/usr/local/bin:" + os.environ["PATH"]
    done = subprocess.run(command, cwd=SOURCE if section == 1 else own / "desk", env=environment, text=True,
                          capture_output=True, timeout=60, check=False)
    print("".join((done.stdout + done.stderr).splitlines(keepends=True)[:15]), end="")
    if done.returncode != EXPECTED.get(line, 0):
        sys.exit(f"{line}: exit {done.returncode}, expected {EXPECTED.get(line, 0)}")
    return done.stdout


def write_file(path, lines):
    pathlib.Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if path == "/etc/nftables.conf":
        must("nft", "-f", path)


def between_sections(section, own):
    """What the text asks a person to do without a command."""
    if section == 3 and (own / "desk/ana-laptop.pem").exists():
        shutil.copy("/var/lib/sallyport/ca/ca.pem", own / "desk/ca.pem")
    if section == 6:
        policy = pathlib.Path("/etc/sallyport/policy.d/10-company.toml")
        policy.write_text(policy.read_text(encoding="utf-8").replace("443/tcp", "8443/tcp"), encoding="utf-8")


def wait_online(laptop):
    until = time.monotonic() + 15
    while "Connected" not in subprocess.run(at(laptop, "/usr/local/bin/sallyport", "status"), capture_output=True,
                                            text=True, check=False).stdout:
        if time.monotonic() > until:
            sys.exit("the laptop did not get online")
        time.sleep(0.05)


def follow(own, laptop):
    for section, path, lines in blocks((SOURCE / "docs/quickstart.md").read_text(encoding="utf-8")):
        if path is not None:
            print(f"--- {path}")
            write_file(path, lines)
            continue
        between_sections(section, own)
        for line in lines:
            print(f"$ {line}", flush=True)
            run_command(line, section, own, laptop)
            if line == "sallyport up":
                wait_online(laptop)


def check_the_end(laptop):
    """The policy was edited and the device revoked: nothing is reached and the laptop knows why."""
    fetched = subprocess.run(at(laptop, "curl", "-sk", "--max-time", "3", "https://10.20.4.10/"), capture_output=True,
                             check=False)
    status = subprocess.run(at(laptop, "/usr/local/bin/sallyport", "status"), capture_output=True, text=True, check=False)
    if fetched.returncode == 0 or "evoked" not in status.stdout + status.stderr:
        sys.exit(f"after the revocation: curl exit {fetched.returncode}, status {status.stdout}{status.stderr}")


def inside(own):
    make_machine(own)
    laptop = make_networks(own)
    try:
        follow(own, laptop)
        check_the_end(laptop)
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        for log in sorted(own.glob("sallyport*.log")):
            print(f"--- {log.name}\n{log.read_text(encoding='utf-8')}", end="")


def main():
    if len(sys.argv) > 4:
        return inside(pathlib.Path(sys.argv[4]))
    if os.geteuid() != 0:
        skip("root alone can install")
    if not os.path.exists("/dev/net/tun") or subprocess.run(["unshare", "-mn", "true"], check=False).returncode != 0:
        skip("no TUN or no namespaces here")
    with tempfile.TemporaryDirectory() as own:
        sys.exit(subprocess.run(["unshare", "-mn", "--", sys.executable, __file__, *sys.argv[1:4], own],
                                check=False).returncode)


if __name__ == "__main__":
    main()
