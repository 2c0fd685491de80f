# SPDX-License-Identifier: Apache-2.0
"""Three nodes of hanse in a row, which link to each other as servers do, with a real network of
other software at each: left (InspIRCd) - a - b (and ngIRCd) - c - right (ircd-hybrid)."""

import itertools

from tests.harness import results
from tests.harness.irc_peers import HOST, Hybrid, Inspircd, Ngircd
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port

CONFIG = """
[node]
domain = "{name}"
data_dir = "{{folder}}/data"
[listen.irc]
addr = ["{host}:{port}"]
[control]
socket = "{{folder}}/control.sock"
[irc]
sid = "{sign}RL"
sid_range = "{sign}R?"
retry = ["1s"]
"""
# Of a link between two nodes; the one to the left dials.
BETWEEN = """
[irc.network.{name}]
dialect = "hybrid"
peer = "{peer}"
tls = "off"
send_password = "file:{word}"
receive_password = "file:{word}"
{address}
"""
ROW, NUMBERS = None, itertools.count()


class Row:
    def __init__(self, workspace):
        self.workspace = workspace
        self.word = workspace.file("row/word", "between-nodes", 0o600)
        self.ports = [free_port() for _ in "abc"]
        self.peers = []
        for node, name, kind in (("a", "left", Inspircd), ("b", "middle", Ngircd),
                                 ("c", "right", Hybrid)):
            own = type(kind.__name__, (kind,), {"us": f"node.{node}.example"})
            self.peers.append(own(workspace, name))
        self.left, self.middle, self.right = self.peers
        self.nodes = [self.node(0, [self.between("toward-b", 1)]),
                      self.node(1, [self.between("from-a", 0, False), self.between("to-c", 2)]),
                      self.node(2, [self.between("from-b", 1, False)])]

    def between(self, name, other, dials=True):
        address = f'addr = "{HOST}:{self.ports[other]}"\nautoconnect = true' if dials else ""
        return name, BETWEEN.format(name=name, peer=f"node.{'abc'[other]}.example",
                                    word=self.word, address=address)

    def node(self, at, links):
        name, peer = f"node.{'abc'[at]}.example", self.peers[at]
        text = CONFIG.format(name=name, host=HOST, port=self.ports[at], sign=7 + at)
        text += peer.hanse_network("row-secrets") + "".join(table for _, table in links)
        names = [peer.name, *(name for name, _ in links)]
        members = ", ".join(f'"irc:#dev%{one}"' for one in names)
        return Node(self.workspace, f"row-{'abc'[at]}", f"{text}[junction.dev]\nmembers = "
                                                        f"[{members}]\n")

    def start(self):
        for one in (*self.peers, *self.nodes):
            one.start()
        eventually(lambda: all(row["state"] == "linked" for node in self.nodes
                               for row in node.console("irc", "networks")), "all are linked")
        return self

    def stop(self):
        for one in (*self.nodes, *self.peers):
            one.stop()


def at(peer, nick, home):
    """What somebody is called there."""
    return nick + peer.separator + home.name


def has(person, nick):
    return any(name.lstrip("@+%") == nick for name in person.names("#dev"))


def people():
    """Somebody on each network, whom all others see; places and persons. Nobody is called like one
    who was there before, and may not have left everywhere."""
    found = [(peer, peer.person(f"p{next(NUMBERS)}")) for peer in ROW.peers]
    for _, person in found:
        person.join("#dev")
    eventually(lambda: all(has(person, at(peer, other.nick, home)) for peer, person in found
                           for home, other in found if home is not peer), "all see each other")
    return found


def ends_hear_each_other():
    """three nodes in a row: everybody hears everybody, each line once, and nothing loops"""
    found = people()
    marks = [person.mark() for _, person in found]
    for _, person in found:
        for number in range(5):
            person.tell("#dev", f"{number} by {person.nick}")
    for (peer, person), mark in zip(found, marks):
        for home, other in found:
            if home is not peer:
                person.wait(f":{at(peer, other.nick, home)}!", f"4 by {other.nick}", since=mark)
    for _, person in found:
        person.settle()
    for (peer, person), mark in zip(found, marks):
        for home, other in found:
            for number in range(5):
                times = person.count(f"PRIVMSG #dev :{number} by {other.nick}", since=mark)
                assert times == (home is not peer), (person.nick, other.nick, number, times)
    (left, alice), _, (right, bob) = found
    alice.tell(at(left, bob.nick, right), "between us")
    bob.wait(f":{at(right, alice.nick, left)}!", f"PRIVMSG {bob.nick} :between us")
    assert not [one for node in ROW.nodes for one in node.events("irc.dropped")]
    for _, person in found:
        person.leave()


def an_end_splits_and_heals():
    """three nodes in a row: an end that is killed vanishes from the other end, and comes back"""
    found = people()
    (left, alice), _, (right, bob) = found
    mark = alice.mark()
    ROW.right.kill()
    alice.wait(f":{at(left, bob.nick, right)}!", "QUIT", since=mark)
    told = " ".join(row["text"] for row in ROW.nodes[1].console("explain", "irc", "#dev"))
    assert "left is brought to from-a by node.a.example, not by this node, and goes on" in told
    ROW.right.start()
    for _, person in found[:2]:
        person.leave()
    bob.leave()
    found = people()
    mark = found[0][1].mark()
    found[2][1].tell("#dev", "back again")
    found[0][1].wait("PRIVMSG #dev :back again", since=mark)
    found[0][1].settle()
    assert found[0][1].count("back again", since=mark) == 1
    for _, person in found:
        person.leave()


def main():
    global ROW
    tests = [ends_hear_each_other, an_end_splits_and_heals]
    if not results.wanted("interop IRC in a row", tests):
        return 0
    with Workspace("irc-row") as workspace:
        try:
            ROW = Row(workspace).start()
        except results.Skip as skip:
            return results.skip_all("interop IRC in a row", tests, skip)
        outcome = results.run_all("interop IRC in a row", tests)
        if outcome:
            for node in ROW.nodes:
                print(node.log_text()[-2000:])
        ROW.stop()
        return outcome
