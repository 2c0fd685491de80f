# SPDX-License-Identifier: Apache-2.0
"""The second act of the demo: two domains talk XMPP through hanse; one side goes down, then up."""

from tests.harness import dns, xmpp
from tests.harness.workspace import eventually, free_port

TABLES = """
[listen.xmpp]
addr = ["{host}:{port}"]
[xmpp]
hosts = ["{name}.example"]
unknown_peers = "open"
retry = ["1s", "1s"]
loopback_addresses = true
[component."gw.{name}.example"]
role = "accept"
addr = "{host}:{component}"
secret = "file:{secret}"
"""


class Act:
    """`nodes` of the first act, which were made with what `tables` gives."""

    def __init__(self, workspace, hosts):
        self.hosts = hosts
        self.port = free_port(tuple(hosts.values()))
        self.component_port = free_port(tuple(hosts.values()))
        self.secret = workspace.file("component.secret", xmpp.SECRET, mode=0o600)

    def tables(self, name):
        return TABLES.format(name=name, host=self.hosts[name], port=self.port,
                             component=self.component_port, secret=self.secret)

    def records(self):
        for name in ("a", "b"):
            for domain in (f"{name}", f"gw.{name}"):
                yield dns.srv(domain, f"mx.{name}", self.port)

    def names(self, name):
        """What the node's certificate has to speak for beside its host name."""
        return [f"{name}.example", f"gw.{name}.example"]

    def component(self, name):
        return xmpp.Component(self.hosts[name], self.component_port, f"gw.{name}.example")

    def run(self, nodes, say):
        left, right = self.component("a"), self.component("b")
        left.up()
        right.up()
        say("act two, XMPP: gw.a.example is behind node a, gw.b.example behind node b")
        left.message("alice", "bob@gw.b.example", "both are up")
        right.wait(lambda stanza: stanza.name == "message", what="the first message")
        self.tell_links(nodes["a"], say)
        say(f"node b stopped (exit {nodes['b'].stop()}); alice writes three messages")
        for number in range(3):
            left.message("alice", "bob@gw.b.example", f"while b is down {number}")
        rows = eventually(lambda: waiting(nodes["a"]), "3 messages wait at node a")
        say(f"{len(rows)} wait on disk at node a, for example {rows[0]['id']}: {rows[0]['reply']}")
        nodes["b"].start()
        right.up()
        say("node b is up again")
        eventually(lambda: len(right.messages()) >= 4, "the three messages")
        bodies = [stanza.child("body").text() for stanza in right.messages()][1:]
        good = bodies == [f"while b is down {number}" for number in range(3)]
        say(f"{len(bodies)} arrived, {'in order' if good else 'not as sent: ' + str(bodies)}")
        left.close()
        right.close()
        return good

    def tell_links(self, node, say):
        for line in node.say("link", "list")[1].rstrip().splitlines():
            say("  | " + line)


def waiting(node):
    rows = [row for row in node.console("queue", "list", "proto=xmpp") if "id" in row]
    tried = [row for row in rows if row.get("reply")]
    return tried + [row for row in rows if row not in tried] if len(rows) == 3 and tried else None
