# SPDX-License-Identifier: Apache-2.0
"""A peer that stops reading: what it does not take is on disk after half a minute (xmpp 9.5)."""

import socket
import sys
import threading

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import PATIENCE, Workspace, eventually, free_port
from tests.harness.xmpp import SECRET, Component
from tests.harness.xmpp_server import Server
from tests.system.xmpp_blocked import ROUTE
from tests.system.xmpp_resumption import CONFIG

MESSAGES = 600
WORLD = None


class World:
    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        port, component = free_port(), free_port()
        cert, key = ca.issue("a.example", "*.a.example")
        config = CONFIG.format(
            name="a", domain="a.example", port=free_port(), dns=free_port(), component=component,
            cert=cert, key=key, ca=ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600)) + ROUTE.format(port)
        self.stalled, self.over = threading.Event(), threading.Event()
        self.server = Server(port, "b.example", ca.issue("b.example"), self.stall,
                             management=False)
        self.server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.node = Node(workspace, "hanse", config).start()
        self.sender = Component("127.0.0.1", component, "gw.a.example").up()

    def stall(self, served, _):
        if served.number == 1:
            self.stalled.set()
            self.over.wait(120)
            served.cut()

    def listed(self):
        return self.node.console("queue", "list", "proto=xmpp", "--limit", "1000")


def survives_a_crash():
    """nobody was promised anything of it, and it is not lost with the node all the same"""
    sent = [WORLD.sender.message("u", "v@b.example", "z" * 2000) for _ in range(MESSAGES)]
    assert WORLD.stalled.wait(PATIENCE), "no stream came"
    eventually(lambda: WORLD.node.event("queue.spooled"), "it is put on disk")
    sent.append(WORLD.sender.message("u", "v@b.example", "behind them"))
    # What its host had taken before it stopped has arrived.
    taken = MESSAGES - WORLD.node.event("queue.spooled")["messages"]
    eventually(lambda: len(WORLD.listed()) == len(sent) - taken, "the store has all of it")
    WORLD.node.kill()
    WORLD.over.set()
    WORLD.node.start()
    WORLD.server.wait(lambda one: one.get("id") == sent[-1], what="the last of it")
    came = WORLD.server.ids("message")
    assert came[-len(sent) + taken:] == sent[taken:], "not in order, or some of it twice"
    assert set(came) == set(sent), "some of it is lost"


TESTS = [survives_a_crash]


def main():
    global WORLD
    with Workspace("xmpp-spool") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP spool", TESTS)


if __name__ == "__main__":
    sys.exit(main())
