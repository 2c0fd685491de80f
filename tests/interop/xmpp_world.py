# SPDX-License-Identifier: Apache-2.0
"""The little internet of the XMPP tests: names, certificates, peers, and hanse as a.example among
them. Prosody can stand in for hanse, which shows that a test asks nothing impossible."""

import hashlib
import json
import os
import ssl

from tests.harness import dns, namespace, pki
from tests.harness.dns import srv
from tests.harness.node import Node
from tests.harness.results import Skip
from tests.harness.workspace import answers, eventually
from tests.harness.xmpp import SECRET, Component
from tests.harness.xmpp_peers import COMPONENT_PORT, Ejabberd, Jabberd2, Prosody

US = "127.0.77.1"
# What each name's server is and where; its domain is NAME.example.
HOSTS = {"a": US, "b": "127.0.77.2", "bd": "127.0.77.3", "bw": "127.0.77.4", "bt": "127.0.77.5",
         "c": "127.0.77.6", "cd": "127.0.77.7", "d": "127.0.77.8", "f": "127.0.77.9"}
OURS = ("gw.a.example", "gwd.a.example")
PINNED = ("pinned", "otherwise")  # below bd.example: by its own certificate, by another one
BLACK_HOLE = "::1"  # a test lets the backlog of its port 5269 run full
DEAD = "127.0.77.99"


def records():
    found = [f"xmpp.{name} A {host}" for name, host in HOSTS.items()]
    for name in HOSTS:
        found += [srv(prefix + name, f"xmpp.{name}") for prefix in ("", "gw.", "muc.")]
        # Names with a d are reached by direct TLS alone.
        found += [srv(prefix + name, f"xmpp.{name}", 5270, service="xmpps-server")
                  for prefix in ("gwd.", "mucd.")]
    found += [srv(f"{name}.f", "xmpp.f") for name in ("expired", "wrong", "server")]
    found += [srv(f"{name}.bd", "xmpp.bd") for name in PINNED]
    found += [f"dead.b A {DEAD}", srv("gws.b", "dead.b", priority=5), srv("gws.b", "xmpp.b"),
              f"v6.b AAAA {BLACK_HOLE}", f"v6.b A {HOSTS['b']}", srv("gwv6.b", "v6.b")]
    return found


LOST = [srv("gw.lost", "xmpp.b")]  # served only after its zone is no longer broken

HANSE = """
[node]
domain = "a.example"
data_dir = "{{folder}}/data"
[listen.xmpp]
addr = ["{host}:5269", "{host}:5270"]
[control]
socket = "{{folder}}/control.sock"
[dns]
servers = ["127.0.0.1:53"]
[tls]
cert = "file:{cert}"
key = "file:{key}"
ca = "{ca}"
[limits]
connections_per_prefix_max = 200
[policy]
unknown_peers = "open"
[xmpp]
hosts = ["a.example"]
trust = "verify"
loopback_addresses = true
retry = ["1s"]
{more}
"""

HANSE_COMPONENT = """
[component."{name}"]
role = "accept"
addr = "{host}:{port}"
secret = "file:{secret}"
"""

HANSE_PEER = """
[peer."{name}"]
state = "active"
role = "peer"
scopes = ["xmpp"]
xmpp_trust = "dialback"
fingerprints = {pins}
"""


class Hanse:
    """hanse with components behind it, with the face of the other peers."""

    def __init__(self, workspace, certificate, known, components, peers):
        self.host, self.domain, self.behind = US, "a.example", {}
        self.components = components
        secret = workspace.file("hanse/secret", SECRET, 0o600)
        more = "".join(HANSE_COMPONENT.format(name=name, host=US, port=COMPONENT_PORT + number,
                                              secret=secret)
                       for number, name in enumerate(components))
        more += "".join(HANSE_PEER.format(name=name, pins=json.dumps(pins))
                        for name, pins in peers.items())
        self.node = Node(workspace, "hanse", HANSE.format(
            host=US, cert=certificate[0], key=certificate[1], ca=known, more=more))

    @property
    def process(self):
        return self.node.process

    def start(self):
        self.node.start()
        for number, name in enumerate(self.components):
            if name not in self.behind:
                self.behind[name] = Component(US, COMPONENT_PORT + number, name)
            self.behind[name].up()
        return self

    def log_text(self):
        return self.node.log_text()


FAULTS = """
Component "{name}.f.example"
  component_secret = "{secret}"
  ssl = {{ cafile = "{ca}", key = "{key}", certificate = "{cert}" }}
  s2s_ssl = ssl
"""


