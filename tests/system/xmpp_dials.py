# SPDX-License-Identifier: Apache-2.0
"""How many streams the real daemon opens at once, and for what it opens none (xmpp 9.4)."""

import socket
import sys
import threading

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, free_port, wait_until
from tests.harness.xmpp import PING, SECRET, Component
from tests.harness.xmpp_server import Server
from tests.system.xmpp_resumption import CONFIG

ROUTE = """
[[route]]
match = "{}.example"
protocol = "xmpp"
via = "127.0.0.1:{}"
tls = "verify"
"""
PLACES, PEERS = 64, 150
WORLD = None


class Silent(threading.Thread):
    """Takes connections and says nothing on them until the test lets it hang up."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.open, self.came, self.over = [], 0, threading.Event()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=PEERS)
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with self.lock:
                self.came += 1
                if self.over.is_set():
                    connection.close()
                else:
                    self.open.append(connection)

    def hang_up(self):
        with self.lock:
            self.over.set()
            for connection in self.open:
                connection.close()


class World:
    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        self.ports = {name: free_port() for name in ("silent", "good", "later")}
        cert, key = ca.issue("a.example", "*.a.example")
        component = free_port()
        routes = "".join(ROUTE.format(f"h{at}", self.ports["silent"]) for at in range(PEERS))
        routes += "".join(ROUTE.format(name, self.ports[name]) for name in ("good", "later"))
        self.silent = Silent(self.ports["silent"])
        self.servers = {name: Server(self.ports[name], f"{name}.example",
                                     ca.issue(f"{name}.example")) for name in ("good", "later")}
        self.node = Node(workspace, "hanse", CONFIG.format(
            name="a", domain="a.example", port=free_port(), dns=free_port(), component=component,
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


def so_many():
    """64 are on their way at once, and whoever waits has its turn when one of them is over"""
    for at in range(PEERS):
        WORLD.sender.message("u", f"v@h{at}.example", "x")
    wait_until(lambda: WORLD.silent.came >= PLACES, 20, "the first are dialled")
    WORLD.sender.ask("a.example", PING)
    assert WORLD.silent.came == PLACES, f"{WORLD.silent.came} at once"
    WORLD.silent.hang_up()
    wait_until(lambda: WORLD.silent.came >= PEERS, 20, "the others have their turn")
    assert WORLD.silent.came == PEERS, f"{WORLD.silent.came}, one for each was due"


TESTS = [not_worth_it, so_many]


def main():
    global WORLD
    with Workspace("xmpp-dials") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP dials", TESTS)


if __name__ == "__main__":
    sys.exit(main())
