# SPDX-License-Identifier: Apache-2.0
"""hanse between two real networks of different software: one channel on both. [WORDS]: only tests
with these words."""

import sys

from tests.harness import results
from tests.harness.irc2_peer import Irc2
from tests.harness.irc_peers import Hybrid, Inspircd, Ngircd
from tests.harness.workspace import Workspace, eventually
from tests.interop import irc_doors, irc_failover, irc_nodes, irc_refusals, irc_row, irc_services
from tests.interop import irc_state, irc_vhosts
from tests.interop.irc_world import Meeting, World, has

WORLD = None


def meeting():
    return Meeting(WORLD)


def left(person):
    return WORLD.left_there(person)


def right(person):
    return WORLD.right_there(person)


def meets_and_talks():
    """people of both networks are members for each other, and talk"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark(), bob.mark()
        alice.tell("#dev", "hello from the left")
        line = bob.wait("PRIVMSG #dev :hello from the left", since=mark[1])
        assert line.startswith(f":{left(alice)}!"), line
        bob.tell("#dev", "\x01ACTION waves\x01")
        alice.wait(f":{right(bob)}!", "PRIVMSG #dev :\x01ACTION waves\x01", since=mark[0])
        alice.say("NOTICE #dev :note this")
        bob.wait("NOTICE #dev :note this", since=mark[1])
        alice.tell(right(bob), "between us")
        bob.wait(f":{left(alice)}!", f"PRIVMSG {bob.nick} :between us", since=mark[1])
        bob.tell(left(alice), "and back")
        alice.wait(f":{right(bob)}!", f"PRIVMSG {alice.nick} :and back", since=mark[0])
        alice.settle()
        bob.settle()
        assert alice.count("hello from the left", since=mark[0]) == 0, "it came back"
        assert bob.count("hello from the left", since=mark[1]) == 1, "it came twice"


def topics_nicks_parts():
    """topic, nick, away, part and quit pass"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = bob.mark()
        alice.say("TOPIC #dev :what we build")
        bob.wait("TOPIC #dev :what we build", since=mark)
        back = alice.mark()
        alice.say(f"MODE #dev +o {right(bob)}")
        bob.wait("MODE #dev +o", since=mark)
        # InspIRCd takes no second topic within one second.
        eventually(lambda: topic(bob, "what we mend") and
                   alice.count("TOPIC #dev :what we mend", since=back), "the other topic")
        before = left(alice), right(bob)
        alice.say(f"NICK {alice.nick}x")
        alice.nick += "x"
        bob.wait(f":{before[0]}!", f"NICK :{left(alice)}", since=mark)
        bob.say(f"NICK {bob.nick}y")
        bob.nick += "y"
        alice.wait(f":{before[1]}!", f"NICK :{right(bob)}", since=back)
        alice.say("AWAY :at lunch")
        alice.settle()
        eventually(lambda: bob.whois(left(alice), " 301 "), "she is away")
        alice.say("PART #dev :see you")
        bob.wait(f":{left(alice)}!", "PART #dev", "see you", since=mark)
        mark = bob.mark()
        alice.join("#dev")
        bob.wait(f":{left(alice)}!", "JOIN", since=mark)
        alice.say("QUIT :good night")
        bob.wait(f":{left(alice)}!", "QUIT", "good night", since=mark)


def topic(person, text):
    person.say(f"TOPIC #dev :{text}")
    person.settle()
    return True


def kicks():
    """a kick reaches who is on the other network, and works on puppets alike"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark(), bob.mark()
        alice.say(f"KICK #dev {right(bob)} :enough")
        bob.wait(f"KICK #dev {bob.nick}", "enough", since=mark[1])
        alice.wait(f"KICK #dev {right(bob)}", since=mark[0])
        eventually(lambda: not has(alice, right(bob)), "bob's puppet is gone")
        bob.join("#dev")
        eventually(lambda: has(alice, right(bob)), "bob is back")
        carol = one.come(WORLD.right, "carol")
        alice.wait(f":{right(carol)}!", "JOIN", since=mark[0])
        op = one.come(WORLD.right, "op")
        op.say("OPER op op")
        op.wait(" 381 ")
        carol.settle()
        alice.say(f"MODE #dev +o {right(carol)}")
        carol.wait("MODE #dev +o", carol.nick)
        carol.say(f"KICK #dev {op.nick} :own network")
        alice.wait(f"KICK #dev {right(op)}", since=mark[0])


def kicks_on_irc2():
    """whoever is given a rank there by somebody here may kick who is here"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark(), bob.mark()
        alice.say(f"MODE #dev +o {right(bob)}")
        bob.wait("MODE #dev +o", bob.nick, since=mark[1])
        bob.say(f"KICK #dev {left(alice)} :enough")
        alice.wait(f"KICK #dev {alice.nick}", "enough", since=mark[0])
        alice.join("#dev")
        bob.wait(f":{left(alice)}!", "JOIN", since=mark[1])
        eventually(lambda: has(alice, right(bob)), "both are there again")


