# SPDX-License-Identifier: Apache-2.0
"""Peers without XEP-0198, and components: what they have not taken is sent again, what they have
taken is not."""

import socket
import struct
import sys
import threading
import time

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import PATIENCE, Workspace, eventually, free_port
from tests.harness.xml_stream import Stream, handshake
from tests.harness.xmpp import SECRET, Component, Dialled
from tests.harness.xmpp_server import Server
from tests.system.xmpp_resumption import CONFIG

ROUTE = """
[[route]]
match = "{}.example"
protocol = "xmpp"
via = "127.0.0.1:{}"
tls = "verify"
"""
SLOW = """
[component."slow.a.example"]
role = "accept"
addr = "127.0.0.1:{}"
secret = "file:{}"
"""
SM = "urn:xmpp:sm:3"
QUIET = 10        # seconds after which what nothing broke has arrived
ANSWER = 5        # seconds for an answer
WORLD = None


class World:
    def __init__(self, workspace):
        self.ca = pki.Authority(workspace.folder("pki"))
        self.ports = {name: free_port() for name in ("stalls", "declares", "offers")}
        cert, key = self.ca.issue("a.example", "*.a.example")
        component, self.slow_at, self.port = free_port(), free_port(), free_port()
        config = CONFIG.format(
            name="a", domain="a.example", port=self.port, dns=free_port(), component=component,
            cert=cert, key=key, ca=self.ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600))
        more = SLOW.format(self.slow_at, workspace.file("secret")) + "".join(
            ROUTE.format(name, port) for name, port in self.ports.items())
        self.node = Node(workspace, "hanse", config.replace(
            "[component.", f'answer_timeout = "{ANSWER}s"\n[component.') + more).start()
        self.sender = Component("127.0.0.1", component, "gw.a.example").up()

    def server(self, name, answer=None, **options):
        return Server(self.ports[name], f"{name}.example", self.ca.issue(f"{name}.example"),
                      answer, management=False, **options)


def not_taken():
    """a peer that stops reading and dies: all that was in its way arrives on the next stream"""
    stalled, over = threading.Event(), threading.Event()

    def answer(served, _):
        if served.number == 1:
            stalled.set()
            over.wait(60)
            served.cut()

    server = WORLD.server("stalls", answer)
    server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    body = "z" * 2000
    sent = [WORLD.sender.message("u", "v@stalls.example", body) for _ in range(600)]
    assert stalled.wait(PATIENCE), "no stream came"
    time.sleep(QUIET + 3)     # long enough to be believed, were it taken
    over.set()
    eventually(lambda: set(sent) <= set(server.ids("message")), "all of it arrives")
    assert not WORLD.sender.returned(), "some of it went back"


def mute():
    """a peer that only declares the namespace of dialback, and one that offers it, neither of which
    answers a question: a message arrives once, and its stream stays"""
    servers = {"declares": WORLD.server("declares"), "offers": WORLD.server("offers",
                                                                            dialback=True)}
    sent = {name: WORLD.sender.message("u", f"v@{name}.example", "once") for name in servers}
    for name, server in servers.items():
        server.wait(lambda one, wanted=sent[name]: one.get("id") == wanted)
    time.sleep(2 * QUIET)     # two answers were due, or two waits over
    for name, server in servers.items():
        assert server.ids("message") == [sent[name]], f"{name}: {server.ids('message')}"
        assert server.streams == 1, f"{name}: {server.streams} streams"
        assert server.ids("verify") == ([] if name == "declares" else ["hanse-1"])


def acknowledged(count, body):
    """the ids of messages that a peer with XEP-0198 was told we have"""
    peer = Dialled("127.0.0.1", WORLD.port, "b.example", "slow.a.example",
                   WORLD.ca.issue("b.example"))
    peer.external(peer.secure())
    peer.stream.send(f"<enable xmlns='{SM}'/>")
    peer.stream.expect("enabled")
    names = [f"{body[:4]}-{number}" for number in range(count)]
    for name in names:
        peer.stream.send(f"<message from='u@b.example' to='v@slow.a.example' id='{name}'>"
                         f"<body>{body}</body></message>")
    handled = 0
    while handled < count:
        peer.stream.send(f"<r xmlns='{SM}'/>")
        handled = int(peer.stream.expect("a").get("h"))
    peer.close()
    return names


def slow_component(receive_bytes=0):
    """its connection, which nobody reads from"""
    connection = socket.socket()
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.connect(("127.0.0.1", WORLD.slow_at))
    stream = Stream(connection)
    stream.send("<stream:stream xmlns='jabber:component:accept' "
                "xmlns:stream='http://etherx.jabber.org/streams' to='slow.a.example'>")
    stream.send(f"<handshake>{handshake(stream.wait_header().get('id'), SECRET)}</handshake>")
    stream.expect("handshake")
    return stream


def next_component(wanted):
    """who comes after it, and gets `wanted` at last: the ids of what came"""
    second = Component("127.0.0.1", WORLD.slow_at, "slow.a.example").up()
    second.wait(lambda one: one.get("id") == wanted)
    second.close()
    return [one.get("id") for one in second.messages()]


def component_stops_reading():
    """and is reset: what its host had not taken comes over the next connection, in order"""
    stalled = slow_component(4096)
    sent = acknowledged(600, "z" * 2000)
    eventually(lambda: stalled.connection.recv(1, socket.MSG_PEEK), "it is sent something")
    stalled.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stalled.close()
    got = next_component(sent[-1])
    assert got == sent[-len(got):], "they come in another order"
    assert len(got) > 550, f"{len(got)} of {len(sent)} came"


def component_ends():
    """what it had when it ended does not come again"""
    first = slow_component()
    sent = acknowledged(50, "once")
    assert [first.next().get("id") for _ in sent] == sent
    first.connection.shutdown(socket.SHUT_WR)
    last = acknowledged(1, "behind")
    assert next_component(last[0]) == last, "something came twice"


TESTS = [not_taken, mute, component_stops_reading, component_ends]


def main():
    global WORLD
    with Workspace("xmpp-taken") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP taken", TESTS)


if __name__ == "__main__":
    sys.exit(main())
