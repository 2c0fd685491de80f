# SPDX-License-Identifier: Apache-2.0
"""The real daemon and peers that want more than there is: their rate, one target that a whole
domain knocks at, a disk that is nearly full; and peers that want nothing any more."""

import re
import sys
import time
import urllib.request

from tests.harness import pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port
from tests.harness.xmpp import MUC, PING, SECRET, TLS, Component, Dialled
from tests.harness.xmpp_server import Server
from tests.system.xmpp_dials import ROUTE
from tests.system.xmpp_resumption import CONFIG

RATE = 10
PEER = f"""
[peer."b.example"]
scopes = ["xmpp"]
max_msgs_per_min = {RATE}
[metrics]
addr = "127.0.0.1:0"
"""
FULL_DISK = """
[disk]
min_free = "900TiB"
"""
ASKS_SOON = """ping_after = "10s"
answer_timeout = "5s"
"""
WORLD = None


class Side:
    """A node with its component, in front of the servers of b.example and c.example."""

    def __init__(self, workspace, name, more, keys="", **options):
        self.ca = ca = pki.Authority(workspace.folder(f"{name}-pki"))
        self.port, component = free_port(), free_port()
        peers = {peer: free_port() for peer in ("b", "c")}
        self.keys = {peer: ca.issue(f"{peer}.example") for peer in peers}
        self.servers = {peer: Server(at, f"{peer}.example", self.keys[peer], **options)
                        for peer, at in peers.items()}
        cert, key = ca.issue("a.example", "*.a.example")
        self.node = Node(workspace, name, CONFIG.format(
            name="a", domain="a.example", port=self.port, dns=free_port(), component=component,
            cert=cert, key=key, ca=ca.certificate,
            secret=workspace.file(f"{name}-secret", SECRET, 0o600)).replace(
                "[component.", keys + "[component.", 1) +
            "".join(ROUTE.format(peer, f"127.0.0.1:{at}") for peer, at in peers.items()) +
            more).start()
        self.component = Component("127.0.0.1", component, "gw.a.example").up()

    def dial(self, peer, target="gw.a.example", managed=False):
        stream = Dialled("127.0.0.1", self.port, f"{peer}.example", target, self.keys[peer])
        stream.external(stream.secure())
        if managed:
            stream.stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
            stream.stream.expect("enabled")
        return stream

    def answers(self, peer, last):
        """What came back to a peer of the things whose ids begin so, by type; `last` is the end."""
        self.servers[peer].wait(lambda one: one.get("id") == last, what=last)
        prefix = last.split("-")[0] + "-"
        return [(one.get("type"), one.child("error")) for one in self.servers[peer].came
                if one.get("id", "").startswith(prefix)]


class World:
    def __init__(self, workspace):
        self.usual = Side(workspace, "usual", PEER)
        self.full = Side(workspace, "full", FULL_DISK)
        self.asking = Side(workspace, "asking", "", ASKS_SOON, management=False)


def refusals(answers, condition):
    found = [error for kind, error in answers if kind == "error"]
    for error in found:
        assert error.child(condition) is not None and error.get("type") == "wait", error
    return len(found)


def own_answers_count():
    """what the node answers itself counts as well: of 60 pings all are answered, 10 by a result"""
    ends = "from='b.example' to='a.example'"
    stream = WORLD.usual.dial("b", "a.example")
    start = time.monotonic()
    stream.stream.send("".join(f"<iq type='get' id='p-{at}' {ends}>{PING}</iq>"
                               for at in range(60)))
    answers = WORLD.usual.answers("b", "p-59")
    assert len(answers) == 60, len(answers)
    refused = refusals(answers, "resource-constraint")
    earned = (time.monotonic() - start) * RATE / 60   # meanwhile
    assert RATE <= 60 - refused <= RATE + earned + 1, f"{60 - refused} results"
    stream.close()


def attack_counted():
    """what only somebody in between does is counted: octets in clear behind <starttls/>"""
    node = WORLD.usual.node

    def counted():
        address = node.event("metrics.listening")["address"]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
            found = re.search('hanse_attacks_total({.*}) ([0-9]+)', page.read().decode())
        assert not found or {'proto="xmpp"', 'kind="starttls_injection"'} == set(
            found.group(1).strip("{}").split(",")), found.group(1)
        return int(found.group(2)) if found else 0

    before = counted()
    stream = Dialled("127.0.0.1", WORLD.usual.port, "b.example", "a.example")
    stream.open()
    stream.stream.send(f"<starttls xmlns='{TLS}'/><stream:stream>")
    eventually(lambda: counted() == before + 1, "it is counted")
    assert node.event("xmpp.starttls_injection"), "it is not in the log"
    stream.close()


