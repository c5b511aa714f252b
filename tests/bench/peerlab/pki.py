"""An authority, a gateway and a laptop for peers that want certificates: P-256, as Sallyport's own."""
import subprocess


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def key(folder, name):
    openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")


def issue(folder, name, extensions):
    key(folder, name)
    openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}/UID={name}", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(extensions)
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make(folder, address):
    key(folder, "ca")
    openssl(folder, "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=bench", "-days", "30", "-out", "ca.pem")
    issue(folder, "gateway", f"subjectAltName=IP:{address}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
    issue(folder, "laptop", "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n")
