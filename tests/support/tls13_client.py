"""A minimal TLS 1.3 client with its own transcript (RFC 9846), so that a test can leave out or alter each message.

X25519, TLS_AES_128_GCM_SHA256, ECDSA P-256 certificates. The server's certificate is not verified: the other end is
what is tested. Needs python3-cryptography.
"""
import hashlib
import hmac
import os
import select
import socket
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALERT, HANDSHAKE, APPLICATION, CHANGE_CIPHER_SPEC = 21, 22, 23, 20
CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET, ENCRYPTED_EXTENSIONS = 1, 2, 4, 8
CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, FINISHED, KEY_UPDATE = 11, 13, 15, 20, 24
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def vector(data, size):
    return len(data).to_bytes(size, "big") + data


def expand_label(secret, label, context, length):
    info = struct.pack("!H", length) + vector(b"tls13 " + label, 1) + vector(context, 1)
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(secret, block + info + bytes([counter]), hashlib.sha256).digest()
        output, counter = output + block, counter + 1
    return output[:length]


def extract(salt, key):
    return hmac.new(salt, key, hashlib.sha256).digest()


class Protection:
    """One direction's keys."""

    def __init__(self, secret):
        self.secret = secret
        self.key, self.iv = expand_label(secret, b"key", b"", 16), expand_label(secret, b"iv", b"", 12)
        self.sequence = 0

    def _nonce(self):
        nonce = bytes(a ^ b for a, b in zip(self.iv, self.sequence.to_bytes(12, "big")))
        self.sequence += 1
        return nonce

    def seal(self, inner):
        head = struct.pack("!BHH", APPLICATION, 0x0303, len(inner) + 16)
        return head + AESGCM(self.key).encrypt(self._nonce(), inner, head)

    def open(self, head, body):
        inner = AESGCM(self.key).decrypt(self._nonce(), body, head).rstrip(b"\0")
        return inner[-1], inner[:-1]

    def next(self):
        return Protection(expand_label(self.secret, b"traffic upd", b"", 32))


class Closed(Exception):
    """The peer closed, or sent an alert (its number, else None)."""

    def __init__(self, alert=None):
        super().__init__(f"closed, alert {alert}")
        self.alert = alert


