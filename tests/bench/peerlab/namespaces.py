"""The namespaces that a run lives in: when it ends, however it ends, all of them and all their processes are gone."""
import os
import signal
import subprocess
import sys

INSIDE = "SALLYPORT_BENCH_INSIDE"
HOME = "/run/bench"  # on a tmpfs that only this run sees


def enter(program):
    """Starts the program again inside namespaces, and ends as it ends; returns only inside."""
    if os.environ.get(INSIDE):
        return prepare()
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        words += ["--user", "--map-root-user"]
    os.environ[INSIDE] = "1"
    # unshare itself leaves SIGTERM aside: it is killed, and takes the first process inside with it, and that all others.
    child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words, sys.executable, program, *sys.argv[1:]])
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    try:
        child.wait()
    except KeyboardInterrupt:
        child.kill()
    status = child.wait()
    sys.exit(status if status >= 0 else 128 - status)


def prepare():
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    for folder in (HOME, "/run/wireguard", "/run/netns"):
        os.makedirs(folder, exist_ok=True)
