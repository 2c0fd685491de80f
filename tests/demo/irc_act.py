# SPDX-License-Identifier: Apache-2.0
"""The third act of the demo: two IRC networks of different software share a channel."""

from tests.harness.irc_peers import Hybrid, Inspircd
from tests.harness.results import Skip
from tests.harness.workspace import eventually
from tests.interop.irc_world import World


def run(workspace, say):
    try:
        world = World(workspace, Inspircd, Hybrid).start()
    except Skip as skip:
        say(f"act three, IRC: skipped: {skip}")
        return True
    left, right = world.left, world.right
    say(f"act three, IRC: {left.server} and {right.server} are linked to one node, which makes "
        "#dev of both one channel")
    alice, bob = left.person("alice"), right.person("bob")
    for person in (alice, bob):
        person.join("#dev")
    names = {"alice": f"alice{right.separator}home", "bob": f"bob{left.separator}away"}
    eventually(lambda: sees(alice, names["bob"]) and sees(bob, names["alice"]), "they meet")
    for person, server in ((alice, left), (bob, right)):
        say(f"  {person.nick} on {server.dialect} sees {' '.join(sorted(person.names('#dev')))}")
    alice.tell("#dev", "hello from InspIRCd")
    bob.tell("#dev", "hello from ircd-hybrid")
    for person, words in ((alice, "hello from ircd-hybrid"), (bob, "hello from InspIRCd")):
        say(f"  {person.nick} reads {person.wait('PRIVMSG #dev', words)}")
    for line in world.node.say("irc", "channels", "dev")[1].rstrip().splitlines():
        say("  | " + line)
    alice.say("KICK #dev " + names["bob"] + " :enough")
    say(f"  alice kicks him there; bob reads {bob.wait('KICK #dev bob')}")
    good = not sees(alice, names["bob"]) and once(alice, bob)
    for person in (alice, bob):
        person.leave()
    world.stop()
    return good


def sees(person, nick):
    return any(name.lstrip("@+%") == nick for name in person.names("#dev"))


def once(alice, bob):
    return alice.count("hello from ircd-hybrid") == bob.count("hello from InspIRCd") == 1
