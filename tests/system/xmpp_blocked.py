# SPDX-License-Identifier: Apache-2.0
"""The real daemon and a reload that changes for whom its streams stand (xmpp 4.6)."""

import sys

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.harness.xml_stream import Closed
from tests.harness.xmpp import SECRET, Component, Dialled
from tests.harness.xmpp_server import Server
from tests.system.xmpp_resumption import CONFIG

ROUTE = """
[[route]]
match = "b.example"
protocol = "xmpp"
via = "127.0.0.1:{}"
tls = "verify"
"""
BLOCKED = """
[peer."b.example"]
state = "blocked"
"""
WORLD = None


class World:
    def __init__(self, workspace):
        self.ca = ca = pki.Authority(workspace.folder("pki"))
        self.theirs = ca.issue("b.example")
        self.port, self.theirs_at, component = free_port(), free_port(), free_port()
        cert, key = ca.issue("a.example", "*.a.example")
        config = CONFIG.format(
            name="a", domain="a.example", port=self.port, dns=free_port(), component=component,
            cert=cert, key=key, ca=ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600)).replace(
                'retry = ["1s"]', 'retry = ["10m"]') + ROUTE.format(self.theirs_at)
        self.server = Server(self.theirs_at, "b.example", self.theirs)
        self.node = Node(workspace, "hanse", config).start()
        self.sender = Component("127.0.0.1", component, "gw.a.example").up()

    def dial(self):
        stream = Dialled("127.0.0.1", self.port, "b.example", "gw.a.example", self.theirs)
        return stream, stream.secure()

    def links(self):
        return [one for one in self.node.console("link", "list") if "b.example" in str(one)]

    def refused(self, name):
        return WORLD.sender.wait(lambda one: one.get("id") == name and one.get("type") == "error")


def says(stanza, condition, kind):
    error = stanza.child("error")
    got = (error.elements()[0].name, error.get("type"))
    assert got == (condition, kind), f"{got}, and not {(condition, kind)}"


def reload_with(more):
    with open(WORLD.node.config, "a", encoding="utf-8") as config:
        config.write(more)
    WORLD.node.console("reload")


def hears_the_end(peer):
    try:
        while True:
            peer.stream.next()
    except Closed:
        pass


def blocked_at_a_reload():
    """streams of both directions end, nothing is dialled, and senders hear it at once"""
    name = WORLD.sender.message("u", "v@b.example", "while all is well")
    WORLD.server.wait(lambda one: one.get("id") == name)
    peer, features = WORLD.dial()
    peer.external(features)
    peer.stream.send("<message from='v@b.example' to='u@gw.a.example' id='good'><body>hi</body>"
                     "</message>")
    WORLD.sender.wait(lambda one: one.get("id") == "good")
    assert len(WORLD.links()) == 2, WORLD.links()

    reload_with(BLOCKED)
    hears_the_end(peer)
    eventually(lambda: not WORLD.links(), "no stream of it is left")
    streams = WORLD.server.streams
    says(WORLD.refused(WORLD.sender.message("u", "v@b.example", "too late")), "not-allowed",
         "cancel")
    WORLD.sender.send("<iq type='get' from='u@gw.a.example' to='b.example' id='q'>"
                      "<ping xmlns='urn:xmpp:ping'/></iq>")
    says(WORLD.refused("q"), "not-allowed", "cancel")
    assert WORLD.server.streams == streams, "it was dialled"

    again = Dialled("127.0.0.1", WORLD.port, "b.example", "gw.a.example", WORLD.theirs)
    try:
        again.secure()
        raise AssertionError("a stream of it was taken")
    except (AssertionError, Closed) as error:
        assert "policy-violation" in str(error), error


def waiting_at_a_reload():
    """what is on disk for it goes back then, and not when it was to be tried again"""
    name = WORLD.sender.message("u", "v@c.example", "to nobody that can be found")
    eventually(lambda: any("c.example" in one["peer"] for one in
                           WORLD.node.events("queue.breaker_open")), "it is tried in vain")
    reload_with(BLOCKED.replace("b.example", "c.example"))
    says(WORLD.refused(name), "not-allowed", "cancel")


