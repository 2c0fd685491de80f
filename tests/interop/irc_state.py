# SPDX-License-Identifier: Apache-2.0
"""Who somebody is on the other network, between real servers of different software: the ranks of
people who were there before a network was linked, or come back to it, their hosts and names, and
who keeps a name that two want."""

import sys

from tests.harness import results
from tests.harness.irc2_peer import Irc2
from tests.harness.irc_peers import Hybrid, Inspircd, Ngircd
from tests.harness.workspace import Workspace, eventually, wait_until
from tests.interop.irc_world import Meeting, World, has

WORLD = None
CHANGES_TOLD = 15  # of one thing, to and fro within a moment (undo_window_max)


def shown(person, *names):
    """They are so in the channel, with their prefixes, as somebody sees them."""
    return set(names) <= person.names("#dev")


def ranks_come_along():
    """who enters has the rank of his own network, also after a split on either side"""
    with Meeting(WORLD) as one:
        alice, bob = one.alice, one.bob
        there = WORLD.left_there
        eventually(lambda: shown(bob, "@" + there(alice)), "alice made the channel")
        links = len(WORLD.node.events("irc.linked"))
        WORLD.right.kill()
        eventually(lambda: not has(alice, WORLD.right_there(bob)), "the right is gone")
        carol = one.come(WORLD.left, "carol")
        dave = one.come(WORLD.left, "dave")
        alice.say(f"MODE #dev +v {carol.nick}")  # before the right is linked
        carol.wait("MODE #dev +v", carol.nick)
        WORLD.right.start()
        WORLD.wait_linked(("away",), since=links)
        bob = one.bob = one.come(WORLD.right, "bob")
        eventually(lambda: shown(bob, "@" + there(alice), "+" + there(carol), there(dave)),
                   "the ranks are those of the left")
        eventually(one.meet, "they meet again")
        alice.say(f"MODE #dev +o {WORLD.right_there(bob)}")
        bob.wait("MODE #dev +o", bob.nick)
        links = len(WORLD.node.events("irc.linked"))
        WORLD.left.kill()
        eventually(lambda: not has(bob, there(alice)), "the left is gone")
        WORLD.left.start()
        WORLD.wait_linked(("home",), since=links)
        alice = one.alice = one.come(WORLD.left, "alice")
        eventually(lambda: shown(alice, "@" + WORLD.right_there(bob)),
                   "bob's rank is seen on the left")


def who_is(asker, nick):
    """User name, host and real name of somebody who is there; who gets another host or user name
    goes for a moment on some servers."""
    words, _, name = asker.whois(nick, " 311 ").partition(" :")
    return (*words.split(" ")[4:6], name) if name else ("", "", "")


def hosts_change():
    """a host that is hidden at home is hidden elsewhere, and user and real names change"""
    with Meeting(WORLD) as one:
        alice, bob = one.alice, one.bob
        alice.say("OPER op op")
        alice.wait(" 381 ")
        alice.say("SETIDENT before")
        eventually(lambda: who_is(bob, WORLD.left_there(alice))[0] == "before", "a user name")
        alice.say("SETHOST hidden.example")
        # What else changes would wait for ten seconds after the user name.
        wait_until(lambda: who_is(bob, WORLD.left_there(alice))[1] == "hidden.example", 8,
                   "the host is hidden at once")
        alice.say("SETIDENT other")
        alice.say("SETNAME :Somebody Else")
        eventually(lambda: who_is(bob, WORLD.left_there(alice)) ==
                   ("other", "hidden.example", "Somebody Else"), "the names are the new ones")
        eventually(lambda: shown(bob, "@" + WORLD.left_there(alice)), "she has her rank")
        mark = bob.mark()
        alice.tell("#dev", "still me")
        bob.wait("!other@hidden.example", "still me", since=mark)


