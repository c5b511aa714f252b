"""Laptop, internet, gateway and office, and what is started in them."""
import os
import pathlib
import shlex
import signal
import subprocess
import time

from .namespaces import HOME

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", ROOT / "build")).resolve()
HERE = pathlib.Path(__file__).resolve().parent
GATEWAY, OFFICE, OFFICE_NET, PORT = "203.0.113.2", "10.20.4.10", "10.20.0.0/16", 5201
RULES = 1000
FIRST_REPLY = BUILD / "tests/bench/first_reply"


class Failed(Exception):
    """A peer that does not do what is asked of it; the words are for the report."""


class World:
    def __init__(self):
        self.directory = pathlib.Path(HOME) / "lab"
        self.logs = pathlib.Path(HOME) / "logs"
        self.logs.mkdir()
        self.env = {}
        self.keepers = {}

    def up(self):
        environment = {**os.environ, "SALLYPORT_BUILD": str(BUILD), "LAB_CLIENT_UP": "no"}
        for words in (["up", self.directory], ["stop", self.directory, "sallyportd"],
                      ["stop", self.directory, "sallyport-gateway"]):
            subprocess.run([ROOT / "tests/lab", *words], env=environment, check=True, stdout=subprocess.DEVNULL)
        with open(self.directory / "lab.env", encoding="utf-8") as lines:
            self.env = dict(line.rstrip("\n").replace("'", "").split("=", 1) for line in lines)
        for line in (self.directory / "processes").read_text().splitlines():
            self.keepers[line.split()[0]] = int(line.split()[1])
        self.serve_iperf()

    def on(self, place, *words):
        return ["nsenter", "-t", str(self.keepers[place]), "-n", "--", *map(str, words)]

    def run(self, place, *words, check=True, timeout=30):
        done = subprocess.run(self.on(place, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=timeout)
        if check and done.returncode:
            raise Failed(f"{' '.join(map(str, words))}: {done.stdout.strip()[-400:]}")
        return done.stdout

    def start(self, place, name, *words, env=None, word=None):
        """A process that writes into the log of that name; it ends by `end`, at the latest with the run. It may be several
        commands, with --then between them. With `word` it begins when that fifo says so."""
        if word is not None:
            words = (FIRST_REPLY, "hold", word, *words)
        elif "--then" in words:
            words = ("sh", "-c", shlex.join(map(str, words)).replace(" --then ", " && "))
        with open(self.log(name), "ab") as log:
            return subprocess.Popen(self.on(place, *words), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                    start_new_session=True, env={**os.environ, **(env or {})})

    def log(self, name):
        return self.logs / f"{name}.log"

    def last_lines(self, name, count=4):
        try:
            return self.log(name).read_text(errors="replace").splitlines()[-count:]
        except FileNotFoundError:
            return []

    def serve_iperf(self):
        self.iperf = self.start("office", "iperf3", "iperf3", "-s", "-B", OFFICE, "-p", PORT)
        wait_for("iperf3", lambda: self.listens("office", "tcp", PORT), 5)

    def restart_iperf(self):
        end(self.iperf, signal.SIGKILL)
        self.serve_iperf()

    def listens(self, place, protocol, port):
        """Whether a socket is bound there: as the kernel's tables say, without a program."""
        wanted = f":{port:04X}"
        for family in ("", "6"):
            with open(f"/proc/{self.keepers[place]}/net/{protocol}{family}", encoding="ascii") as table:
                for line in list(table)[1:]:
                    fields = line.split()
                    if fields[1].endswith(wanted) and fields[3] in ("0A", "07"):
                        return True
        return False

    def has_device(self, place, name):
        with open(f"/proc/{self.keepers[place]}/net/dev", encoding="ascii") as table:
            return any(line.strip().startswith(f"{name}:") for line in table)


def wait_for(what, holds, seconds, step=0.002):
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise Failed(f"{what} did not come up within {seconds} s")
        time.sleep(step)


def end(process, how=signal.SIGTERM, patience=5):
    """Ends a process that `start` started, with all that it started in its session."""
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def family(pids):
    """Those processes and all that descend from them."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(") ", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found, queue = [], list(pids)
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found
