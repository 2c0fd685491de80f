# SPDX-License-Identifier: Apache-2.0
"""The real daemon as a component of a real Prosody (XEP-0114, xmpp 13 b): what is behind it is a
gateway, a server that a route leads to, or the node itself."""

import sys

from tests.harness import dns, namespace, pki, results
from tests.harness.dns import srv
from tests.harness.node import GROUND, Node
from tests.harness.workspace import Workspace, eventually
from tests.harness.xmpp import PING, SECRET, Component
from tests.harness.xmpp_peers import COMPONENT_PORT, Prosody

US, SERVER, FAR = "127.0.77.1", "127.0.77.2", "127.0.77.3"
GATEWAY_PORT = 5348
DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"

CONFIG = GROUND + f"""[listen.xmpp]
addr = ["{US}:5269"]
[dns]
servers = ["127.0.0.1:53"]
[xmpp]
unknown_peers = "open"
relay_from = ["127.0.0.0/8"]
retry = ["1s"]
[component."gw.b.example"]
role = "connect"
addr = "{SERVER}:{COMPONENT_PORT}"
gateway = "{US}:{GATEWAY_PORT}"
secret = "file:{{secret}}"
[component."node.b.example"]
role = "connect"
addr = "{SERVER}:{COMPONENT_PORT}"
secret = "file:{{secret}}"
[component."far.b.example"]
role = "connect"
addr = "{SERVER}:{COMPONENT_PORT}"
secret = "file:{{secret}}"
[[route]]
match = "far.b.example"
protocol = "xmpp"
via = "{FAR}:5269"
tls = "encrypt"
"""
OURS = ("gw.b.example", "node.b.example", "far.b.example")

WORLD = None


class World:
    def __init__(self, workspace):
        namespace.enter(workspace)
        ca = pki.Authority(workspace.folder("pki"))
        self.dns = dns.DnsServer(workspace, [f"xmpp.a A {US}", srv("bot.b", "xmpp.a")])
        ours = "".join(f'Component "{name}"\n  component_secret = "{SECRET}"\n' for name in OURS)
        self.server = Prosody(workspace, SERVER, "b.example", ca.issue("b.example"),
                              ca.certificate, ["bot.b.example"], after=ours).start()
        self.far = Prosody(workspace, FAR, "x.example", ca.issue("x.example", "far.b.example"),
                           ca.certificate, ["far.b.example"], dialback=True).start()
        cert, key = ca.issue("a.example")
        self.node = Node(workspace, "hanse", CONFIG.format(
            domain="a.example", cert=cert, key=key, ca=ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600))).start()
        self.gateway = Component(US, GATEWAY_PORT, "gw.b.example").up()

    @property
    def user(self):
        """Somebody at the server."""
        return self.server.behind["bot.b.example"]

    def there(self, name):
        """Until the server knows that component, and whatever is behind it answers."""
        eventually(lambda: self.user.ask(name, PING, 5).get("type") == "result",
                   f"{name} answers the server's users")


def at_the_start():
    """it connects with nothing to send, and the server's users reach the gateway behind it"""
    WORLD.there("gw.b.example")
    name = WORLD.user.message("u", "v@gw.b.example", "to the gateway")
    got = WORLD.gateway.wait(lambda one: one.get("id") == name)
    assert (got.get("from"), got.get("to")) == ("u@bot.b.example", "v@gw.b.example"), got
    name = WORLD.gateway.message("v", "u@bot.b.example", "to the user")
    got = WORLD.user.wait(lambda one: one.get("id") == name)
    assert got.get("from") == "v@gw.b.example", got


def node_itself():
    """where nobody is behind it the node answers for the domain"""
    WORLD.there("node.b.example")
    assert WORLD.user.ask("node.b.example", DISCO).get("type") == "result"
    name = WORLD.user.message("u", "v@node.b.example", "nobody there")
    back = WORLD.user.wait(lambda one: one.get("id") == name and one.get("type") == "error")
    assert back.child("error").elements()[0].name == "service-unavailable", back


def server_behind():
    """a route leads on to a server by s2s, and what that one says comes to the server's users"""
    WORLD.there("far.b.example")
    far = WORLD.far.behind["far.b.example"]
    name = WORLD.user.message("u", "v@far.b.example", "far away")
    got = far.wait(lambda one: one.get("id") == name)
    assert got.get("from") == "u@bot.b.example", got
    name = far.message("v", "u@bot.b.example", "from afar")
    WORLD.user.wait(lambda one: one.get("id") == name)


def server_lost():
    """while the server is down messages wait, and when it is there again nobody has to say so"""
    WORLD.there("gw.b.example")
    WORLD.server.kill()
    names = [WORLD.gateway.message("v", "u@bot.b.example", f"number {at}") for at in range(20)]
    WORLD.server.start()
    WORLD.user.wait(lambda one: one.get("id") == names[-1])
    came = [one.get("id") for one in WORLD.user.messages("u@bot.b.example")
            if one.get("id") in names]
    assert came == names, f"{came}, and not {names}"
    WORLD.there("node.b.example")   # which had nothing to send


def gateway_lost():
    """while the gateway is away what is for it waits, and iq are not left without an answer"""
    WORLD.gateway.close()
    name = WORLD.user.message("u", "v@gw.b.example", "when you are back")
    WORLD.gateway = Component(US, GATEWAY_PORT, "gw.b.example").up()
    WORLD.gateway.wait(lambda one: one.get("id") == name)
    assert name not in WORLD.user.returned()


TESTS = [at_the_start, node_itself, server_behind, server_lost, gateway_lost]


def main():
    global WORLD
    with Workspace("xmpp-as-component") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP as a component", TESTS)


if __name__ == "__main__":
    sys.exit(main())
