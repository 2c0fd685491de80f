# SPDX-License-Identifier: Apache-2.0
"""DANE for XMPP against a signed zone and a resolver that validates it: what a TLSA record says
decides, and what is not signed as it should be opens nothing (xmpp 1.4, 1.10, 3.5)."""

import concurrent.futures
import hashlib
import subprocess
import sys

from tests.harness import dnssec, pki, results
from tests.harness.dns import srv
from tests.harness.node import GROUND, Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.harness.xmpp import PING, SECRET, Component

CONFIG = GROUND + """[listen.xmpp]
addr = ["127.0.0.1:{port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "open"
[xmpp]
hosts = {hosts}
trust = "verify"
loopback_addresses = true
retry = ["1s"]
{more}
"""

COMPONENT = """
[component."gw.{name}.example"]
role = "accept"
addr = "127.0.0.1:{port}"
secret = "file:{secret}"
"""

# So that the answers find their way without names.
BACK = """
[[route]]
match = "*.a.example"
protocol = "xmpp"
via = "127.0.0.1:{port}"
"""
# To hosts of which the DNS says which key they have; the domains are behind none of them.
BY_HOST = """
[[route]]
match = "{name}.example"
protocol = "xmpp"
via = "{host}.example:{port}"
tls = "verify"
"""
WORLD = None


def key_digest(certificate):
    """Of the SubjectPublicKeyInfo, as TLSA 3 1 1 has it."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key,
                         check=True, capture_output=True).stdout
    return hashlib.sha256(der).hexdigest()


class World:
    """a.example among four names: b and w are served with a certificate that no authority issued,
    x and y with one that everybody believes."""

    def __init__(self, workspace):
        ca, nobody = (pki.Authority(workspace.folder(name)) for name in ("pki", "pki-nobody"))
        self.workspace, self.ca = workspace, ca
        own = ca.issue("a.example", "*.a.example")
        unknown = nobody.issue("b.example", "gw.b.example")
        known = ca.issue("x.example", "y.example", "gw.x.example", "gw.y.example")
        self.ports = {name: free_port()
                      for name in ("a", "unknown", "known", "component", "theirs")}
        self.digests = {"unknown": key_digest(unknown[0]), "known": key_digest(known[0])}
        # x: its TLSA record, y: its SRV record is not what was signed.
        self.forged = {f"TLSA\t3 1 1 {self.digests['known']}": "TLSA\t3 1 1 " + "00" * 32,
                       "10 1 ": "10 2 "}
        self.dns = dnssec.SignedDns(workspace, self.records(), free_port(), self.forged)
        self.resolver = dnssec.Validator(workspace, self.dns)
        secret = workspace.file("secret", SECRET, 0o600)
        back = BACK.format(port=self.ports["a"])
        theirs = COMPONENT.format(name="x", port=self.ports["theirs"], secret=secret)
        self.node("unknown", "b.example", unknown, [f"{one}.example" for one in "bwrqp"], back)
        self.node("known", "x.example", known, ["x.example", "y.example"], back + theirs)
        self.a = self.node("a", "a.example", own, ["a.example"], COMPONENT.format(
            name="a", port=self.ports["component"], secret=secret) + "".join(
                BY_HOST.format(name=name, host=host, port=self.ports["unknown"])
                for name, host in (("r", "host-b"), ("q", "host-w"), ("p", "plain"))))
        self.ours = Component("127.0.0.1", self.ports["component"], "gw.a.example").up()
        self.theirs = Component("127.0.0.1", self.ports["theirs"], "gw.x.example").up()
        # Each takes the minute after which an iq is given up; so they wait together.
        asking = concurrent.futures.ThreadPoolExecutor()
        self.asked = {name: asking.submit(self.ours.ask, f"{name}.example", PING, 90)
                      for name in ("w", "x", "y")}

    def node(self, name, domain, certificate, hosts, more):
        return Node(self.workspace, name, CONFIG.format(
            domain=domain, port=self.ports[name], dns=self.resolver.port, cert=certificate[0],
            key=certificate[1], ca=self.ca.certificate, hosts=str(hosts).replace("'", '"'),
            more=more)).start()

    def records(self):
        found = []
        for name, server in (("b", "unknown"), ("w", "unknown"), ("x", "known"), ("y", "known")):
            port = self.ports[server]
            found += [srv(name, f"host-{name}", port), f"host-{name} A 127.0.0.1"]
            if name != "y":
                digest = "11" * 32 if name == "w" else self.digests[server]
                found.append(f"_{port}._tcp.host-{name} TLSA 3 1 1 {digest}")
        found = [line.replace("SRV 10 0", "SRV 10 1") if "._tcp.y " in line else line
                 for line in found]
        return found + ["plain A 127.0.0.1", srv("gw.x", "host-x", self.ports["known"])]

    def look(self, name):
        """What `explain` says of it: (exit code, text)."""
        code, text, errors = self.a.say("explain", "xmpp", f"{name}.example")
        return code, text + errors


def good():
    """a certificate that no authority issued is good where a signed TLSA record names its key"""
    answer = WORLD.ours.ask("b.example", PING)
    assert answer.get("type") == "result", answer
    code, text = WORLD.look("b")
    assert code == 0 and "DNSSEC yes" in text and "TLSA 3 1 1" in text, text


def wrong():
    """where the TLSA record names another key nothing makes up for it"""
    answer = WORLD.asked["w"].result()
    assert answer.get("type") == "error", answer
    code, text = WORLD.look("w")
    assert code != 0 and "dane" in text, text


def by_route():
    """a route that names a host goes there by the host's TLSA record alone, whoever vouches for the
    certificate and whatever names it has"""
    code, text = WORLD.look("r")
    assert code == 0 and "TLSA 3 1 1" in text, text
    code, text = WORLD.look("q")
    assert code != 0 and "dane" in text, text
    code, text = WORLD.look("p")        # without a record the authorities count, and the name
    assert code != 0 and "dane" not in text, text


def bogus():
    """a TLSA or SRV answer with a wrong signature is none: nothing goes there although authorities
    vouch for the certificate; what waits arrives once the signatures are right"""
    name = WORLD.ours.message("u", "v@gw.x.example", "later")
    for domain in ("x", "y"):
        answer = WORLD.asked[domain].result()
        assert answer.get("type") == "error", f"{domain}: {answer}"
        assert answer.child("error").get("type") == "wait", f"{domain}: {answer}"
        code, text = WORLD.look(domain)
        assert code != 0 and "no answer" in text, text
    assert not [one for one in WORLD.theirs.received if one.get("id") == name], "it went there"
    WORLD.dns.forged = {}
    WORLD.dns.change(WORLD.records())
    WORLD.theirs.wait(lambda one: one.get("id") == name, 90, "the message that waited")
    eventually(lambda: WORLD.look("y")[0] == 0, "y.example is found again")


TESTS = [good, wrong, by_route, bogus]


def main():
    global WORLD
    with Workspace("xmpp-dane") as workspace:
        if absent := dnssec.missing():
            for test in TESTS:
                results.record("skip", f"system DANE: {test.__doc__}")
            print(f"system: DANE: skipped: not installed: {', '.join(absent)}")
            return 0
        WORLD = World(workspace)
        return results.run_all("system DANE", TESTS)


if __name__ == "__main__":
    sys.exit(main())
