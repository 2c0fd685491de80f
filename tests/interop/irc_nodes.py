# SPDX-License-Identifier: Apache-2.0
"""Nodes that are killed: one of two between the same two real networks, and one in which lines wait
for a network."""

import re

from tests.harness import results
from tests.harness.irc_peers import HOST, Hybrid, Inspircd
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.interop.irc_world import HANSE, World, has

NAMES = ("node.a.example", "node.b.example")
PAIR = WORLD = None


class TwoLinks:
    """A peer that knows both nodes."""

    def link(self, template, words):
        return "".join(template.format(**{**words, "us": us}) for us in NAMES)


class TwoInspircd(TwoLinks, Inspircd):
    pass


class TwoHybrid(TwoLinks, Hybrid):
    pass


class Pair:
    """Two nodes, each linked to both networks, with a person on either of these."""

    def __init__(self, workspace):
        self.left, self.right = TwoInspircd(workspace, "home"), TwoHybrid(workspace, "away")
        self.nodes = {us: self.node(workspace, us, sign) for us, sign in zip(NAMES, "98")}

    def node(self, workspace, us, sign):
        text = HANSE.format(us=us, host=HOST, port=free_port(), tls="", listen="addr")
        text = text.replace("9RL", f"{sign}RL").replace("9R?", f"{sign}R?")
        text += self.left.hanse_network("pair") + self.right.hanse_network("pair")
        text += '[junction.dev]\nmembers = ["irc:#dev%home", "irc:#dev%away"]\n'
        return Node(workspace, us, text)

    def start(self):
        self.left.start()
        self.right.start()
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            eventually(lambda node=node: len(node.events("irc.linked")) == 2, "both are linked")
        self.alice, self.bob = self.left.person("alice"), self.right.person("bob")
        for person in (self.alice, self.bob):
            person.join("#dev")
        self.meet()

    def meet(self):
        eventually(lambda: has(self.alice, "bob/away") and has(self.bob, "alice|home"),
                   "they meet")

    def carrier(self):
        """The node that alice is behind on the right."""
        line = self.bob.whois("alice|home", " 312 ")
        assert line, "alice is not there"
        return next(us for us in NAMES if f"home.{us}" in line)

    def say(self, word, count):
        """Says so many lines, and how often each of them was heard."""
        mark = self.bob.mark()
        for number in range(count):
            self.alice.tell("#dev", f"{word} {number}.")
        self.bob.wait(f"{word} {count - 1}.", since=mark)
        self.bob.settle()
        return [self.bob.count(f"{word} {number}.", since=mark) for number in range(count)]


def one_carries():
    """of two nodes between the same networks one carries what is said, and each line comes once"""
    PAIR.start()
    assert PAIR.say("first", 20) == [1] * 20
    quiet = next(us for us in NAMES if us != PAIR.carrier())
    told = PAIR.nodes[quiet].say("explain", "irc", "#dev")[1]
    assert f"home is brought to away by {PAIR.carrier()}, not by this node" in told, told
    assert not [event for node in PAIR.nodes.values() for event in node.events("irc.dropped")]


def the_other_takes_over():
    """when the one that carries is killed the other one does, and nothing is heard twice"""
    killed = PAIR.carrier()
    mark = PAIR.bob.mark()
    sent = 0

    def heard(first):
        nonlocal sent
        PAIR.alice.tell("#dev", f"on and on {sent}.")
        sent += 1
        PAIR.bob.settle()
        return any(PAIR.bob.count(f"on and on {number}.", since=mark)
                   for number in range(first, sent))
    eventually(lambda: heard(0) and sent >= 20, "he hears her")
    PAIR.nodes[killed].kill()
    before = sent
    eventually(lambda: heard(before), "he hears her again")
    PAIR.meet()
    assert PAIR.carrier() != killed
    assert PAIR.say("by the other", 20) == [1] * 20
    with PAIR.bob.news:
        got = re.findall(r"on and on (\d+)\.", "\n".join(PAIR.bob.lines[mark:]))
    assert len(got) == len(set(got)) and [int(one) for one in got] == sorted(map(int, got)), got


def it_comes_back():
    """a node that comes back leaves the other one to it, and takes over when that one stops"""
    first = PAIR.carrier()
    back = next(us for us in NAMES if us != first)
    PAIR.nodes[back].start()
    eventually(lambda: len(PAIR.nodes[back].events("irc.linked")) == 2, "it is linked again")
    assert PAIR.say("still by the other", 20) == [1] * 20
    assert PAIR.carrier() == first
    PAIR.nodes[first].stop()
    eventually(lambda: has(PAIR.bob, "alice|home") and PAIR.carrier() == back, "it carries")
    PAIR.meet()
    assert PAIR.say("by the first", 20) == [1] * 20


def waiting():
    return sum("lane" in row for row in WORLD.node.console("queue", "list"))


def late_lines_survive():
    """what waits for a network is told there once, also when the node was killed meanwhile"""
    alice, bob = WORLD.left.person("alice"), WORLD.right.person("bob")
    for person in (alice, bob):
        person.join("#dev")
    eventually(lambda: has(alice, "bob/away") and has(bob, "alice|home"), "they meet")
    WORLD.right.kill()
    eventually(lambda: not has(alice, "bob/away"), "the right is gone")
    for number in range(5):
        alice.tell("#dev", f"meanwhile {number}")
    eventually(lambda: waiting() == 5, "five lines wait")
    WORLD.node.kill()
    WORLD.node.start()
    assert waiting() == 5
    WORLD.right.start()
    WORLD.wait_linked()
    bob = WORLD.right.person("bob")
    bob.join("#dev")
    bob.wait("meanwhile 4")
    eventually(lambda: waiting() == 0, "none waits any more")
    bob.settle()
    with bob.news:
        got = re.findall(r"\[late, [^]]*\] <alice> meanwhile (\d)", "\n".join(bob.lines))
    assert got == list("01234"), got


def run(title, tests, make):
    if not results.wanted(f"interop IRC, {title}", tests):
        return 0
    with Workspace("irc-nodes") as workspace:
        try:
            nodes = make(workspace)
        except results.Skip as skip:
            return results.skip_all(f"interop IRC, {title}", tests, skip)
        outcome = results.run_all(f"interop IRC, {title}", tests)
        if outcome:
            for node in nodes:
                print(node.log_text()[-3000:])
        return outcome


def make_pair(workspace):
    global PAIR
    PAIR = Pair(workspace)
    return PAIR.nodes.values()


def make_world(workspace):
    global WORLD
    WORLD = World(workspace, Inspircd, Hybrid).start()
    return [WORLD.node]


def main():
    return max(run("two nodes", [one_carries, the_other_takes_over, it_comes_back], make_pair),
               run("a node that is killed", [late_lines_survive], make_world))
