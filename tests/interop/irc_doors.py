# SPDX-License-Identifier: Apache-2.0
"""Who rules a channel that others made, and who gets into one that was closed to him, between real
servers of different software."""

from tests.harness import results
from tests.harness.irc_peers import Hybrid, Inspircd, Ngircd
from tests.harness.workspace import Workspace, eventually
from tests.interop.irc_world import World, has

WORLD = None


def come(*names):
    """People of the right (R) and the left, one after the other, into the channel."""
    people = []
    for name in names:
        people.append((WORLD.right if name.endswith("R") else WORLD.left).person(name))
        people[-1].join("#dev")
    return people


def the_owner_rules():
    """who of the owner's network comes first is its operator, also when others made the channel"""
    bob, alice = people = come("bobR", "alice")
    try:
        for _ in range(2):
            eventually(lambda: "@alice" in alice.names("#dev"), "she is its operator")
            eventually(lambda: has(alice, WORLD.right_there(bob)), "and bob is in it")
            alice.say("PART #dev :a moment")
            alice.wait(" PART ")
            alice.join("#dev")
        eventually(lambda: "@alice" in alice.names("#dev"), "she still is")
        mark = bob.mark()
        alice.say("MODE #dev +m")
        bob.wait("MODE #dev +m", since=mark)
    finally:
        for person in people:
            person.leave()


def the_door_opens():
    """who was kept out by a ban goes in when it is lifted, and is heard"""
    bob, alice = people = come("bobR", "alice")
    try:
        eventually(lambda: has(alice, WORLD.right_there(bob)), "they have met")
        # Not at home, where he is ~dave: nobody asks for his user name there.
        bob.say("MODE #dev +b *!dave@*")
        bob.wait("MODE #dev +b", "dave@")
        dave, = come("dave")
        people.append(dave)
        kept = WORLD.node.events
        eventually(lambda: any("dave" in one["msg"] for one in kept("irc.kept_out")), "kept out")
        there = WORLD.left_there(dave)
        assert not has(bob, there), "he is in it"
        bob.say("MODE #dev -b *!dave@*")
        eventually(lambda: has(bob, there), "he is in it now")
        mark = bob.mark()
        dave.tell("#dev", "hear me")
        bob.wait(f":{there}!", "hear me", since=mark)
    finally:
        for person in people:
            person.leave()


# The owner's, the other, and what their junction says.
WORLDS = [(Inspircd, Hybrid, 'owner = "home"', [the_owner_rules]),
          (Ngircd, Hybrid, 'owner = "home"', [the_owner_rules]),
          (Ngircd, Hybrid, "", [the_door_opens]),
          (Hybrid, Inspircd, "", [the_door_opens])]


def run(left, right, rules, tests):
    global WORLD
    suite = f"interop IRC, doors of {left.dialect} and {right.dialect}"
    if not results.wanted(suite, tests):
        return 0
    with Workspace("irc-doors") as workspace:
        try:
            WORLD = World(workspace, left, right, rules=rules).start()
        except results.Skip as skip:
            return results.skip_all(suite, tests, skip)
        outcome = results.run_all(suite, tests)
        if outcome:
            print(WORLD.node.log_text()[-3000:])
        return outcome


def main():
    return max(run(*world) for world in WORLDS)
