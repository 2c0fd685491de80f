# SPDX-License-Identifier: Apache-2.0
"""The real daemon and a component that connects a second time (XEP-0114, xmpp 13)."""

import socket
import sys

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import PATIENCE, Workspace, free_port
from tests.harness.xml_stream import Closed, Stream, handshake
from tests.harness.xmpp import SECRET, Component
from tests.system.xmpp_streams import CONFIG

WORLD = None


class World:
    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        cert, key = ca.issue("a.example", "*.a.example")
        self.port, self.other = free_port(), free_port()
        secret = workspace.file("secret", SECRET, 0o600)
        more = (f'[component."gw2.a.example"]\nrole = "accept"\naddr = "127.0.0.1:{self.other}"\n'
                f'secret = "file:{secret}"\n')
        self.node = Node(workspace, "hanse", CONFIG.format(
            domain="a.example",
            port=free_port(), dns=free_port(), component=self.port, cert=cert, key=key,
            ca=ca.certificate, secret=secret) + more).start()
        self.sender = Component("127.0.0.1", self.other, "gw2.a.example").up()


class Bare:
    """A connection of gw.a.example that does nothing by itself."""

    def __init__(self):
        self.stream = Stream(socket.create_connection(("127.0.0.1", WORLD.port), timeout=PATIENCE))
        self.stream.send("<stream:stream xmlns='jabber:component:accept' "
                         "xmlns:stream='http://etherx.jabber.org/streams' to='gw.a.example'>")
        stream_id = self.stream.wait_header().get("id")
        self.stream.send(f"<handshake>{handshake(stream_id, SECRET)}</handshake>")
        self.stream.expect("handshake")

    def wait_for(self, wanted):
        while not wanted(element := self.stream.next()):
            pass
        return element


def dead():
    """a component whose first connection is dead has its second one taken within seconds"""
    first = Bare()                # hears everything, and never answers
    second = Bare()
    first.wait_for(lambda one: one.child("ping", "urn:xmpp:ping") is not None)
    error = first.wait_for(lambda one: one.name == "error")
    assert error.elements()[0].name == "connection-timeout", error
    name = WORLD.sender.message("u", "v@gw.a.example", "for the living")
    second.wait_for(lambda one: one.name == "message" and one.get("id") == name)
    second.stream.close()


def alive():
    """while the first connection answers the second one hears: conflict"""
    first = Component("127.0.0.1", WORLD.port, "gw.a.example").up()
    second = Bare()
    try:
        error = second.wait_for(lambda one: one.name == "error")
        assert error.elements()[0].name == "conflict", error
    except Closed as closed:
        raise AssertionError(f"no word of why: {closed}") from closed
    name = WORLD.sender.message("u", "v@gw.a.example", "for the first")
    first.wait(lambda one: one.get("id") == name)
    assert first.connects == 1, "the first one was cut"
    first.close()


TESTS = [dead, alive]


def main():
    global WORLD
    with Workspace("xmpp-components") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP components", TESTS)


if __name__ == "__main__":
    sys.exit(main())
