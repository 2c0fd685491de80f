# SPDX-License-Identifier: Apache-2.0
"""Secrets of all protocols: they are in no answer of the console and in no line of the log, also
when those who know them connect, those who do not are refused, and the log tells all."""

import socket
import subprocess
import sys

from tests.harness import pki, results
from tests.harness.node import CONSOLE_SECONDS, GROUND, Node
from tests.harness.workspace import HANSE, PATIENCE, Workspace, eventually, free_port
from tests.harness.xml_stream import Closed, Stream, handshake
from tests.harness.xmpp import Component

SECRETS = {"gateway": "the-word-of-the-gateway-1", "dialback": "the-word-of-dialback-22",
           "before": "the-word-before-that-333", "out": "the-word-that-we-say-4444",
           "in": "the-word-that-they-say-5"}
CONFIG = GROUND + """[log]
level = "debug"
[listen.xmpp]
addr = ["127.0.0.1:{xmpp}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "open"
[xmpp]
hosts = ["a.example"]
dialback_secret = "file:{dialback}"
dialback_secret_before = "file:{before}"
[component."gw.a.example"]
role = "accept"
addr = "127.0.0.1:{gateway_port}"
secret = "file:{gateway}"
[listen.irc]
addr = ["127.0.0.1:{irc}"]
[irc]
sid = "1RL"
sid_range = "1R?"
[irc.network.home]
dialect = "solanum"
peer = "irc.b.example"
tls = "off"
send_password = "file:{out}"
receive_password = "file:{in}"
"""
WORLD = None


class World:
    def __init__(self, workspace):
        ca = pki.Authority(workspace.folder("pki"))
        cert, key = ca.issue("a.example")
        files = {name: workspace.file(name, word, 0o600) for name, word in SECRETS.items()}
        self.gateway_port, self.irc = free_port(), free_port()
        self.node = Node(workspace, "hanse", CONFIG.format(
            domain="a.example", cert=cert, key=key, ca=ca.certificate, xmpp=free_port(),
            dns=free_port(), gateway_port=self.gateway_port, irc=self.irc, **files)).start()

    def all_of(self, *words):
        """What a command says, as text and as JSON."""
        out = ""
        for more in ([], ["--json"]):
            done = subprocess.run([HANSE, "--config", self.node.config, *more, *words],
                                  stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=CONSOLE_SECONDS)
            out += done.stdout.decode() + done.stderr.decode()
        return out


def hides(text, where):
    for name, word in SECRETS.items():
        assert word not in text, f"{where} has the secret {name}"


def console():
    """no command that shows the configuration or what became of it shows a secret"""
    for words in (["config", "show"], ["config", "show", "--effective"], ["config", "check"],
                  ["config", "explain", "component.secret"], ["reload"], ["status"], ["limits"],
                  ["peer", "list"], ["link", "list"], ["irc", "networks"], ["dns", "records"],
                  ["config", "show", WORLD.node.config]):
        hides(WORLD.all_of(*words), " ".join(words))
    assert "***" in WORLD.all_of("config", "show"), "config show does not show that there is one"


def gateway(word):
    stream = Stream(socket.create_connection(("127.0.0.1", WORLD.gateway_port), timeout=PATIENCE))
    stream.send("<stream:stream xmlns='jabber:component:accept' "
                "xmlns:stream='http://etherx.jabber.org/streams' to='gw.a.example'>")
    stream.send(f"<handshake>{handshake(stream.wait_header().get('id'), word)}</handshake>")
    try:
        return stream.next().name
    except Closed:
        return "closed"
    finally:
        stream.close()


def irc(word):
    """Says who it is, reads until the node has said something or has closed."""
    with socket.create_connection(("127.0.0.1", WORLD.irc), timeout=PATIENCE) as link:
        link.sendall(f"PASS {word} TS 6 :9SV\r\nCAPAB :QS EX IE ENCAP TB SERVICES\r\n"
                     "SERVER irc.b.example 1 :b\r\nSVINFO 6 6 0 :1\r\n".encode())
        heard = b""
        while b"\n" not in heard:
            more = link.recv(4096)
            if not more:
                break
            heard += more
        return heard.decode()


def log():
    """no line of a log that tells all has one, whoever comes with the right or the wrong word"""
    assert gateway("a-wrong-word-of-a-gateway") == "error"
    Component("127.0.0.1", WORLD.gateway_port, "gw.a.example", SECRETS["gateway"]).up().close()
    irc("a-wrong-word")
    assert SECRETS["out"] in irc(SECRETS["in"]), "the right word is not answered by ours"
    eventually(lambda: "wrong secret" in WORLD.node.log_text() and
               "wrong password" in WORLD.node.log_text(), "who was refused is in the log")
    WORLD.node.console("reload")
    assert WORLD.node.stop() == 0
    hides(WORLD.node.log_text(), "the log")


TESTS = [console, log]


def main():
    global WORLD
    with Workspace("secrets") as workspace:
        WORLD = World(workspace)
        return results.run_all("system: secrets", TESTS)


if __name__ == "__main__":
    sys.exit(main())
