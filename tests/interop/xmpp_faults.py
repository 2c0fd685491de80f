# SPDX-License-Identifier: Apache-2.0
"""hanse among XMPP peers when something is wrong: names, certificates, peers that die."""

import hashlib
import re
import time

from tests.harness.results import Skip
from tests.harness.workspace import eventually, swallowing, wait_until
from tests.harness.xml_stream import Closed
from tests.harness.xmpp import PING, SASL, Dialled, fresh
from tests.interop.xmpp_world import BLACK_HOLE, LOST, US, fingerprint, records

DELAY = "urn:xmpp:delay"
KILL_MESSAGES, KILLS = 3000, 2
PEER_READS_AT_ONCE = 64   # stanzas, of these; seen: 37
WORLD = None


def needs_hanse():
    node = WORLD.hanse()
    if node is None:
        raise Skip("a stand-in for hanse cannot do this")
    return node


def reach(domain, prefix="gw"):
    """A ping from behind us to a component of Prosody and back."""
    answer = WORLD.ours(prefix).ask(f"v@{domain}", PING)
    assert answer.get("type") == "result", answer


def dead_first_target():
    """SRV with a dead first target: the second is used"""
    reach("gws.b.example")


def ipv6_black_hole():
    """an AAAA that swallows everything: the A is used long before that one is given up (30 s)"""
    with swallowing(BLACK_HOLE, 5269):
        start = time.monotonic()
        reach("gwv6.b.example")
        seconds = time.monotonic() - start
        assert seconds < 15 or WORLD.stand_in, f"it took {seconds:.1f} s"


def servfail():
    """DNS SERVFAIL: an iq gets a temporary error, a message waits and arrives when DNS is well"""
    needs_hanse()
    name = WORLD.ours().message("u", "v@gw.lost.example", "later")
    answer = WORLD.ours().ask("v@gw.lost.example", PING, 90)
    assert answer.get("type") == "error", answer
    assert answer.child("error").get("type") == "wait", answer
    WORLD.dns.change(records() + LOST)
    target = WORLD.peers["b"].behind["gw.lost.example"]
    target.wait(lambda one: one.get("id") == name, 90, "the message that waited")
    assert not [one for one in WORLD.ours().received if one.get("id") == name], "it also bounced"


def refused_both_ways(target):
    """Nothing comes in from, and nothing goes out to, that component of a peer."""
    answer = WORLD.ours().ask(f"v@{target.domain}", PING, 90)
    assert answer.get("type") == "error", f"it went out: {answer}"
    answer = target.ask("v@gw.a.example", PING, 90)
    assert answer.get("type") == "error", f"it came in: {answer}"


def expired():
    """an expired certificate is refused, in both directions"""
    refused_both_ways(WORLD.peers["f"].behind["expired.f.example"])


def wrong_name():
    """a certificate for another name is refused, in both directions"""
    refused_both_ways(WORLD.peers["f"].behind["wrong.f.example"])


def server_only():
    """a certificate for servers only (no clientAuth) is good, in both directions"""
    reach("server.f.example")
    target = WORLD.peers["f"].behind["server.f.example"]
    answer = target.ask("v@gw.a.example", PING)
    assert answer.get("type") == "result", answer


def pins_bind():
    """a pinned certificate that nobody vouches for is good, in both directions; where another one
    is pinned nothing makes up for it, although dialback is allowed"""
    needs_hanse()
    behind = WORLD.peer("bd").behind
    reach("pinned.bd.example")
    answer = behind["pinned.bd.example"].ask("v@gw.a.example", PING)
    assert answer.get("type") == "result", answer
    refused_both_ways(behind["otherwise.bd.example"])


def offered(certificate, source, direct=False):
    """Which SASL mechanisms are offered to a client with that certificate; [] when it is turned
    away instead."""
    client = Dialled(US, 5270 if direct else 5269, source, "a.example", certificate, direct)
    try:
        features = client.open() if direct else client.secure()
        mechanisms = features.child("mechanisms", SASL)
        return [one.text() for one in mechanisms.elements()] if mechanisms is not None else []
    except (AssertionError, Closed):
        return []
    finally:
        client.close()


def external_offered():
    """EXTERNAL is offered to whom the certificate is for, and to nobody else"""
    for direct in (False, True):
        assert "EXTERNAL" in offered(WORLD.bad["server"], "server.f.example", direct)
        assert "EXTERNAL" not in offered(WORLD.bad["server"], "b.example", direct)
        assert "EXTERNAL" not in offered(WORLD.bad["expired"], "expired.f.example", direct)
        assert "EXTERNAL" not in offered(WORLD.bad["wrong"], "wrong.f.example", direct)
        assert "EXTERNAL" not in offered(None, "b.example", direct)


def served():
    """Digest of the certificate that a new connection gets to see."""
    client = Dialled(US, 5270, "b.example", "a.example", direct=True)
    try:
        return hashlib.sha256(client.peer_certificate()).hexdigest()
    finally:
        client.close()