def one_target():
    """a domain that subscribes to one user, and joins one room, with all its users at once"""
    ends = "from='u{0}@c.example/x' to='{1}@gw.a.example{2}'"
    stream = WORLD.usual.dial("c")
    start = time.monotonic()
    stream.stream.send("".join(f"<presence type='subscribe' id='s-{at}' "
                               f"{ends.format(at, 'v', '')}/>" for at in range(100)))
    stream.stream.send("".join(f"<presence id='j-{at}' {ends.format(at, 'quiet', f'/n{at}')}>"
                               f"<x xmlns='{MUC}'/></presence>" for at in range(400)))
    stream.stream.send("<presence type='subscribe' id='other' "
                       f"{ends.format(1, 'w', '')}/>")
    came = WORLD.usual.component
    came.wait(lambda one: one.get("id") == "other", what="one for another user")
    knocks = {kind: len([one for one in came.received if one.get("id", "").startswith(kind)])
              for kind in ("s-", "j-")}
    took = time.monotonic() - start   # one more in two seconds, and five in one
    assert 30 <= knocks["s-"] <= 31 + took / 2 and 300 <= knocks["j-"] <= 301 + took * 5, knocks
    refused = refusals(WORLD.usual.answers("c", "s-99"), "resource-constraint")
    assert refused == 100 - knocks["s-"], f"{refused} of {knocks}"
    refused = refusals(WORLD.usual.answers("c", "j-399"), "resource-constraint")
    assert refused == 400 - knocks["j-"], f"{refused} of {knocks}"
    stream.close()


def low_disk():
    """with a disk nearly full a peer comes in, and only what has to be kept is refused"""
    side = WORLD.full
    stream = side.dial("b", managed=True)
    ends = "from='u@b.example' to='v@gw.a.example'"
    stream.stream.send(f"<message id='m-1' {ends}><body>x</body></message>"
                       f"<presence id='q' {ends}/><r xmlns='urn:xmpp:sm:3'/>"
                       "<db:verify from='b.example' to='gw.a.example' id='x'>00</db:verify>")
    side.component.wait(lambda one: one.get("id") == "q", what="a presence")
    assert refusals(side.answers("b", "m-1"), "resource-constraint") == 1
    assert not side.component.messages()
    heard = [stream.stream.next().name, stream.stream.next().name]
    assert sorted(heard) == ["a", "verify"], heard
    stream.close()


def hung():
    """peers without XEP-0198 and dialback: one that answers pings, by a stream of its own, keeps
    the stream that leads to it; that of one that does not ends, whatever goes over it"""
    side = WORLD.asking
    back = side.dial("b")
    answered = []

    def answer(_, stanza):
        if stanza.child("ping", "urn:xmpp:ping") is not None:
            answered.append(stanza.get("id"))
            back.stream.send(f"<iq type='result' from='{stanza.get('to')}' "
                             f"to='{stanza.get('from')}' id='{stanza.get('id')}'/>")

    side.servers["b"].answer = answer
    for peer in ("b", "c"):
        side.component.send(f"<presence from='u@gw.a.example' to='v@{peer}.example' id='here'/>")
        side.servers[peer].wait(lambda one: one.get("id") == "here")
    ended = "no answer to a ping"
    eventually(lambda: [one for one in side.node.events("conn.failed") if ended in one["msg"]],
               "the stream to the one that does not answer ends")
    eventually(lambda: len(answered) > 1, "the other one is asked again")
    assert side.servers["b"].streams == 1, side.servers["b"].streams
    assert not [one for one in side.component.received if one.get("id") in answered]
    back.close()


TESTS = [own_answers_count, attack_counted, one_target, low_disk, hung]


def main():
    global WORLD
    with Workspace("xmpp-bounds") as workspace:
        WORLD = World(workspace)
        return results.run_all("system XMPP bounds", TESTS)


if __name__ == "__main__":
    sys.exit(main())