def same_names():
    """two of one name, and natives who are called like somebody from elsewhere: none is lost"""
    with Meeting(WORLD) as one:
        twins = [side.person(f"twin{one.number}") for side in (WORLD.left, WORLD.right)]
        one.people += twins
        for twin in twins:
            twin.say("JOIN #dev")
        eventually(lambda: has(one.bob, WORLD.left_there(twins[0])) and
                   has(one.alice, WORLD.right_there(twins[1])), "both are seen")
        # While the node is away somebody on the right takes a name that is not his to have.
        bob = one.bob
        WORLD.node.stop()
        squatter = WORLD.right.person(f"squat{one.number}")
        one.people.append(squatter)
        squatter.say(f"NICK {WORLD.left_there(one.alice)}")
        squatter.wait(" NICK ")
        WORLD.node.start()
        WORLD.wait_linked()
        eventually(lambda: of_the_left(bob, one.alice), "she has another name there")
        # At the same moment: who wins may be either, as long as both are there in the end.
        for number in range(12):
            guest = WORLD.left.person(f"g{number}x{one.number}")
            one.people.append(guest)
            guest.say("JOIN #dev")
            squatter.say(f"NICK {WORLD.left_there(guest)}")
        guests = one.people[-12:]
        # Who lost the name has another, or where it was saved is called by the id for a while.
        eventually(lambda: sum(of_the_left(bob, guest) for guest in guests) +
                   sum(name[0].isdigit() for name in bob.names("#dev")) == 12, "all are there")
        squatter.settle()
        assert not squatter.over and not squatter.count(" KILL "), squatter.lines[-5:]
        assert not any(person.over for person in one.people), "somebody is lost"


def collisions_end_nothing():
    """however many natives take the names of puppets that come, the network stays linked"""
    with Meeting(WORLD) as one:
        guests = [WORLD.right.person(f"c{number}x{one.number}") for number in range(26)]
        natives = [WORLD.left.person(f"n{number}x{one.number}") for number in range(26)]
        one.people += guests + natives
        # The node reads both at once, and those who come first: nothing of the natives is unread.
        eventually(lambda: WORLD.node.console("irc", "users", natives[-1].nick),
                   "the node knows the last of them")
        with WORLD.node.halted():
            for guest in guests:
                guest.join("#dev")
            for guest, native in zip(guests, natives):
                native.say(f"NICK {WORLD.right_there(guest)}")
                native.wait(" NICK ")
        eventually(lambda: sum(name.startswith("c") for name in one.alice.names("#dev")) == 26,
                   "all guests are there, under whatever name")
        eventually(lambda: all(native.over for native in natives), "each has met one")
        mark = one.bob.mark()
        one.alice.tell("#dev", "still here")
        one.bob.wait("still here", since=mark)
        found = WORLD.node.events("irc.dropped") + WORLD.node.events("irc.end")
        assert not found, found


def of_the_left(asker, person):
    """Under whatever name."""
    return any(name.lstrip("@+%").startswith(person.nick + WORLD.right.separator)
               for name in asker.names("#dev"))


def bans_mean_the_same():
    """a ban from talking, and one by real name, in the words of each; others stay where they are"""
    with Meeting(WORLD) as one:
        alice, bob = one.alice, one.bob
        mark = bob.mark()
        alice.say("MODE #dev +b m:*!*@*")
        bob.wait("MODE #dev +b $m:*!*@*", since=mark)
        bob.tell("#dev", "may I?")
        bob.wait(" 404 ", since=mark)
        alice.say("MODE #dev -b m:*!*@*")
        bob.wait("MODE #dev -b $m:*!*@*", since=mark)
        alice.say("MODE #dev +b r:*spam*")
        bob.wait("MODE #dev +b $r:*spam*", since=mark)
        eve = WORLD.right.person(f"eve{one.number}", realname="spam and more")
        one.people.append(eve)
        eve.say("JOIN #dev")
        eve.wait(" 474 ")
        alice.say(f"MODE #dev +o {WORLD.right_there(bob)}")
        bob.wait("MODE #dev +o", since=mark)
        back = alice.mark()
        bob.say("MODE #dev -b+bb $r:*spam* $s:nowhere.example *!*@mark.example")
        alice.wait("MODE #dev", "r:*spam*", "*!*@mark.example", since=back)
        assert alice.count("nowhere.example", since=back) == 0
        told = [row["text"] for row in WORLD.node.console("explain", "irc", "#dev")]
        assert any("of away without a counterpart on home: 1 ($s:nowhere.example)" in text
                   for text in told), told
        assert WORLD.node.events("irc.ban_refused")


