# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/xmpp.md, as they stand there, let a stranger of the world in."""

import os
import re
import sys

from tests.harness import pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import ROOT, Workspace, free_port
from tests.harness.xmpp import SECRET, Dialled

WORLD = None


class World:
    def __init__(self, workspace):
        self.workspace = workspace
        self.ca = pki.Authority(workspace.folder("pki"))
        self.ours = self.ca.issue("a.example", "b.example")
        self.secret = workspace.file("secret", SECRET, 0o600)
        with open(os.path.join(ROOT, "docs/xmpp.md"), encoding="utf-8") as page:
            self.blocks = dict(re.findall(r"^## ([^\n]*)\n+```toml\n(.*?)^```", page.read(),
                                          re.MULTILINE | re.DOTALL))

    def node(self, title, domain):
        """A node by the first example under that title; only its places and files are others."""
        port = free_port()
        text = self.blocks[title]
        for old, new in (("\"[::]:5269\", \"0.0.0.0:5269\"", f"\"127.0.0.1:{port}\""),
                         ("file:a.example.pem", f"file:{self.ours[0]}"),
                         ("file:a.example.key", f"file:{self.ours[1]}"),
                         ("file:gw.secret", f"file:{self.secret}"),
                         ("127.0.0.1:5347", f"127.0.0.1:{free_port()}")):
            text = text.replace(old, new)
        name = re.sub("[^a-z]", "", title.lower())
        Node(self.workspace, name, GROUND.format(
            domain=domain, cert=self.ours[0], key=self.ours[1], ca=self.ca.certificate) +
            text).start()
        return port

    def stranger(self, port, target):
        client = Dialled("127.0.0.1", port, "c.example", target, self.ca.issue("c.example"))
        client.external(client.secure())
        client.close()


def answers_itself():
    """a node that answers for its domain takes a stream of a stranger with a good certificate"""
    WORLD.stranger(WORLD.node("A node that answers for its domain", "a.example"), "a.example")


def edge():
    """so does one that is the face of a server behind it"""
    WORLD.stranger(WORLD.node("Edge relay: the face of a server behind us", "a.example"),
                   "b.example")


def component():
    """the example of a component runs"""
    WORLD.node("A component", "a.example")


TESTS = [answers_itself, edge, component]


def main():
    global WORLD
    with Workspace("xmpp-page") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP page", TESTS)


if __name__ == "__main__":
    sys.exit(main())
