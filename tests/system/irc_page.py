# SPDX-License-Identifier: Apache-2.0
"""The first example of docs/irc.md, as it stands there, is a node that knows both networks; and so
it is with the junction of an owner in the place of its own."""

import os
import re
import sys

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import ROOT, Workspace, free_port

WORLD = None
HEAD = """
[node]
domain = "node.a.example"
data_dir = "{folder}/data"
[control]
socket = "{folder}/control.sock"
"""


class World:
    def __init__(self, workspace):
        self.workspace = workspace
        self.ours = pki.Authority(workspace.folder("pki")).issue("node.a.example")
        with open(os.path.join(ROOT, "docs/irc.md"), encoding="utf-8") as page:
            self.blocks = re.findall(r"^```toml\n(.*?)^```", page.read(), re.MULTILINE | re.DOTALL)

    def node(self, name, text):
        """Only its places and files are others."""
        for old, new in (("127.0.0.1:7000", f"127.0.0.1:{free_port()}"),
                         ('"[::]:7001", "0.0.0.0:7001"', f'"127.0.0.1:{free_port()}"'),
                         ("127.0.0.1:7100", f"127.0.0.1:{free_port()}"),
                         ("127.0.0.1:7200", f"127.0.0.1:{free_port()}"),
                         ("file:node.a.example.pem", f"file:{self.ours[0]}"),
                         ("file:node.a.example.key", f"file:{self.ours[1]}")):
            assert old in text, f"{old} is not in the example"
            text = text.replace(old, new)
        node = Node(self.workspace, name, HEAD + text)
        for secret in re.findall(r'"file:(\w+\.(?:in|out))"', text):
            self.workspace.file(f"{name}/{secret}", secret, 0o600)
        return node.start()


def first_example():
    """the first example knows both networks and their channel"""
    node = WORLD.node("first", WORLD.blocks[0])
    names = {row["network"] for row in node.console("irc", "networks")}
    assert names == {"home", "away"}, names
    told = " ".join(line["text"] for line in node.console("explain", "irc", "#dev"))
    assert "junction dev: #dev%home #dev%away" in told, told


def with_an_owner():
    """the example of an owner fits into it"""
    owned = [block for block in WORLD.blocks if "owner =" in block]
    assert len(owned) == 1, owned
    text = WORLD.blocks[0][:WORLD.blocks[0].index("[junction.dev]")] + owned[0]
    node = WORLD.node("owned", text)
    told = " ".join(line["text"] for line in node.console("explain", "irc", "#dev"))
    assert "owned by home" in told, told


def main():
    global WORLD
    with Workspace("irc-page") as workspace:
        WORLD = World(workspace)
        return results.run_all("system IRC page", [first_example, with_an_owner])


if __name__ == "__main__":
    sys.exit(main())
