"""Laptops, a gateway and an office with flows between them that never fall silent: for measuring when they end."""
import collections
import datetime
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SALLYPORT_BUILD", ROOT / "build"))
OFFICE = "10.20.4.10"
PLAIN, POSTURE, PROOF = 9000, 9001, 9002
PROOF_AGE = 5


def die(words):
    sys.exit(f"tests/bench/revocation: {words}")


def monotonic_of(unix):
    """The moment of the steady clock at which the wall clock shows `unix` seconds."""
    return time.monotonic_ns() + int(unix * 1e9) - time.time_ns()


def sleep_until(nanoseconds):
    while (left := nanoseconds - time.monotonic_ns()) > 0:
        time.sleep(left / 1e9)


def wait_for(what, condition, seconds=15):
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            die(f"{what} did not happen in time")
        time.sleep(0.01)
    return value


def checked(argv, text=None):
    ran = subprocess.run([str(word) for word in argv], input=text, capture_output=True, text=True, timeout=60, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))}: {ran.stdout}{ran.stderr}")
    return ran.stdout


class Office:
    """The far end, and what it heard."""

    def __init__(self, lab):
        argv = lab.inside("office", [BUILD / "tests/bench/steady_flow", "serve", OFFICE, PLAIN, POSTURE, PROOF])
        self.process = lab.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.lock = threading.Lock()
        if self.process.stdout.readline() != b"ready\n":
            die("the office's flows did not start")

    def heard(self, flow):
        with self.lock:
            self.process.stdin.write(f"get {flow}\n".encode())
            self.process.stdin.flush()
            _, last, count = self.process.stdout.readline().split()
        return int(last), int(count)


