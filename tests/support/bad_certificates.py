#!/usr/bin/env python3
"""Device certificates that a gateway must refuse, signed by the lab's own authority, and what happens when one is shown.

usage: bad_certificates.py HOST:PORT NAME CA_CERTIFICATE CA_KEY DIRECTORY [KIND...]

For every kind makes DIRECTORY/KIND.pem and .key, connects with them, asks for the upgrade, and prints one JSON line:
{"kind": ..., "answer": first octets of HTTP that came, "closed_after": seconds or null, "error": words of the TLS library}
`well_formed` is good in itself, but of no enrolled device. `none` shows no certificate.
"""
import datetime
import json
import os
import socket
import ssl
import subprocess
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from plain_client import REQUEST, split_endpoint

DAY = datetime.timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
IDENTITY = "spiffe://example.com/device/well-formed"


def key_usage(digital_signature):
    return x509.KeyUsage(digital_signature, False, not digital_signature, False, False, False, False, False, False)


class Maker:
    def __init__(self, ca, ca_key, directory):
        with open(ca, "rb") as file:
            self.ca = x509.load_pem_x509_certificate(file.read())
        with open(ca_key, "rb") as file:
            self.ca_key = serialization.load_pem_private_key(file.read(), None)
        self.ca_path, self.ca_key_path, self.directory = ca, ca_key, directory

    def make(self, kind, key=None, begins=-1, ends=30, names=(IDENTITY,), users=("ana@example.com",), usages=(CLIENT,),
             signs=True, authority=False, ca=None, ca_key=None, extension=None):
        key = key or ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kind)]))
                   .issuer_name((ca or self.ca).subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + begins * DAY).not_valid_after(now + ends * DAY)
                   .add_extension(x509.BasicConstraints(authority, None), True).add_extension(key_usage(signs), True))
        alternatives = [*map(x509.UniformResourceIdentifier, names), *map(x509.RFC822Name, users)]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
        if extension:
            builder = builder.add_extension(extension, True)
        return self.save(kind, builder.sign(ca_key or self.ca_key, hashes.SHA256()), key)

    def save(self, kind, certificate, key):
        base = os.path.join(self.directory, kind)
        with open(base + ".pem", "wb") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))
        with open(base + ".key", "wb") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return base + ".pem", base + ".key"

    def wrong_ca(self, kind):
        """Another authority with the same name."""
        return self.make(kind, ca_key=ec.generate_private_key(ec.SECP256R1()))

    def below_a_device(self, kind):
        """Issued by a device's own certificate."""
        _, key_path = self.make("issuer")
        with open(os.path.join(self.directory, "issuer.pem"), "rb") as file:
            issuer = x509.load_pem_x509_certificate(file.read())
        with open(key_path, "rb") as file:
            issuer_key = serialization.load_pem_private_key(file.read(), None)
        certificate, key = self.make(kind, ca=issuer, ca_key=issuer_key)
        with open(certificate, "ab") as file:
            file.write(issuer.public_bytes(serialization.Encoding.PEM))
        return certificate, key

    def sha1(self, kind):
        base = os.path.join(self.directory, kind)
        with open(base + ".ext", "w", encoding="ascii") as file:
            file.write(f"basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
                       f"subjectAltName=URI:{IDENTITY},email:ana@example.com\n")
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=10)
        run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=sha1", "-keyout",
            base + ".key", "-out", base + ".csr")
        run("x509", "-req", "-sha1", "-in", base + ".csr", "-CA", self.ca_path, "-CAkey", self.ca_key_path, "-set_serial", "4711",
            "-days", "30", "-extfile", base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"


KINDS = {
    "well_formed": lambda m, k: m.make(k),
    "expired": lambda m, k: m.make(k, begins=-30, ends=-1),
    "not_yet_valid": lambda m, k: m.make(k, begins=1),
    "wrong_ca": lambda m, k: m.wrong_ca(k),
    "below_a_device": lambda m, k: m.below_a_device(k),
    "wrong_eku": lambda m, k: m.make(k, usages=(SERVER,)),
    "no_eku": lambda m, k: m.make(k, usages=()),
    "no_digital_signature": lambda m, k: m.make(k, signs=False),
    "authority": lambda m, k: m.make(k, authority=True),
    "two_identities": lambda m, k: m.make(k, names=(IDENTITY, "spiffe://example.com/device/other")),
    "no_identity": lambda m, k: m.make(k, names=()),
    "foreign_domain": lambda m, k: m.make(k, names=("spiffe://example.org/device/well-formed",)),
    "no_user": lambda m, k: m.make(k, users=()),
    "two_users": lambda m, k: m.make(k, users=("ana@example.com", "bo@example.com")),
    "critical_extension": lambda m, k: m.make(k, extension=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\0")),
    "rsa_1024": lambda m, k: m.make(k, key=rsa.generate_private_key(65537, 1024)),
    "sha1": lambda m, k: m.sha1(k),
    "none": lambda m, k: (None, None),
}


def show(endpoint, name, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if certificate:
        context.load_cert_chain(certificate, key)
    answer, error, closed = b"", "", None
    began = time.monotonic()
    try:
        with context.wrap_socket(socket.create_connection(endpoint, timeout=3), server_hostname=name) as tls:
            began = time.monotonic()
            tls.sendall(REQUEST.format(name=name).encode())
            while chunk := tls.recv(4096):
                answer += chunk
        closed = time.monotonic() - began
    except socket.timeout:
        error = "nothing came"
    except OSError as problem:
        closed, error = time.monotonic() - began, str(problem)
    return {"answer": answer.decode("latin-1")[:60], "closed_after": closed, "error": error}


def main(arguments):
    if len(arguments) < 5:
        sys.exit(__doc__)
    maker = Maker(*arguments[2:5])
    for kind in arguments[5:] or KINDS:
        result = show(split_endpoint(arguments[0]), arguments[1], *KINDS[kind](maker, kind))
        print(json.dumps({"kind": kind, **result}), flush=True)
        time.sleep(0.06)


if __name__ == "__main__":
    main(sys.argv[1:])
