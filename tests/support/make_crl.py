#!/usr/bin/env python3
"""A revocation list signed by the lab's authority, or by a stranger with its name.

usage: make_crl.py CA_CERTIFICATE CA_KEY OUT NUMBER DAYS_FROM DAYS_UNTIL [forged]
"""
import datetime
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def main(ca_path, key_path, out, number, begins, ends, forged=""):
    with open(ca_path, "rb") as file:
        ca = x509.load_pem_x509_certificate(file.read())
    with open(key_path, "rb") as file:
        key = serialization.load_pem_private_key(file.read(), None)
    now = datetime.datetime.utcnow()
    crl = (x509.CertificateRevocationListBuilder().issuer_name(ca.subject)
           .last_update(now + datetime.timedelta(days=float(begins))).next_update(now + datetime.timedelta(days=float(ends)))
           .add_extension(x509.CRLNumber(int(number)), False)
           .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
               ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value), False)
           .sign(ec.generate_private_key(ec.SECP256R1()) if forged else key, hashes.SHA256()))
    with open(out + ".new", "wb") as file:
        file.write(crl.public_bytes(serialization.Encoding.PEM))
    os.chmod(out + ".new", 0o600)
    os.rename(out + ".new", out)


if __name__ == "__main__":
    if len(sys.argv) < 7:
        sys.exit(__doc__)
    main(*sys.argv[1:])
