#!/usr/bin/env python3
"""Reads from HOST:PORT until it ends and says when the last octet came.

usage: download.py HOST:PORT PATH [SECONDS]

Prints "first" after the first octets, and at the end one JSON line:
{"bytes": N, "last_byte": <unix time>, "ended": "closed"|"reset"|"deadline", "seconds": S}
"deadline": nothing came for SECONDS (default 3) although the connection stands: to a person, a stalled download.
"""
import json
import socket
import sys
import time


def download(host, port, path, patience):
    started = time.time()
    total, last, ended = 0, started, "closed"
    try:
        peer = socket.create_connection((host, port), timeout=patience)
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        while chunk := peer.recv(1 << 16):
            if total == 0:
                print("first", flush=True)
            total += len(chunk)
            last = time.time()
    except socket.timeout:
        ended = "deadline"
    except OSError as error:
        ended = "reset" if isinstance(error, (ConnectionResetError, ConnectionRefusedError)) else str(error)
    return {"bytes": total, "last_byte": round(last, 4), "ended": ended, "seconds": round(last - started, 3)}


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    where, port = sys.argv[1].rsplit(":", 1)
    patience = float(sys.argv[3]) if len(sys.argv) > 3 else 3.0
    print(json.dumps(download(where.strip("[]"), int(port), sys.argv[2], patience)), flush=True)
