#!/usr/bin/env python3
"""Serves one file over HTTP with an ETag, and says what it answered: one JSON line for each request.

usage: crl_server.py ADDRESS:PORT FILE [CERTIFICATE KEY]      the latter: over HTTPS

What stands in FILE.mode, when there is such a file, changes the answers: "error" (500), "redirect" (302), "garbage"
(200 with another body), "large" (9 MiB) or "slow" (nothing for 20 s). Otherwise "ok".
"""
import hashlib
import http.server
import json
import pathlib
import ssl
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = pathlib.Path(sys.argv[2])
        mode_file = pathlib.Path(sys.argv[2] + ".mode")
        mode = mode_file.read_text().strip() if mode_file.exists() else "ok"
        if mode == "slow":
            time.sleep(20)
        if mode == "error":
            return self.answer(500, b"")
        if mode == "redirect":
            return self.answer(302, b"", {"Location": "http://" + sys.argv[1] + "/other"})
        body = {"garbage": b"<html>no list</html>", "large": bytes(9 << 20)}.get(mode) or path.read_bytes()
        etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if self.headers.get("If-None-Match") == etag:
            return self.answer(304, b"", {"ETag": etag})
        return self.answer(200, body, {"ETag": etag, "Content-Type": "application/pkix-crl"})

    def answer(self, status, body, headers=None):
        print(json.dumps({"status": status, "path": self.path, "at": time.time()}), flush=True)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    address, port = sys.argv[1].rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((address, int(port)), Handler)
    server.daemon_threads = True
    if len(sys.argv) == 5:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(json.dumps({"ready": True}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    main()
