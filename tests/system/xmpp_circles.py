# SPDX-License-Identifier: Apache-2.0
"""Streams that a peer ends over what it was sent: two nodes, each of which has a route for
x.example that leads to the other (xmpp 4.8), and a server that does not take one of many."""

import sys

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.harness.xmpp import PING, SECRET, Component
from tests.harness.xmpp_server import Server
from tests.system.xmpp_dane import COMPONENT, CONFIG

ROUTE = """
[[route]]
match = "{match}"
protocol = "xmpp"
via = "127.0.0.1:{port}"
tls = "verify"
identity = "{hop}.example"
"""
NAMES = ("a", "b")
WORLD = None


def refuse(served, stanza):
    if stanza.body() == "not this one":
        served.refuse("invalid-from")


class World:
    """Either node is an edge of x.example and shows a certificate for it; each says that the
    server of x.example is the other one. A component is at each."""

    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        ports = {name: free_port() for name in (*NAMES, "c")}
        doors = {name: free_port() for name in NAMES}
        secret = workspace.file("secret", SECRET, 0o600)
        self.nodes = {}
        for name, hop in (("a", "b"), ("b", "a")):
            cert, key = ca.issue(f"{name}.example", f"*.{name}.example", "x.example")
            routes = "".join(ROUTE.format(match=match, port=ports[hop], hop=hop)
                             for match in ("x.example", f"*.{hop}.example"))
            routes += ROUTE.format(match="c.example", port=ports["c"], hop="c")
            self.nodes[name] = Node(workspace, name, CONFIG.format(
                domain=f"{name}.example", port=ports[name], dns=free_port(), cert=cert, key=key,
                ca=ca.certificate, hosts=f'["{name}.example"]', more=COMPONENT.format(
                    name=name, port=doors[name], secret=secret) + routes)).start()
        self.refuses = Server(ports["c"], "c.example", ca.issue("c.example"), refuse)
        self.components = {name: Component("127.0.0.1", doors[name], f"gw.{name}.example").up()
                           for name in NAMES}


def refused(error):
    assert error.get("type") == "error", error
    said = error.child("error")
    assert said.get("type") == "cancel", error
    assert said.child("not-allowed") is not None, error
    assert "invalid-from" in said.child("text").text(), error


def ends():
    """a message and an iq that would go round are errors for their sender at once, and `queue why`
    says what the other node had against it"""
    for name, hop in (("a", "b"), ("b", "a")):
        component = WORLD.components[name]
        sent = component.message("u", "v@x.example", "round and round")
        refused(component.wait(lambda one, sent=sent: one.get("id") == sent, what="an error"))
        refused(component.ask("v@x.example", PING))
        bounced = eventually(lambda hop=hop, sent=sent: [
            one for one in WORLD.nodes[hop].events("msg.bounced") if one["mid"] == sent],
            "the other node gave it up")
        code, text, _ = WORLD.nodes[hop].say("queue", "why", bounced[0]["qid"])
        assert code == 0 and "invalid-from" in text and "5.7.1" in text, text
        assert "try 2" not in text, text


def nothing_stays():
    """nothing of it stays in a queue"""
    for node in WORLD.nodes.values():
        assert not node.console("queue", "list", "status=deferred"), node.name
        assert not node.console("queue", "list", "status=ready"), node.name


def one_of_many():
    """a peer that ends the stream over one of many stanzas loses nobody the others, and the sender
    of that one is told"""
    component = WORLD.components["a"]
    words = [*(["this"] * 10), "not this one", *(["this"] * 10)]
    names = [component.message("u", "v@c.example", each) for each in words]
    bad = names.pop(10)
    refused(component.wait(lambda one: one.get("id") == bad, what="an error"))
    for name in names:
        WORLD.refuses.wait(lambda one, name=name: one.get("id") == name, what=name)
    came = list(dict.fromkeys(one for one in WORLD.refuses.ids() if one in names))
    assert came == names, came
    assert component.returned().isdisjoint(names), component.returned()


def alone():
    """a question that it does not take is answered at once, too"""
    WORLD.refuses.answer = lambda served, stanza: served.refuse("unsupported-stanza-type")
    error = WORLD.components["a"].ask("v@c.example", PING)
    assert error.get("type") == "error", error
    assert error.child("error").child("not-acceptable") is not None, error


TESTS = [ends, nothing_stays, one_of_many, alone]


def main():
    global WORLD
    with Workspace("xmpp-circles") as workspace:
        WORLD = World(workspace)
        return results.run_all("system: XMPP circles", TESTS)


if __name__ == "__main__":
    sys.exit(main())
