# SPDX-License-Identifier: Apache-2.0
"""A signed zone `example.` and a resolver that validates it (ldns, NSD, Unbound)."""

import glob
import os
import shutil
import subprocess

from tests.harness.dns import PATH, DnsServer
from tests.harness.workspace import answers, eventually, free_port

UNBOUND = """server:
  interface: 127.0.0.1@{port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  verbosity: 1
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "{anchor}"
  val-bogus-ttl: 1
  cache-max-ttl: 1
  cache-max-negative-ttl: 1
remote-control:
  control-enable: no
stub-zone:
  name: "example."
  stub-addr: 127.0.0.1@{zone_port}
"""


def missing():
    """The programs this needs and that are not there."""
    return [name for name in ("nsd", "ldns-keygen", "ldns-signzone", "unbound")
            if shutil.which(name, path=PATH) is None]


class SignedDns(DnsServer):
    """Signs what it is given. `forged` maps texts of the signed zone to what stands there instead,
    so that the signature of that record is wrong."""

    def __init__(self, workspace, records, port, forged=None):
        self.forged = forged or {}
        self.key = None
        super().__init__(workspace, records, port=port, name="signed")

    def write(self, records):
        super().write(records)
        if self.key is None:
            made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "example"],
                                  cwd=self.folder, check=True, capture_output=True)
            self.key = made.stdout.decode().strip()
        subprocess.run(["ldns-signzone", "-f", "signed.zone", "example.zone", self.key],
                       cwd=self.folder, check=True, capture_output=True)
        with open(os.path.join(self.folder, "signed.zone"), encoding="ascii") as signed:
            text = signed.read()
        for genuine, forgery in self.forged.items():
            assert genuine in text, f"{genuine} is not in the signed zone"
            text = text.replace(genuine, forgery)
        with open(os.path.join(self.folder, "example.zone"), "w", encoding="ascii") as out:
            out.write(text)

    def anchor(self):
        return glob.glob(os.path.join(self.folder, "Kexample*.ds"))[0]


class Validator:
    """A resolver on a high port that knows the zone's key."""

    def __init__(self, workspace, zone):
        self.port = free_port()
        config = workspace.file("unbound/unbound.conf", UNBOUND.format(
            port=self.port, folder=workspace.folder("unbound"), anchor=zone.anchor(),
            zone_port=zone.port))
        self.process = workspace.start([shutil.which("unbound", path=PATH), "-d", "-c", config],
                                       "unbound/log")
        eventually(lambda: answers("127.0.0.1", self.port) or self.process.poll() is not None,
                   "the validating resolver is up")
        assert self.process.poll() is None, "the resolver ended at once: see its log"
