"""The peers, from Debian: apt for this release's, and the newest wireguard-go unpacked into a cache folder."""
import os
import pathlib
import shutil
import subprocess
import tempfile

PACKAGES = ("openvpn", "ocserv", "openconnect", "wireguard-go", "wireguard-tools", "tinc", "iperf3", "iputils-ping")
NEWER = "trixie"


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "sallyport" / "peers"


def newer_wireguard():
    """The program of trixie, or None where it was not installed."""
    program = cache() / "wireguard-go" / "usr/bin/wireguard-go"
    return program if program.exists() else None


def mirror():
    """The Debian mirror that this machine's own apt uses."""
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    known = [line.split()[0] for line in said.splitlines() if line.endswith(" Debian") and "security" not in line]
    if not known:
        raise SystemExit("tests/bench/peers: apt knows no Debian mirror; run: apt-get update")
    return known[0]


def private_apt(work):
    """Sources and lists of its own: the system's are neither read nor written."""
    (work / "lists/partial").mkdir(parents=True)
    sources = work / "sources.list"
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources.write_text(f"deb [signed-by={keys}] {mirror()} {NEWER} main\n")
    return ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null", "-o",
            f"Dir::State::lists={work}/lists", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o",
            "APT::Sandbox::User=", "-o", "APT::Default-Release="]


def install_newer_wireguard():
    if newer_wireguard():
        return
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        apt = private_apt(work)
        subprocess.run([*apt, "update"], check=True)
        subprocess.run([*apt, "download", f"wireguard-go/{NEWER}"], cwd=work, check=True)
        package = next(work.glob("wireguard-go_*.deb"))
        target = cache() / "wireguard-go"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        subprocess.run(["dpkg", "-x", package, target], check=True)
        version = subprocess.run(["dpkg-deb", "-f", package, "Version"], check=True, text=True, stdout=subprocess.PIPE).stdout
        (target / "version").write_text(version.strip())


def install():
    """As root, or through sudo. Debian starts the services of what it installs: stop those that you do not want."""
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    missing = [name for name in PACKAGES if not installed_version(name)]
    if missing:
        environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
        subprocess.run([*as_root, *environment, "apt-get", "install", "-y", "--no-install-recommends", *missing], check=True)
    install_newer_wireguard()


def installed_version(package):
    said = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return said[3:].strip() if said.startswith("ii") else None
