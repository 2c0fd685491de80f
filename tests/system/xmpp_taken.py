# SPDX-License-Identifier: Apache-2.0
"""Peers without XEP-0198: what they have not taken is sent again, what they have taken is not."""

import socket
import sys
import threading
import time

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, free_port, wait_until
from tests.harness.xmpp import SECRET, Component
from tests.harness.xmpp_server import Server
from tests.system.xmpp_resumption import CONFIG

ROUTE = """
[[route]]
match = "{}.example"
protocol = "xmpp"
via = "127.0.0.1:{}"
tls = "verify"
"""
QUIET = 10        # seconds after which what nothing broke has arrived
ANSWER = 5        # seconds for an answer
WORLD = None


class World:
    def __init__(self, workspace):
        self.ca = pki.Authority(workspace.folder("pki"))
        self.ports = {name: free_port() for name in ("stalls", "declares", "offers")}
        cert, key = self.ca.issue("a.example", "*.a.example")
        component = free_port()
        config = CONFIG.format(
            name="a", domain="a.example", port=free_port(), dns=free_port(), component=component,
            cert=cert, key=key, ca=self.ca.certificate,
            secret=workspace.file("secret", SECRET, 0o600))
        self.node = Node(workspace, "hanse", config.replace(
            "[component.", f'answer_timeout = "{ANSWER}s"\n[component.') + "".join(
                ROUTE.format(name, port) for name, port in self.ports.items())).start()
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
    assert stalled.wait(20), "no stream came"
    time.sleep(QUIET + 3)     # long enough to be believed, were it taken
    over.set()
    wait_until(lambda: set(sent) <= set(server.ids("message")), 30, "all of it arrives")
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


TESTS = [not_taken, mute]


def main():
    global WORLD
    with Workspace("xmpp-taken") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP taken", TESTS)


if __name__ == "__main__":
    sys.exit(main())
