"""One connection under strace, and the three processes' calls in the order of time. Few calls are traced, by seccomp, so
that the others cost what they always do; each that is traced takes some 30 us more."""
import time

from .measures import connecting
from .survey import served

CALLS = "connect,accept4,sendto,recvfrom,execve,openat,ioctl,fdatasync,fsync,clone3,exit_group"
LIBRARIES = ("ld.so", ".so.", "locale")


def trace(peer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    watched = lambda name: ["strace", "-f", "--seccomp-bpf", "-ttt", "-s", "24", "-e", f"trace={CALLS}", "-o", folder / name]  # noqa: E731
    laptop, gateway, command = peer.start_laptop, peer.start_gateway, peer.command
    peer.start_laptop = lambda *words, **more: laptop(*watched("daemon"), *words, **more)
    peer.start_gateway = lambda *words, **more: gateway(*watched("gateway"), *words, **more)
    peer.command = lambda word, *more: [*(watched("command") if word == "up" else ()), *command(word, *more)]
    try:
        with served(peer):
            time.sleep(0.5)
            took = connecting.measure(peer)
            time.sleep(0.3)
    finally:
        del peer.start_laptop, peer.start_gateway, peer.command
    (folder / "timeline").write_text("\n".join(timeline(folder)) + "\n")
    print(f"traced: {took:.1f} ms; {folder / 'timeline'}")


def timeline(folder):
    calls = []
    for name in ("command", "daemon", "gateway"):
        for text in (folder / name).read_text(errors="replace").splitlines():
            thread, when, call = text.split(None, 2)
            if not any(word in call for word in LIBRARIES):
                calls.append((float(when), name, thread, call))
    calls.sort()
    began = min(when for when, name, _, _ in calls if name == "command")
    return [f"{(when - began) * 1000:8.2f} {name:8} {thread} {call[:150]}" for when, name, thread, call in calls
            if 0 <= when - began < 0.1]