class Tls13Client:
    def __init__(self, host, port, name, certificate=None, key=None, timeout=5):
        self.name, self.timeout = name, timeout
        self.certificate = pem_to_der(certificate) if certificate else None
        if key:
            with open(key, "rb") as file:
                self.key = serialization.load_pem_private_key(file.read(), None)
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.transcript, self.pending, self.messages = b"", b"", b""
        self.reading = self.writing = None
        self.private = X25519PrivateKey.generate()
        self.tickets, self.selected_psk, self.application = 0, False, b""

    # --- sending -------------------------------------------------------------------------------------------------
    def send_raw(self, data):
        self.socket.sendall(data)

    def record(self, kind, data):
        return struct.pack("!BHH", kind, 0x0301, len(data)) + data if self.writing is None else self.writing.seal(
            data + bytes([kind]))

    def send(self, kind, data):
        self.send_raw(self.record(kind, data))

    def send_message(self, kind, body, into_transcript=True):
        message = bytes([kind]) + vector(body, 3)
        if into_transcript:
            self.transcript += message
        self.send(HANDSHAKE, message)

    def hello(self, extra=b"", psk=b"", versions=b"\x02\x03\x04", session_id=b""):
        public = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        extensions = b"".join(struct.pack("!H", kind) + vector(body, 2) for kind, body in (
            (0, vector(b"\0" + vector(self.name.encode(), 2), 2)),
            (10, vector(b"\x00\x1d", 2)),
            (13, vector(b"\x04\x03\x05\x03\x08\x04\x08\x07", 2)),
            (16, vector(vector(b"http/1.1", 1), 2)),
            (51, vector(b"\x00\x1d" + vector(public, 2), 2)),
        ))
        if versions:
            extensions += struct.pack("!H", 43) + vector(versions, 2)
        body = b"\x03\x03" + os.urandom(32) + vector(session_id, 1) + vector(b"\x13\x01" if versions else b"\xc0\x2b", 2) + b"\x01\x00"
        return body + vector(extensions + extra + psk, 2)

    # --- receiving -----------------------------------------------------------------------------------------------
    def _octets(self, count):
        while len(self.pending) < count:
            try:
                chunk = self.socket.recv(65536)
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise Closed()
            self.pending += chunk
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read_record(self):
        """(content type, plaintext) of the next record that is not a ChangeCipherSpec. Raises Closed on an alert."""
        while True:
            head = self._octets(5)
            kind, _, length = struct.unpack("!BHH", head)
            body = self._octets(length)
            if kind == CHANGE_CIPHER_SPEC:
                continue
            if kind == APPLICATION and self.reading:
                kind, body = self.reading.open(head, body)
            if kind == ALERT:
                raise Closed(body[1])
            return kind, body

    def read_message(self):
        while len(self.messages) < 4 or len(self.messages) < 4 + int.from_bytes(self.messages[1:4], "big"):
            kind, data = self.read_record()
            assert kind == HANDSHAKE, f"content type {kind} instead of a handshake message"
            self.messages += data
        size = 4 + int.from_bytes(self.messages[1:4], "big")
        message, self.messages = self.messages[:size], self.messages[size:]
        return message

    # --- the handshake, in steps ---------------------------------------------------------------------------------
    def hash(self):
        return hashlib.sha256(self.transcript).digest()

    def derive(self, secret, label, digest):
        return expand_label(secret, label, digest, 32)

    def take_server_hello(self):
        message = self.read_message()
        assert message[0] == SERVER_HELLO and message[6:38] != RETRY_RANDOM
        self.transcript += message
        at = 4 + 2 + 32
        at += 1 + message[at] + 2 + 1
        end = at + 2 + int.from_bytes(message[at:at + 2], "big")
        at += 2
        share = b""
        while at < end:
            kind, length = struct.unpack("!HH", message[at:at + 4])
            if kind == 51:
                share = message[at + 8:at + 4 + length]
            self.selected_psk |= kind == 41
            at += 4 + length
        shared = self.private.exchange(X25519PublicKey.from_public_bytes(share))
        empty = hashlib.sha256(b"").digest()
        early = extract(bytes(32), bytes(32))
        secret = extract(self.derive(early, b"derived", empty), shared)
        self.client_secret = self.derive(secret, b"c hs traffic", self.hash())
        self.server_secret = self.derive(secret, b"s hs traffic", self.hash())
        self.master = extract(self.derive(secret, b"derived", empty), bytes(32))
        self.reading, self.writing = Protection(self.server_secret), Protection(self.client_secret)

    def take_server_flight(self):
        """EncryptedExtensions to Finished. Keeps the CertificateRequest's context."""
        self.was_asked, self.context = False, b""
        while True:
            message = self.read_message()
            self.transcript += message
            if message[0] == CERTIFICATE_REQUEST:
                self.was_asked, self.context = True, message[5:5 + message[4]]
            if message[0] == FINISHED:
                break
        digest = self.hash()
        self.application_client = Protection(self.derive(self.master, b"c ap traffic", digest))
        self.application_server = Protection(self.derive(self.master, b"s ap traffic", digest))

    def start(self, **hello):
        self.send_message(CLIENT_HELLO, self.hello(**hello))
        self.take_server_hello()
        self.take_server_flight()
        return self

    def send_certificate(self, empty=False):
        entries = b"" if empty else vector(self.certificate, 3) + b"\0\0"
        self.send_message(CERTIFICATE, vector(self.context, 1) + vector(entries, 3))

    def send_certificate_verify(self, transcript=None):
        digest = hashlib.sha256(transcript if transcript is not None else self.transcript).digest()
        signed = b" " * 64 + b"TLS 1.3, client CertificateVerify" + b"\0" + digest
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        self.send_message(CERTIFICATE_VERIFY, b"\x04\x03" + vector(signature, 2))

    def send_finished(self):
        key = expand_label(self.client_secret, b"finished", b"", 32)
        self.send_message(FINISHED, hmac.new(key, self.hash(), hashlib.sha256).digest())

    def use_application_keys(self):
        self.reading, self.writing = self.application_server, self.application_client

    def finish(self):
        """The whole, proper flight of a client with a good certificate."""
        self.send_certificate()
        self.send_certificate_verify()
        self.send_finished()
        self.use_application_keys()
        return self

    # --- afterwards ----------------------------------------------------------------------------------------------
    def wait_for_end(self, seconds):
        """Reads until the peer closes. (seconds it took or None, alert or None); application data is kept."""
        started, alert = time.monotonic(), None
        while (left := started + seconds - time.monotonic()) > 0:
            if not self.pending and not select.select([self.socket], [], [], left)[0]:
                return None, alert
            self.socket.settimeout(max(left, 0.01))
            try:
                kind, data = self.read_record()
                self.application += data if kind == APPLICATION else b""
                self.tickets += kind == HANDSHAKE and data[0] == NEW_SESSION_TICKET
            except Closed as closed:
                if closed.alert is None:
                    return time.monotonic() - started, alert
                alert = closed.alert
            except socket.timeout:
                break
            except Exception:  # sealed under keys of another step: what matters is that the connection ends
                continue
        return None, alert

    def close(self):
        self.socket.close()


def pem_to_der(path):
    import base64
    with open(path, encoding="ascii") as file:
        text = file.read()
    body = text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END CERTIFICATE-----")[0]
    return base64.b64decode("".join(body.split()))