def other_key_at_a_reload():
    """a stream that showed another key than is wanted now ends, and one that fits stays"""
    fits = Dialled("127.0.0.1", WORLD.port, "e.example", "gw.a.example",
                   WORLD.ca.issue("e.example"))
    fits.external(fits.secure())
    peer = Dialled("127.0.0.1", WORLD.port, "d.example", "gw.a.example",
                   WORLD.ca.issue("d.example"))
    peer.external(peer.secure())
    reload_with(f'[peer."d.example"]\nfingerprints = ["sha256:{"0" * 64}"]\n')
    hears_the_end(peer)
    fits.stream.send("<message from='v@e.example' to='u@gw.a.example' id='stays'><body>hi</body>"
                     "</message>")
    WORLD.sender.wait(lambda one: one.get("id") == "stays")


def written(change):
    """what the configuration says from now on"""
    with open(WORLD.node.config, encoding="utf-8") as config:
        before = config.read()
    with open(WORLD.node.config, "w", encoding="utf-8") as config:
        config.write(change(before))
    WORLD.node.console("reload")


def end_of(peer):
    """all that it still says, an error last"""
    said = []
    try:
        while True:
            said.append(str(peer.stream.next()))
    except Closed as closed:
        return " ".join([*said, str(closed)])


def passes(peer, domain, name):
    peer.stream.send(f"<message from='v@{domain}' to='u@gw.a.example' id='{name}'>"
                     "<body>hi</body></message>")
    WORLD.sender.wait(lambda one: one.get("id") == name)


def name_that_is_no_longer_ours():
    """streams to it hear host-gone, those to our other names stay"""
    names = ('hosts = ["a.example"]', 'hosts = ["a.example", "z.a.example"]')
    written(lambda text: text.replace(*names))
    WORLD.sender.send("<iq type='get' from='u@gw.a.example' to='z.a.example' id='z'>"
                      "<ping xmlns='urn:xmpp:ping'/></iq>")
    WORLD.sender.wait(lambda one: one.get("id") == "z" and one.get("type") == "result")
    theirs = WORLD.ca.issue("f.example")
    gone = Dialled("127.0.0.1", WORLD.port, "f.example", "z.a.example", theirs)
    gone.external(gone.secure())
    other = Dialled("127.0.0.1", WORLD.port, "f.example", "gw.a.example", theirs)
    other.external(other.secure())
    written(lambda text: text.replace(*reversed(names)))
    assert "host-gone" in (end := end_of(gone)), end
    passes(other, "f.example", "still here")
    other.close()


def other_proof_is_wanted():
    """[xmpp] trust: who may have proved itself in another way comes again, both ways"""
    theirs = WORLD.ca.issue("g.example")
    peer = Dialled("127.0.0.1", WORLD.port, "g.example", "gw.a.example", theirs)
    peer.external(peer.secure())
    written(lambda text: text.replace("[xmpp]\n", '[xmpp]\ntrust = "dialback"\n'))
    assert "reset" in (end := end_of(peer)), end
    again = Dialled("127.0.0.1", WORLD.port, "g.example", "gw.a.example", theirs)
    again.external(again.secure())
    passes(again, "g.example", "came again")
    again.close()


def component_that_is_gone():
    """a component without a table has no connection, either"""
    written(lambda text: text[:text.index('[component."gw.a.example"]')] +
            text[text.index("[[route]]"):])
    eventually(lambda: not WORLD.sender.ready.is_set(), "it is cut off")


TESTS = [blocked_at_a_reload, waiting_at_a_reload, other_key_at_a_reload,
         name_that_is_no_longer_ours, other_proof_is_wanted, component_that_is_gone]


def main():
    global WORLD
    with Workspace("xmpp-blocked") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP blocked", TESTS)


if __name__ == "__main__":
    sys.exit(main())
