# SPDX-License-Identifier: Apache-2.0
"""Routes that say whose certificate the next hop has to show, or which key (xmpp 1.7)."""

import sys

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, free_port
from tests.harness.xmpp import SECRET, Component
from tests.system.xmpp_dane import COMPONENT, CONFIG, key_digest

ROUTE = """
[[route]]
match = "{match}"
protocol = "xmpp"
via = "127.0.0.1:{port}"
tls = "verify"
{more}
"""
WORLD = None


class World:
    """hub.example shows a good certificate for its own name alone, pinned.example one that nobody
    vouches for. Behind each is one domain, and each hosts another one."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.ca, nobody = (pki.Authority(workspace.folder(name)) for name in ("pki", "pki-nobody"))
        unknown = nobody.issue("pinned.example")
        self.ports = {name: free_port() for name in
                      ("a", "hub", "pinned", "gw", "behind-hub", "behind-pinned")}
        self.secret = workspace.file("secret", SECRET, 0o600)
        self.pin = key_digest(unknown[0])
        self.node("hub", self.ca.issue("hub.example"), ["hub.example", "b2.example"],
                  self.component("b1.example", "behind-hub"))
        self.node("pinned", unknown, ["pinned.example", "b4.example"],
                  self.component("b3.example", "behind-pinned"))
        routes = "".join(ROUTE.format(match=f"{name}.example", port=self.ports[hop], more=more)
                         for name, hop, more in (
                             ("b1", "hub", 'identity = "hub.example"'),
                             ("b2", "hub", ""),
                             ("b3", "pinned", f'pin = "sha256:{self.pin}"'),
                             ("b4", "pinned", f'pin = "{"0" * 64}"')))
        self.a = self.node("a", self.ca.issue("a.example", "*.a.example"), ["a.example"],
                           self.component("gw.a.example", "gw") + routes)
        self.ours = Component("127.0.0.1", self.ports["gw"], "gw.a.example").up()
        self.theirs = {domain: Component("127.0.0.1", self.ports[port], domain).up()
                       for domain, port in (("b1.example", "behind-hub"),
                                            ("b3.example", "behind-pinned"))}

    def component(self, domain, port):
        return COMPONENT.replace("gw.{name}.example", domain).format(
            port=self.ports[port], secret=self.secret)

    def node(self, name, certificate, hosts, more):
        return Node(self.workspace, name, CONFIG.format(
            domain=hosts[0], port=self.ports[name], dns=free_port(), cert=certificate[0],
            key=certificate[1], ca=self.ca.certificate, hosts=str(hosts).replace("'", '"'),
            more=more)).start()

    def arrives(self, domain):
        name = self.ours.message("u", f"v@{domain}", "by route")
        self.theirs[domain].wait(lambda one: one.get("id") == name)

    def look(self, domain):
        code, text, errors = self.a.say("explain", "xmpp", domain)
        return code, text + errors


def identity():
    """a next hop that shows the name its route says is the right one, and no other name will do"""
    WORLD.arrives("b1.example")
    code, text = WORLD.look("b1.example")
    assert code == 0 and "has to be hub.example" in text, text
    code, text = WORLD.look("b2.example")
    assert code != 0 and "not b2.example" in text, text


def pin():
    """a next hop that shows the pinned key is the right one, whoever signed it; with another key
    nothing goes there"""
    WORLD.arrives("b3.example")
    code, text = WORLD.look("b3.example")
    assert code == 0 and f"pinned key {WORLD.pin}" in text, text
    code, text = WORLD.look("b4.example")
    assert code != 0 and "another key than its route pins" in text, text
    code, text, _ = WORLD.a.say("route", "test", "u@gw.a.example", "v@b3.example", "--proto",
                                "xmpp")
    assert f"pinned key {WORLD.pin}" in text, (code, text)


TESTS = [identity, pin]


def main():
    global WORLD
    with Workspace("xmpp-routes") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP routes", TESTS)


if __name__ == "__main__":
    sys.exit(main())
