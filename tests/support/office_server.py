#!/usr/bin/env python3
"""The office: small HTTP services for the lab, and a record of who reached them.

usage: office_server.py JOURNAL HOST:PORT [HOST:PORT ...]

GET /            a greeting
GET /stream      1,024 chunks a second of 4 KiB each until the peer goes away
GET /blob/BYTES  that many octets at full speed
GET /paced/BYTES/SECONDS  that many octets, all different, evenly over that time
PUT /sum/BYTES   takes that many octets behind the head of the request, and answers with their SHA-256
Any connection is written to JOURNAL as one line "<unix time> <local address> <peer address>".
"""
import asyncio
import hashlib
import sys
import time

CHUNK = b"s" * 4096
STREAM_SECONDS = 600


async def stream(writer):
    started = time.monotonic()
    sent = 0
    while (elapsed := time.monotonic() - started) < STREAM_SECONDS:
        while sent < elapsed * 1024:
            writer.write(CHUNK)
            sent += 1
        await writer.drain()
        await asyncio.sleep(0.01)


async def blob(writer, size):
    while size > 0:
        piece = CHUNK[:size] if size < len(CHUNK) else CHUNK * min(16, size // len(CHUNK))
        writer.write(piece)
        size -= len(piece)
        await writer.drain()


def numbered(block):
    """4 KiB that no other block has."""
    return hashlib.sha256(block.to_bytes(8, "big")).digest() * 128


async def paced(writer, size, seconds):
    started = time.monotonic()
    sent = 0
    while sent < size:
        due = min(size, int(size * (time.monotonic() - started) / seconds) + 1)
        while sent < due:
            piece = numbered(sent // 4096)[:size - sent]
            writer.write(piece)
            sent += len(piece)
        await writer.drain()
        await asyncio.sleep(0.004)


async def sum_of(reader, size):
    await reader.readuntil(b"\r\n\r\n")
    digest = hashlib.sha256()
    while size > 0 and (piece := await reader.read(min(size, 1 << 18))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


async def answer(path, reader, writer):
    if path.startswith("/sum/"):
        body = (await sum_of(reader, int(path[5:]))).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
    elif path == "/stream":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n")
        await stream(writer)
    elif path.startswith("/blob/") and path[6:].isdigit():
        size = int(path[6:])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size)
        await blob(writer, size)
    elif path.startswith("/paced/"):
        size, seconds = (int(word) for word in path.split("/")[2:4])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % size)
        await paced(writer, size, seconds)
    else:
        body = b"hello from the office\n"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
    await writer.drain()


class Office:
    def __init__(self, journal):
        self.journal = open(journal, "a", buffering=1, encoding="ascii")

    async def serve(self, reader, writer):
        local = writer.get_extra_info("sockname")
        peer = writer.get_extra_info("peername")
        self.journal.write(f"{time.time():.3f} {local[0]}:{local[1]} {peer[0]}:{peer[1]}\n")
        try:
            request = await asyncio.wait_for(reader.readuntil(b"\r\n"), 600)
            words = request.decode("ascii", "replace").split()
            await answer(words[1] if len(words) > 1 else "/", reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()


async def main(journal, endpoints):
    office = Office(journal)
    servers = []
    for endpoint in endpoints:
        host, port = endpoint.rsplit(":", 1)
        servers.append(await asyncio.start_server(office.serve, host.strip("[]"), int(port)))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:
        pass