def ranks():
    """a rank given on one network is seen on the other"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = bob.mark()
        alice.say(f"MODE #dev +v {right(bob)}")
        bob.wait("MODE #dev +v", bob.nick, since=mark)
        alice.say(f"MODE #dev -v {right(bob)}")
        bob.wait("MODE #dev -v", bob.nick, since=mark)


def modes_and_bans():
    """modes and bans pass by what they mean"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = bob.mark()
        alice.say("MODE #dev +m")
        bob.wait("MODE #dev", "+m", since=mark)
        alice.say("MODE #dev -m+b *!*@bad.example")
        bob.wait("MODE #dev", "+b", "*!*@bad.example", since=mark)
        alice.say(f"MODE #dev +b {right(bob)}!*@*")
        bob.wait("MODE #dev", "+b", f"{bob.nick}!*@*", since=mark)
        alice.say(f"MODE #dev -bb *!*@bad.example {right(bob)}!*@*")
        bob.wait("MODE #dev", "-b", f"{bob.nick}!*@*", since=mark)


def splits_and_heals():
    """a network that is killed vanishes by a split, and comes back with its people"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark()
        links = len(WORLD.node.events("irc.linked"))
        WORLD.right.kill()
        alice.wait(f":{right(bob)}!", "QUIT", since=mark)
        assert not has(alice, right(bob))
        WORLD.right.start()
        WORLD.wait_linked(("away",), since=links)
        bob = one.bob = one.come(WORLD.right, "bob")
        eventually(one.meet, "they meet again")
        mark = bob.mark()
        alice.tell("#dev", "welcome back")
        bob.wait("welcome back", since=mark)
        bob.settle()
        assert bob.count("welcome back", since=mark) == 1


def tags_pass():
    """the id of a message, and what clients say in tags, are the same on both sides"""
    with meeting() as one:
        alice, bob, carol = one.alice, one.bob, one.come(WORLD.left, "carol")
        for person in (alice, bob, carol):
            person.say("CAP REQ :message-tags server-time")
            person.wait(" CAP ", " ACK ")
        for number in range(3):  # two servers that count alike would give the same ids
            carol.tell(alice.nick, f"count {number}")
            alice.wait(f"count {number}")
        mark = bob.mark(), carol.mark()
        alice.tell("#dev", "tagged")
        here = tags_of(carol.wait("PRIVMSG #dev :tagged", since=mark[1]))
        there = tags_of(bob.wait("PRIVMSG #dev :tagged", since=mark[0]))
        # Each of the two writes the time for its own people anew.
        assert here["msgid"] and here["msgid"] == there["msgid"], (here, there)
        assert "time" in there, there
        alice.say("@+typing=active TAGMSG #dev")
        line = bob.wait(f":{left(alice)}!", "TAGMSG :#dev", since=mark[0])
        assert tags_of(line)["+typing"] == "active", line


def tags_of(line):
    return dict(part.partition("=")[::2] for part in line.split(" ")[0][1:].split(";"))


def claims_hold():
    """what the other network changes in a channel with an owner stays there, and is undone there"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark(), bob.mark()
        alice.say(f"MODE #dev +o {right(bob)}")  # who comes first is one there already
        eventually(lambda: f"@{bob.nick}" in bob.names("#dev"), "bob is an operator")
        alice.say("TOPIC #dev :ours")
        bob.wait("TOPIC #dev :ours", since=mark[1])
        mark = alice.mark(), bob.mark()
        bob.say("TOPIC #dev :theirs")
        bob.wait("TOPIC #dev :ours", since=mark[1])
        bob.say("MODE #dev +m")
        bob.wait("MODE #dev -m", since=mark[1])
        bob.say(f"KICK #dev {left(alice)} :out")
        bob.wait(f":{left(alice)}!", "JOIN", since=mark[1])
        bob.tell("#dev", "as you like it")
        alice.wait("as you like it", since=mark[0])
        for word in ("theirs", "MODE #dev +m", "KICK"):
            assert alice.count(word, since=mark[0]) == 0, word