def empty_channels_hold():
    """a channel that nobody is in keeps its modes and topic, for who joins it and elsewhere"""
    with Meeting(WORLD) as one:
        bob = one.bob
        mark = bob.mark()
        bob.say("MODE #dev")
        assert "m" in bob.wait(" 324 ", since=mark).split(" #dev ")[1], bob.lines[mark:]
        bob.say("TOPIC #dev")
        bob.wait(" 332 ", "welcome to dev", since=mark)
        bob.tell("#dev", "may I?")
        bob.wait(" 404 ", since=mark)
    rows = {row["channel"]: row for row in WORLD.node.console("irc", "channels")
            if row["network"] == "home"}
    assert rows["#dev"]["topic"] == "welcome to dev" and "m" in rows["#dev"]["modes"], rows
    assert len(rows) == 31 and rows["#perm29"]["members"] == 0, len(rows)
    found = WORLD.node.events("irc.dropped") + WORLD.node.events("irc.end")
    assert not found, found


def maps_end_nothing():
    """MAP of a server that stands for a network is answered, however often somebody asks"""
    eve = WORLD.left.person("eve")
    for _ in range(30):
        mark = eve.mark()
        eve.say(f"MAP away.{WORLD.left.us}")
        eve.wait(" 007 ", since=mark)
    eve.settle()
    found = WORLD.node.events("irc.dropped") + WORLD.node.events("irc.end")
    assert not found, found
    eve.leave()


def wars_come_to_an_end():
    """two who insist on different modes and topics are not told of each other for ever"""
    with Meeting(WORLD) as one:
        alice, bob = one.alice, one.bob
        alice.say(f"MODE #dev +o {WORLD.right_there(bob)}")
        bob.wait("MODE #dev +o", bob.nick)
        alice.wait("MODE #dev +o")
        mark = alice.mark()
        # The node reads all at once: what takes its time is no war.
        with WORLD.node.halted():
            for number in range(40):
                bob.say(f"MODE #dev {'+-'[number % 2]}m")
            bob.say("TOPIC #dev :still together")
            bob.settle()
        alice.wait("TOPIC #dev :still together", since=mark)  # comes after all that was told
        assert alice.count("MODE #dev", since=mark) == CHANGES_TOLD, alice.lines[mark:]
        wars = [event["msg"] for event in WORLD.node.events("irc.war")]
        assert len(wars) == 1 and "mode m in junction dev" in wars[0], wars


# Thirty-one channels that are there without anybody in them.
PERMANENT = [("#dev", "ntm", "welcome to dev")] + [
    (f"#perm{number}", "nt", f"topic {number}") for number in range(30)]


class StandingInspircd(Inspircd):
    more = '<module name="permchannels">' + "".join(
        f'<permchannels channel="{name}" modes="+P{modes}" topic="{topic}">\n'
        for name, modes, topic in PERMANENT)


class StandingNgircd(Ngircd):
    more = "".join(f"\n[Channel]\n Name = {name}\n Modes = +{modes}\n Topic = {topic}\n"
                   for name, modes, topic in PERMANENT)


# Who is linked to whom, and the tests between them.
WORLDS = [(Inspircd, Hybrid, [ranks_come_along, hosts_change, same_names,
                              bans_mean_the_same, maps_end_nothing, wars_come_to_an_end]),
          (Inspircd, Ngircd, [ranks_come_along, hosts_change]),
          (Ngircd, Hybrid, [collisions_end_nothing]),
          (Inspircd, Inspircd, [hosts_change]),
          (Inspircd, Irc2, [hosts_change, same_names]),
          (Hybrid, Irc2, [ranks_come_along]),
          (StandingInspircd, Hybrid, [empty_channels_hold]),
          (StandingNgircd, Hybrid, [empty_channels_hold])]


def run(left_kind, right_kind, tests):
    global WORLD
    pair = f"{left_kind.dialect} and {right_kind.dialect}"
    if not results.wanted(f"interop IRC, {pair}", tests):
        return 0
    with Workspace("irc-state") as workspace:
        try:
            WORLD = World(workspace, left_kind, right_kind).start()
        except results.Skip as skip:
            return results.skip_all(f"interop IRC, {pair}", tests, skip)
        outcome = results.run_all(f"interop IRC, {pair}", tests)
        if outcome:
            print(WORLD.node.log_text()[-3000:])
        return outcome


def main():
    return max(run(*world) for world in WORLDS)


if __name__ == "__main__":
    sys.exit(main())
