#!/usr/bin/env python3
"""A device with a certificate of the lab's authority and a record in its gateway's database, made without Sallyport: for
lives shorter than it issues, and for names that it refuses.

usage: forge_device.py STATE DEVICE USER KEY OUT SECONDS

STATE is the gateway's. KEY is read, or made when there is none; OUT gets the certificate. Prints its end, in seconds
since 1970.
"""
import datetime
import os
import sqlite3
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def key_of(path):
    if os.path.exists(path):
        with open(path, "rb") as file:
            return serialization.load_pem_private_key(file.read(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return key


def forge(state, device, user, key_path, out, seconds):
    with open(state + "/ca/ca.pem", "rb") as file:
        ca = x509.load_pem_x509_certificate(file.read())
    with open(state + "/ca/ca.key", "rb") as file:
        ca_key = serialization.load_pem_private_key(file.read(), None)
    key = key_of(key_path)
    domain = "example.com"
    now = datetime.datetime.utcnow().replace(microsecond=0)
    end = now + datetime.timedelta(seconds=seconds)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://{domain}/device/{device}"),
                                         x509.RFC822Name(user)])
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)]))
        .issuer_name(ca.subject).public_key(key.public_key()).serial_number(x509.random_serial_number() | 1 << 156)
        .not_valid_before(now - datetime.timedelta(minutes=1)).not_valid_after(end).add_extension(names, False)
        .add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False)
        .sign(ca_key, hashes.SHA256()))
    until = int(end.replace(tzinfo=datetime.timezone.utc).timestamp())
    serial = "%040x" % certificate.serial_number
    database = sqlite3.connect(state + "/gateway.db", timeout=10)
    with database:
        database.execute("INSERT INTO certificates VALUES (?, 'device', ?, ?, NULL)", (serial, device, until))
        database.execute("INSERT INTO devices VALUES (?, ?, 'active', ?, ?, ?, NULL)",
                         (device, user, serial, until, until - seconds))
    database.close()
    with open(out + ".new", "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    os.rename(out + ".new", out)
    return until


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    print(forge(*sys.argv[1:6], int(sys.argv[6])))