def late_lines():
    """what is said while a network is down is told there later, marked, in order and once"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = alice.mark()
        links = len(WORLD.node.events("irc.linked"))
        WORLD.right.kill()
        alice.wait(f":{right(bob)}!", "QUIT", since=mark)
        for number in range(3):
            alice.tell("#dev", f"meanwhile {number}")
        alice.tell("#dev", "\x01ACTION waits\x01")
        alice.settle()
        eventually(lambda: waiting() == 4, "four lines wait")
        WORLD.right.start()
        WORLD.wait_linked(("away",), since=links)
        bob = one.bob = one.come(WORLD.right, "bob")
        eventually(one.meet, "they meet again")
        bob.wait(f"* {alice.nick} waits")
        with bob.news:
            got = [line.split(" :", 1)[1] for line in bob.lines if "[late, " in line]
        assert [text.split("] ", 1)[1] for text in got] == [
            *(f"<{alice.nick}> meanwhile {number}" for number in range(3)),
            f"* {alice.nick} waits"], got
        eventually(lambda: waiting() == 0, "none waits any more")
        mark = bob.mark()
        alice.tell("#dev", "live again")
        assert bob.wait("live again", since=mark).startswith(f":{left(alice)}!")


def waiting():
    return sum("lane" in row for row in WORLD.node.console("queue", "list"))


def long_lines_and_control():
    """long lines arrive whole, and what a client asks inside a message does not pass"""
    with meeting() as one:
        alice, bob = one.alice, one.bob
        mark = bob.mark()
        words = " ".join(f"word{number}" for number in range(60))[:400]
        alice.tell("#dev", words)
        alice.tell("#dev", "\x01VERSION\x01")
        alice.tell("#dev", "the end")
        bob.wait("the end", since=mark)
        with bob.news:
            got = " ".join(line.split("PRIVMSG #dev :", 1)[1] for line in bob.lines[mark:]
                           if "PRIVMSG #dev :word" in line)
        assert got.split() == words.split(), got
        assert bob.count("VERSION", since=mark) == 0


QUESTIONS = (("VERSION", " 351 "), ("TIME", " 391 "), ("ADMIN", " 423 "), ("MOTD", " 422 "),
             ("INFO", " 374 "), ("STATS u", " 219 "))


def questions():
    """WHOIS of who is on the other network, and what its server here is asked, is answered"""
    with meeting() as one:
        asked = ((one.alice, right(one.bob), WORLD.right),
                 (one.bob, left(one.alice), WORLD.left))
        for asker, nick, network in asked:
            server = f"{network.name}.{network.us}"
            mark = asker.mark()
            asker.say(f"WHOIS {server} {nick}")
            asker.wait(" 318 ", nick, since=mark)
            for word in (" 311 ", " 312 "):
                assert asker.count(word, nick, since=mark) == 1, word
            for words, number in QUESTIONS:
                mark = asker.mark()
                asker.say(f"{words} {server}")
                asker.wait(number, since=mark)


def nothing_is_refused():
    """the node has dropped no line and lost no link so far"""
    found = WORLD.node.events("irc.dropped") + WORLD.node.events("irc.end")
    assert not found, found


def console_shows():
    """the console shows networks, people and channels as they are, and explains the channel"""
    with meeting() as one:
        alice, bob, node = one.alice, one.bob, WORLD.node
        rows = {row["network"]: row for row in node.console("irc", "networks")}
        assert [row["state"] for row in rows.values()] == ["linked"] * 2, rows
        assert rows["home"]["software"] == WORLD.left.dialect, rows
        seen = {(row["network"], row["nick"]): row for row in node.console("irc", "users")}
        assert seen["home", right(bob)]["server"] == "away.node.a.example", seen
        assert seen["away", bob.nick]["channels"] == "#dev", seen
        few = node.console("irc", "users", "--limit", "1")
        assert len(few) == 2 and few[1]["next_cursor"], few
        found = node.console("irc", "users", alice.nick)
        assert {row["nick"] for row in found} == {alice.nick, left(alice)}, found
        channels = [row for row in node.console("irc", "channels", "#dev")]
        assert [row["junction"] for row in channels] == ["dev", "dev"], channels
        told = " ".join(row["text"] for row in node.console("explain", "irc", "#dev"))
        for word in ("#dev%home #dev%away", WORLD.left.server, "2 members, of whom 1"):
            assert word in told, told
        for words in ("irc networks", "irc users", "irc channels", "peer export-config"):
            code, out, _ = node.say(*words.split(), "--help")
            assert code == 0 and out.strip(), words
        hidden = node.say("peer", "export-config", "home", "--for", WORLD.left.dialect)[1]
        assert WORLD.left.sent not in hidden and "receive_password" in hidden, hidden
        looks()


def looks():
    """probe irc tells what is there, also where it is no network of ours"""
    WORLD.probe()


TALK = [meets_and_talks, topics_nicks_parts, kicks, ranks, modes_and_bans, long_lines_and_control,
        questions, nothing_is_refused]
# irc2 gives nobody an operator's rank while it is so small: who has none on it, has none here.
TALK_IRC2 = [meets_and_talks, topics_nicks_parts, kicks_on_irc2, modes_and_bans,
             long_lines_and_control, questions, nothing_is_refused]
# Who is linked to whom, who calls us instead of being called, by TLS or not, and whether they were
# configured with what hanse wrote for them, and what else their junction says.
WORLDS = [(Inspircd, Hybrid, (), False, TALK + [splits_and_heals, late_lines]),
          (Inspircd, Ngircd, (), False, TALK + [splits_and_heals, late_lines]),
          (Inspircd, Inspircd, (), False, [meets_and_talks, tags_pass, nothing_is_refused]),
          (Inspircd, Hybrid, (), False, [claims_hold, nothing_is_refused], False,
           'owner = "home"'),
          (Hybrid, Irc2, (), False, TALK_IRC2 + [splits_and_heals, late_lines]),
          (Inspircd, Irc2, ("home", "away"), False, [meets_and_talks, nothing_is_refused]),
          (Irc2, Ngircd, (), False, [meets_and_talks, looks, nothing_is_refused], True),
          (Hybrid, Inspircd, ("home", "away"), False, TALK + [late_lines]),
          (Inspircd, Ngircd, (), False, [console_shows, nothing_is_refused], True),
          (Inspircd, Hybrid, (), True, [console_shows, nothing_is_refused], True),
          (Inspircd, Hybrid, (), True, [meets_and_talks, nothing_is_refused]),
          (Inspircd, Ngircd, (), True, [meets_and_talks, nothing_is_refused]),
          (Hybrid, Ngircd, ("away",), True, [meets_and_talks, nothing_is_refused]),
          (Inspircd, Hybrid, ("home", "away"), True, [meets_and_talks, nothing_is_refused])]


def run(left_kind, right_kind, calling, tls, tests, pasted=False, rules=""):
    global WORLD
    pair = (f"{left_kind.dialect} and {right_kind.dialect}" + " calling" * bool(calling) +
            " by TLS" * tls + " as told" * pasted + " with rules" * bool(rules))
    if not results.wanted(f"interop IRC, {pair}", tests):
        return 0
    with Workspace("irc") as workspace:
        try:
            WORLD = World(workspace, left_kind, right_kind, calling, tls, pasted, rules).start()
        except results.Skip as skip:
            return results.skip_all(f"interop IRC, {pair}", tests, skip)
        outcome = results.run_all(f"interop IRC, {pair}", tests)
        if outcome:
            print(WORLD.node.log_text()[-3000:])
        return outcome


def main():
    more = (irc_state, irc_doors, irc_row, irc_nodes, irc_failover, irc_services, irc_vhosts,
            irc_refusals)
    return max([*(run(*world) for world in WORLDS), *(one.main() for one in more)])


if __name__ == "__main__":
    sys.exit(main())
