# SPDX-License-Identifier: Apache-2.0
"""A real DNS server (NSD) that serves the zone `example.` to one test."""

import os
import shutil
import socket
import struct
import subprocess

from tests.harness.workspace import eventually, stop

ZONE_HEAD = """$ORIGIN example.
$TTL 30
@ SOA ns.example. hostmaster.example. {serial} 3600 600 86400 30
@ NS ns.example.
ns A 127.0.0.1
"""


def srv(name, target, port=5269, priority=10, service="xmpp-server"):
    """The zone file line by which `name`.example is found at `target`.example."""
    return f"_{service}._tcp.{name} SRV {priority} 0 {port} {target}"


class DnsServer:
    """`records` are zone file lines relative to `example.`, such as "b MX 10 mx.b". For names in
    the zones `broken` (such as "lost", for lost.example) it answers SERVFAIL."""

    def __init__(self, workspace, records, host="127.0.0.1", port=53, broken=(), name=""):
        self.workspace, self.host, self.port = workspace, host, port
        self.broken = broken
        self.name = f"dns-{name or port}"
        self.folder = workspace.folder(self.name)
        self.serial = 0
        self.process = None
        self.write(records)
        self.start()

    def write(self, records):
        self.serial += 1
        with open(os.path.join(self.folder, "example.zone"), "w", encoding="utf-8") as out:
            out.write(ZONE_HEAD.format(serial=self.serial))
            out.write("\n".join(records) + "\n")

    def start(self):
        config = os.path.join(self.folder, "nsd.conf")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"""server:
  ip-address: {self.host}@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: ""
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: "{self.folder}/xfrd.state"
  server-count: 1
  hide-version: yes
remote-control:
  control-enable: no
zone:
  name: example
  zonefile: example.zone
""")
            for name in self.broken:
                out.write(f'zone:\n  name: {name}.example\n  zonefile: "no-such-file"\n')
        self.process = self.workspace.start([shutil.which("nsd", path=PATH), "-d", "-c", config],
                                            f"{self.name}/log")
        eventually(lambda: self.answers() or self.process.poll() is not None, "DNS is up")
        assert self.process.poll() is None, "the DNS server ended at once: see its log"

    def change(self, records, broken=()):
        stop(self.process)
        self.broken = broken
        self.write(records)
        self.start()

    def answers(self):
        query = (struct.pack(">HHHHHH", 77, 0x0100, 1, 0, 0, 0)
                 + b"\x02ns\x07example\x00" + struct.pack(">HH", 1, 1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.5)
            try:
                probe.sendto(query, (self.host, self.port))
                return probe.recv(512)[:2] == query[:2]
            except OSError:
                return False


PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def available():
    return shutil.which("nsd", path=PATH) is not None
