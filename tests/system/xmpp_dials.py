# SPDX-License-Identifier: Apache-2.0
"""How many streams the real daemon opens at once, and for what it opens none (xmpp 9.4)."""

import socket
import sys
import threading
import time

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, free_port, swallowing, wait_until
from tests.harness.xmpp import PING, SECRET, Component, Dialled
from tests.harness.xmpp_server import Server
from tests.system.xmpp_resumption import CONFIG

ROUTE = """
[[route]]
match = "{}.example"
protocol = "xmpp"
via = "{}"
tls = "verify"
"""
PLACES, PEERS, DEAD = 64, 150, 300
HOLE = "127.0.0.9"
WORLD = None


class Silent(threading.Thread):
    """Takes connections and says nothing on them."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.open, self.came = [], 0
        self.listener = socket.create_server(("127.0.0.1", port), backlog=PEERS)
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            self.open.append(connection)
            self.came += 1


class World:
    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        self.port, self.told = free_port(), ca.issue("told.example")
        good = ("good", "later", "third", "told")
        self.ports = {name: free_port() for name in ("silent", "hole", *good)}
        cert, key = ca.issue("a.example", "*.a.example")
        component = free_port()
        routes = "".join(ROUTE.format(f"h{at}", f"127.0.0.1:{self.ports['silent']}")
                         for at in range(PEERS))
        routes += "".join(ROUTE.format(f"dead{at}", f"{HOLE}:{self.ports['hole']}")
                          for at in range(DEAD))
        routes += "".join(ROUTE.format(name, f"127.0.0.1:{self.ports[name]}") for name in good)
        self.silent = Silent(self.ports["silent"])
        self.servers = {name: Server(self.ports[name], f"{name}.example",
                                     ca.issue(f"{name}.example")) for name in good}
        self.node = Node(workspace, "hanse", CONFIG.format(
            name="a", domain="a.example", port=self.port, dns=free_port(), component=component,
            cert=cert, key=key, ca=ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600)).replace('["1s"]', '["1h"]') +
            routes).start()
        self.sender = Component("127.0.0.1", component, "gw.a.example").up()


def not_worth_it():
    """an error or an unavailable presence alone opens no stream, and goes along with a message"""
    server = WORLD.servers["good"]
    error = ("<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
             "</error>")
    ends = "from='u@gw.a.example' to='v@good.example'"
    WORLD.sender.send(f"<message type='error' id='e' {ends}>{error}</message>"
                      f"<presence type='unavailable' id='p' {ends}/>")
    WORLD.sender.ask("a.example", PING)       # all before it has been taken
    name = WORLD.sender.message("u", "w@later.example", "and so has this")
    WORLD.servers["later"].wait(lambda one: one.get("id") == name)
    assert server.streams == 0, "a stream was opened for nothing"
    name = WORLD.sender.message("u", "v@good.example", "worth it")
    server.wait(lambda one: one.get("id") == name)
    assert [one.get("id") for one in server.came] == ["e", "p", name], server.came


def refused():
    """what we have acknowledged and then refuse is worth a stream: its sender hears of it"""
    server = WORLD.servers["told"]
    peer = Dialled("127.0.0.1", WORLD.port, "told.example", "gw.a.example", WORLD.told)
    peer.external(peer.secure())
    peer.stream.send("<enable xmlns='urn:xmpp:sm:3'/><message from='u@told.example/x' id='odd' "
                     "to='v@gw.a.example/&#x200d;'><body>x</body></message>"
                     "<r xmlns='urn:xmpp:sm:3'/>")
    assert peer.stream.expect("enabled") is not None and peer.stream.expect("a").get("h") == "1"
    server.wait(lambda one: one.get("id") == "odd" and one.get("type") == "error")
    peer.close()


def so_many():
    """64 are on their way at once, and whoever says nothing makes the others wait for a second"""
    begin = time.monotonic()
    for at in range(PEERS):
        WORLD.sender.message("u", f"v@h{at}.example", "x")
    wait_until(lambda: WORLD.silent.came >= PLACES, 20, "the first are dialled")
    wait_until(lambda: WORLD.silent.came >= PEERS, 20, "the others have their turn")
    took = time.monotonic() - begin
    assert took > PEERS // PLACES * 0.95, f"all {PEERS} after {took:.2f} s"
    assert WORLD.silent.came == PEERS, f"{WORLD.silent.came}, one for each was due"


def dead():
    """300 peers that do not answer keep nobody from one that does"""
    with swallowing(HOLE, WORLD.ports["hole"]):
        for at in range(DEAD):
            WORLD.sender.message("u", f"v@dead{at}.example", "x")
        WORLD.sender.ask("a.example", PING)       # all of them have been taken
        name = WORLD.sender.message("u", "v@third.example", "and here I am")
        WORLD.servers["third"].wait(lambda one: one.get("id") == name, 15)


TESTS = [not_worth_it, refused, so_many, dead]


def main():
    global WORLD
    with Workspace("xmpp-dials") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP dials", TESTS)


if __name__ == "__main__":
    sys.exit(main())
