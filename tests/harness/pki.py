# SPDX-License-Identifier: Apache-2.0
"""A private certificate authority for tests, by the openssl command."""

import os
import subprocess


class Authority:
    def __init__(self, folder, name="Test CA"):
        self.folder = folder
        self.certificate = os.path.join(folder, "ca.pem")
        self.key = os.path.join(folder, "ca.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30", "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.certificate)

    def issue(self, *names, owner=None, file=None, days=30, purposes="serverAuth,clientAuth"):
        """A certificate for DNS names; returns (certificate file, key file). Negative `days`
        make one that has expired."""
        base = os.path.join(self.folder, file or names[0])
        extensions = base + ".ext"
        with open(extensions, "w", encoding="utf-8") as out:
            out.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
            out.write(f"extendedKeyUsage={purposes}\n")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={names[0]}", "-keyout", base + ".key", "-out", base + ".csr")
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", str(days), "-extfile", extensions,
                "-out", base + ".pem")
        os.chmod(base + ".key", 0o600)
        if owner is not None:
            os.chown(base + ".key", owner, -1)
        return base + ".pem", base + ".key"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