class World:
    def __init__(self, workspace, stand_in):
        self.workspace, self.stand_in = workspace, stand_in
        namespace.enter(workspace)
        self.ca = pki.Authority(workspace.folder("pki"))
        self.other = pki.Authority(workspace.folder("pki-other"), "Unknown CA")
        self.dns = dns.DnsServer(workspace, records(), broken=["lost"])
        self.peers, self.missing = {}, {}
        self.prosody("b", ["gw.b.example", "gwd.b.example", "gws.b.example", "gwv6.b.example",
                           "gw.lost.example"])
        self.prosody("bd", ["gw.bd.example", *(f"{name}.bd.example" for name in PINNED)],
                     dialback=True)
        self.prosody("bw", ["gw.bw.example"], bidi=True)
        self.prosody("bt", ["gw.bt.example"], bidi=True)
        self.ejabberd("c", ["gw.c.example", "gwd.c.example"])
        self.ejabberd("cd", ["gw.cd.example"], dialback=True)
        self.add("d", Jabberd2, (self.certificate("d"), self.ca.certificate), ["gw.d.example"])
        self.faulty()
        dialback = [f"{prefix}{name}.example" for name in ("bd", "cd", "d")
                    for prefix in ("", "gw.", "muc.")]
        certificate = self.certificate("a")
        if stand_in:
            self.us = Prosody(workspace, US, "a.example", certificate, self.ca.certificate, OURS,
                              bidi=True, dialback=True, more='s2s_secure_auth = true\n'
                              f's2s_insecure_domains = {lua(dialback)}')
        else:
            peers = dict.fromkeys(dialback, [])
            peers["pinned.bd.example"] = [fingerprint(self.peers["bd"].certificate[0])]
            peers["otherwise.bd.example"] = [fingerprint(certificate[0])]
            self.us = Hanse(workspace, certificate, self.ca.certificate, OURS, peers)

    def start(self):
        for peer in [*self.peers.values(), self.us]:
            peer.start()
        return self

    def certificate(self, name, *more, authority=None):
        return (authority or self.ca).issue(f"{name}.example", f"*.{name}.example", *more)

    def add(self, name, kind, trust, components, rooms=(), **options):
        try:
            self.peers[name] = kind(self.workspace, HOSTS[name], f"{name}.example", *trust,
                                    components, rooms, **options)
        except Skip as skip:
            if kind is Prosody:  # without which little is left
                raise
            self.missing[name] = str(skip)

    def peer(self, name):
        if name in self.missing:
            raise Skip(self.missing[name])
        return self.peers[name]

    def trust_for(self, name, options):
        """Dialback peers hold a certificate nobody knows and know nobody's: EXTERNAL cannot be."""
        if options.get("dialback"):
            return self.certificate(name, authority=self.other), self.other.certificate
        return self.certificate(name, "gw.lost.example"), self.ca.certificate

    def prosody(self, name, components, **options):
        rooms = [f"muc.{name}.example"] + [f"mucd.{name}.example"] * (name == "b")
        self.add(name, Prosody, self.trust_for(name, options), components, rooms, **options)

    def ejabberd(self, name, components, **options):
        rooms = [f"muc.{name}.example"] + [f"mucd.{name}.example"] * (name == "c")
        self.add(name, Ejabberd, self.trust_for(name, options), components, rooms, **options)

    def faulty(self):
        """One Prosody with a component for each certificate that is not as it should be."""
        self.bad = {
            "expired": self.ca.issue("expired.f.example", days=-1),
            "wrong": self.ca.issue("elsewhere.example", file="wrong"),
            "server": self.ca.issue("server.f.example", purposes="serverAuth")}
        more = "".join(FAULTS.format(name=name, secret=SECRET, ca=self.ca.certificate,
                                     cert=files[0], key=files[1])
                       for name, files in self.bad.items())
        self.add("f", Prosody, (self.certificate("f"), self.ca.certificate), (), after=more)
        self.peers["f"].components = [f"{name}.f.example" for name in self.bad]

    def ours(self, name="gw"):
        return self.us.behind[f"{name}.a.example"]

    def theirs(self, name, prefix="gw"):
        return self.peer(name).behind[f"{prefix}.{name}.example"]

    def hanse(self):
        """hanse itself, for what a stand-in cannot do."""
        return None if self.stand_in else self.us.node

    def swap(self, target, source):
        """Puts another certificate and its key where the first ones are."""
        for to, of in zip(target, source):
            with open(of, encoding="ascii") as new, open(to + ".new", "w",
                                                         encoding="ascii") as out:
                out.write(new.read())
            os.chmod(to + ".new", 0o600)
            os.replace(to + ".new", to)

    def wait_for_port(self, name):
        eventually(lambda: answers(HOSTS[name], 5269), f"{name} listens")


def fingerprint(certificate):
    with open(certificate, encoding="ascii") as text:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text.read())).hexdigest()


def lua(words):
    return "{ " + ", ".join(f'"{word}"' for word in words) + " }"