def certificate_swap():
    """the certificate is swapped while streams live: new ones see the new one, old ones stay"""
    node = needs_hanse()
    reach("gw.b.example")
    with open(node.config, encoding="utf-8") as config:
        cert, key = re.search(r'cert = "file:(.*)"\nkey = "file:(.*)"', config.read()).groups()
    fresh_one = WORLD.ca.issue("a.example", "*.a.example", file="swapped")
    wanted = fingerprint(fresh_one[0])
    assert served() != wanted
    WORLD.swap((cert, key), fresh_one)
    node.console("reload")
    eventually(lambda: served() == wanted, "the new certificate is served")
    reach("gw.b.example")
    answer = WORLD.theirs("bt").ask("v@gw.a.example", PING)
    assert answer.get("type") == "result", answer


def down_for_a_while():
    """a peer is down for 35 s: messages wait, then arrive once, in order, with a delay stamp"""
    needs_hanse()
    peer, source = WORLD.peers["b"], WORLD.ours()
    target = WORLD.theirs("b")
    peer.stop()
    people = fresh("down")
    names = [source.message("u", f"{people}@gw.b.example", f"{number}") for number in range(50)]
    time.sleep(35)  # a stamp is owed only to what was held for more than 30 s
    peer.start()

    all_there(target, f"{people}@gw.b.example", names)
    came = target.messages(f"{people}@gw.b.example")
    expected = [name for name in names if name not in source.returned()]
    assert expected and [one.get("id") for one in came] == expected, "order or copies"
    unstamped = [one.get("id") for one in came if one.child("delay", DELAY) is None]
    assert not unstamped, f"without a delay stamp: {unstamped}"


def missing(target, to, names):
    """Those that have not come, and were not given back by the peer, which does that while its
    component is not connected to it again."""
    return set(names) - {one.get("id") for one in target.messages(to)} - WORLD.ours().returned()


def all_there(target, to, names, seconds=120):
    wait_until(lambda: not missing(target, to, names), seconds, f"{len(names)} messages at {to}")


def acknowledged(peer):
    """What Prosody says in its log that it had received when it acknowledged, in each of its
    runs."""
    told, since = set(), []
    for line in peer.log_text().splitlines():
        if "Hello and welcome to Prosody" in line:
            since = []
        elif found := re.search(r"Received\[s2sin\]: <message id='([^']+)'", line):
            since.append(found[1])
        elif "Received ack request, acking for" in line:
            told.update(since)
            since = []
    return told


def lost_by_the_peer(peer, target, to, names):
    """Prosody writes its acknowledgement and what it hands to its component in any order: killed
    in between it has lost what it answered for. It is in its log then, and not much."""
    try:
        all_there(target, to, names, 60)
    except AssertionError as error:
        lost = missing(target, to, names)
        unanswered = lost - acknowledged(peer)
        assert not unanswered and len(lost) <= KILLS * PEER_READS_AT_ONCE, \
            f"{error}; {len(lost)} are missing, {len(unanswered)} never acknowledged"
        return lost
    return set()


def killed_in_mid_stream():
    """Prosody is killed in mid stream: nothing is lost, only what was open then comes twice"""
    needs_hanse()
    peer, source, target = WORLD.peers["b"], WORLD.ours(), WORLD.theirs("b")
    to = f"{fresh('kill')}@gw.b.example"
    names = []
    for number in range(KILL_MESSAGES):
        names.append(source.message("u", to, f"number {number}"))
        if number in [kill * KILL_MESSAGES // (KILLS + 1) for kill in range(1, KILLS + 1)]:
            eventually(lambda: len(target.messages(to)) > number // 2, "half of it")
            peer.kill()
            peer.start()

    lost = lost_by_the_peer(peer, target, to, names)
    came = [one.get("id") for one in target.messages(to)]
    first = list(dict.fromkeys(came))
    print(f"interop: XMPP peer kills: {KILLS} of them, {len(names)} messages, "
          f"{len(came) - len(first)} came twice, {len(set(names) - set(first) - lost)} given back, "
          f"{len(lost)} lost by the peer")
    # How many are open is the peer's business: it answers when it gets round to it. But they are
    # one stretch for each kill, and what came after its acknowledgement is in none.
    twice = [came.count(name) > 1 for name in names]
    stretches = sum(now and not before for before, now in zip([False, *twice], twice))
    assert stretches <= KILLS, f"{stretches} stretches of copies after {KILLS} kills"
    assert max(came.count(name) for name in names) <= 1 + KILLS, "a message came again and again"
    assert first == [name for name in names if name in set(first)], "out of order"


def answers_for_itself():
    """the node answers for its own domain: ping, disco, version, time"""
    needs_hanse()
    for space in ("urn:xmpp:ping", "http://jabber.org/protocol/disco#info", "jabber:iq:version",
                  "urn:xmpp:time"):
        name = {"urn:xmpp:ping": "ping", "urn:xmpp:time": "time"}.get(space, "query")
        answer = WORLD.theirs("b").ask("a.example", f"<{name} xmlns='{space}'/>")
        assert answer.get("type") == "result", answer
    answer = WORLD.theirs("b").ask("a.example", "<query xmlns='urn:no:such'/>")
    assert answer.child("error").child("service-unavailable") is not None, answer


TESTS = [dead_first_target, ipv6_black_hole, expired, wrong_name, server_only, pins_bind,
         external_offered, answers_for_itself, certificate_swap, servfail, killed_in_mid_stream,
         down_for_a_while]


def begin(world):
    global WORLD
    WORLD = world