class JournalTail:
    """When the gateway wrote which line."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.file.seek(0, os.SEEK_END)
        self.lines = collections.deque(maxlen=2000)
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        rest = b""
        while True:
            octets = self.file.read()
            if not octets:
                time.sleep(0.001)
                continue
            at = time.monotonic_ns()
            *whole, rest = (rest + octets).split(b"\n")
            self.lines.extend((at, line.decode("ascii", "replace")) for line in whole)

    def find(self, since, *words):
        for at, line in list(self.lines):
            if at >= since and all(word in line for word in words):
                return at
        return None


class Lab:
    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-revocation.", dir="/tmp"))
        self.children = []
        os.environ.update(SALLYPORT_BUILD=str(BUILD), LAB_CLIENT_UP="no")
        checked([ROOT / "tests/lab", "up", self.directory])
        places = dict(line.split()[:2] for line in (self.directory / "processes").read_text().splitlines())
        self.places = {name: int(places[name]) for name in ("internet", "gateway", "office")}
        self.policy = self.directory / "etc/policy.d"
        self.files = threading.Lock()  # who writes files for a reload, and reloads
        self.on_list = set()
        (self.policy / "20-flows.toml").write_text(
            f'version = 1\n[resources]\nplain = {{ net = "{OFFICE}", ports = "{PLAIN}/tcp" }}\n'
            f'tidy = {{ net = "{OFFICE}", ports = "{POSTURE}/tcp" }}\nproved = {{ net = "{OFFICE}", ports = "{PROOF}/tcp" }}\n'
            f'[allow.proved]\nwho = "everyone"\nto = "proved"\nproof_age = "{PROOF_AGE}s"\n')
        self.journal = JournalTail(self.directory / "log/sallyport-gateway.log")
        self.office = Office(self)

    def inside(self, place, argv):
        pid = place if isinstance(place, int) else self.places[place]
        return ["nsenter", "-t", str(pid), "-n", "--", *map(str, argv)]

    def start(self, argv, **options):
        child = subprocess.Popen(argv, **options)
        self.children.append(child)
        return child

    def ctl(self, *words):
        return checked(self.inside("gateway", [BUILD / "server/ctl/sallyportctl", "--config",
                                               self.directory / "etc/gateway.toml", *words]))

    def status(self):
        return json.loads(self.ctl("--json", "status"))

    def write_list(self):
        """A list made by somebody else's tool, with the authority's key."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        state = self.directory / "state"
        authority = x509.load_pem_x509_certificate((state / "ca/ca.pem").read_bytes())
        key = serialization.load_pem_private_key((state / "ca/ca.key").read_bytes(), None)
        now = datetime.datetime.utcnow()
        identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        builder = (x509.CertificateRevocationListBuilder().issuer_name(authority.subject).last_update(now)
                   .next_update(now + datetime.timedelta(days=30))
                   .add_extension(x509.CRLNumber(self.status()["trust"]["crl_number"] + 1), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False))
        for serial in sorted(self.on_list):
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
                                                      .revocation_date(now).build())
        octets = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (state / "crl.new").write_bytes(octets)
        os.chmod(state / "crl.new", 0o644)
        os.rename(state / "crl.new", state / "crl.pem")

    def close(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()
        subprocess.run([ROOT / "tests/lab", "down", self.directory], capture_output=True, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


class TooSlow(Exception):
    """There was no flow in time."""


class Flow:
    numbers = iter(range(1, 1 << 30))

    def __init__(self, laptop, port, seconds=15):
        self.lab, self.id = laptop.lab, f"f{next(Flow.numbers)}"
        until = time.monotonic() + seconds
        while True:
            self.process = subprocess.Popen(
                self.lab.inside(laptop.pid, [BUILD / "tests/bench/steady_flow", "run", OFFICE, port, self.id]),
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            ready, _, _ = select.select([self.process.stdout], [], [], 4)
            if ready and self.process.stdout.readline() == b"open\n":
                break
            self.process.kill()
            self.process.wait()
            if time.monotonic() > until:
                raise TooSlow(f"{laptop.id} does not reach port {port}: {laptop.client('status', must=False)}")
            time.sleep(0.05)
        while self.lab.office.heard(self.id)[1] <= 20:
            if time.monotonic() > until:
                self.stop()
                raise TooSlow(f"{laptop.id}: nothing arrives from it: {laptop.client('status', must=False)}")
            time.sleep(0.01)

    def stop(self):
        """When the laptop last heard of the office."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=10)[0]
        return int(said.split()[0])


class Laptop:
    def __init__(self, lab, number):
        self.lab, self.number, self.id = lab, number, f"laptop-{number}"
        self.user = f"user-{number}@example.com"
        self.directory = lab.directory / self.id
        self.enrolments = 0
        self.make_place()
        self.write_files()
        self.request()
        self.enrol()
        daemon = self.client_program("daemon/sallyportd", "--config", self.directory / "client.toml")
        lab.start(daemon, stdout=open(self.directory / "log", "wb"), stderr=subprocess.STDOUT)
        wait_for("the start of a client", lambda: (self.directory / "run/client.sock").exists())

    def make_place(self):
        keeper = self.lab.start(["unshare", "-n", "sleep", "infinity"])
        self.pid, net = keeper.pid, 100 + self.number
        mine = os.readlink("/proc/self/ns/net")
        wait_for("a namespace", lambda: os.readlink(f"/proc/{self.pid}/ns/net") != mine)
        internet = self.lab.places["internet"]
        checked(["ip", "link", "add", "wan", "netns", self.pid, "type", "veth", "peer", "name", f"lap{self.number}", "netns",
                 internet])
        for place, device, address in ((self.pid, "wan", 2), (internet, f"lap{self.number}", 1)):
            checked(self.lab.inside(place, ["ip", "address", "add", f"198.51.{net}.{address}/24", "dev", device]))
            checked(self.lab.inside(place, ["ip", "link", "set", device, "up"]))
        checked(self.lab.inside(self.pid, ["ip", "link", "set", "lo", "up"]))
        checked(self.lab.inside(self.pid, ["ip", "route", "add", "default", "via", f"198.51.{net}.1"]))

    def write_files(self):
        self.directory.mkdir(mode=0o755)
        (self.directory / "client.toml").write_text(
            f'version = 1\nstate = "{self.directory}/state"\nruntime = "{self.directory}/run"\n'
            '[profile.office]\ngateway = "203.0.113.2:443"\nname = "vpn.example.com"\n')
        self.tidy = self.directory / "tidy"
        self.tidy.touch()
        self.rule = self.lab.policy / f"30-{self.id}.toml"
        self.rule_text = (
            f'version = 1\n[posture.tidy-{self.number}]\nfiles = "{self.tidy}"\nreported_within = "4s"\n'
            f'[allow.tidy-{self.number}]\nwho = "{self.user}"\nto = "tidy"\nposture = "tidy-{self.number}"\n'
            f'[allow.plain-{self.number}]\nwho = "{self.user}"\nto = "plain"\n')
        self.rule.write_text(self.rule_text)

    def client_program(self, program, *words):
        return self.lab.inside(self.pid, [BUILD / "client" / program, *words])

    def client(self, *words, text=None, must=True):
        argv = self.client_program("cli/sallyport", "--socket", self.directory / "run/client.sock", *words)
        if must:
            return checked(argv, text)
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout

    def request(self):
        self.csr = self.directory / "device.csr"
        checked(self.client_program("cli/sallyport", "--config", self.directory / "client.toml", "enroll", "request", "--id",
                                    self.id, "--out", self.csr))
        self.enrolled = None

    def certify_for(self, seconds):
        """The same key, under another name: a device is never certified for less than a minute. When it ends."""
        self.enrolments += 1
        self.id = f"laptop-{self.number}-{self.enrolments}"
        state = self.directory / "state"
        return int(checked([sys.executable, ROOT / "tests/support/forge_device.py", self.lab.directory / "state", self.id,
                            self.user, state / "device.key", state / "device.pem", seconds]))

    def enrol(self):
        """The same key, certified anew."""
        out = self.directory / "new.pem"
        said = json.loads(self.lab.ctl("--json", "devices", "enroll", "--user", self.user, "--id", self.id, "--csr", self.csr,
                                       "--out", out))
        self.serial = said["serial"]
        if self.enrolled is None:
            checked(self.client_program("cli/sallyport", "--config", self.directory / "client.toml", "enroll", "install",
                                        "--certificate", out, "--ca", self.lab.directory / "state/ca/ca.pem"))
        else:
            os.rename(out, self.directory / "state/device.pem")
        self.enrolled = said
        return said

    def connect(self):
        self.client("down", must=False)
        self.client("up", "office")
