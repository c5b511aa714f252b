"""What the machine is, and how busy it was."""
import os
import pathlib


def model():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def system():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=")[1].strip('"')
    return "unknown"


def facts():
    return {"cores": len(os.sched_getaffinity(0)), "model": model(), "kernel": os.uname().release.split("-")[0], "system": system(),
            "congestion": pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()}


def load():
    return os.getloadavg()[0]
