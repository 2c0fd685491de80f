# SPDX-License-Identifier: Apache-2.0
"""Prosody (b.example) sends messages through hanse, the face of c.example, to ejabberd behind it,
while hanse is killed with SIGKILL at random moments. What Prosody has no acknowledgement for
(XEP-0198) when its stream breaks it returns to the sender as an error: all else must arrive. A
copy is allowed, under the same id.

    xmpp_crash.py [MESSAGES] [SEED] [--stand-in]

With --stand-in another Prosody takes the place of hanse and ejabberd: it shows that the sender's
side of this test asks nothing impossible.
"""

import contextlib
import random
import sys
import threading
import time

from tests.harness import dns, namespace, pki, results
from tests.harness.dns import srv
from tests.harness.node import Node
from tests.harness.workspace import Workspace, wait_until
from tests.harness.xmpp_peers import Ejabberd, Prosody

HANSE, PROSODY, EJABBERD = "127.0.77.1", "127.0.77.2", "127.0.77.3"
INNER_DNS = "127.0.0.2"  # what the server behind hanse asks: for it, hanse is everybody
BATCH = 20
SETTLE_SECONDS = 60  # a restarted node spreads its first attempts over half a minute

CONFIG = """
[node]
domain = "a.example"
data_dir = "{{folder}}/data"
[listen.xmpp]
addr = ["{host}:5269"]
[control]
socket = "{{folder}}/control.sock"
[dns]
servers = ["127.0.0.1:53"]
[tls]
cert = "file:{cert}"
key = "file:{key}"
ca = "{ca}"
[policy]
unknown_peers = "open"
[log]
level = "info"
[xmpp]
hosts = ["a.example"]
trust = "verify"
relay_from = ["127.0.0.0/8"]
loopback_addresses = true
retry = ["1s"]
{routes}
"""

ROUTE = """
[[route]]
match = "{match}"
protocol = "xmpp"
via = "{host}:5269"
[peer."{match}"]
scopes = ["xmpp"]
xmpp_trust = "dialback"
"""


class Sender(threading.Thread):
    """Sends numbered messages until as many as wanted were sent and not returned, and the first
    kill has come. After a break it sends one at a time until one arrives: what waits in Prosody
    for a stream to open is lost without a word when that stream breaks at once, and so would not
    be hanse's to account for."""

    def __init__(self, component, to, wanted, arrived):
        super().__init__(daemon=True)
        self.component, self.to, self.wanted, self.arrived = component, to, wanted, arrived
        self.killed = False
        self.sent = self.flowing = 0  # how many were sent in all, and since the last break

    def run(self):
        known = -1
        while not self.killed or self.sent - len(self.returned()) < self.wanted:
            if len(self.returned()) != known:
                self.flowing = 0
                self.one_by_one()
                known = len(self.returned())
            for _ in range(BATCH):
                self.send()
            self.flowing += BATCH
            time.sleep(0.01)  # a pace that leaves something to be killed

    def send(self):
        self.sent += 1
        return self.component.message("u", self.to, f"number {self.sent}", f"n-{self.sent}")

    def one_by_one(self):
        while True:
            name = self.send()
            with contextlib.suppress(AssertionError):
                wait_until(lambda: self.arrived(name) or name in self.returned(), 10, name)
            if self.arrived(name):
                return
            time.sleep(0.05)

    def returned(self):
        return self.component.returned()


class Run:
    def __init__(self, workspace, wanted, seed, stand_in):
        namespace.enter(workspace)
        self.rng, self.kills = random.Random(seed), 0
        self.stand_in = stand_in
        authority = pki.Authority(workspace.folder("pki"))
        hosts = [f"hanse A {HANSE}"]
        faces = [srv(name, "hanse") for name in ("a", "c", "gw.c")]
        self.dns = dns.DnsServer(workspace, [*hosts, *faces, f"xmpp.b A {PROSODY}",
                                             srv("b", "xmpp.b"), srv("gw.b", "xmpp.b")])
        # No other name may stand in that zone: the asterisk would not hold below it.
        self.inner = dns.DnsServer(workspace, [*hosts, "* SRV 10 0 5269 hanse"], host=INNER_DNS,
                                   name="inner")
        def certificate(*names):
            return authority.issue(*(f"{name}.example" for name in names))
        self.prosody = Prosody(workspace, PROSODY, "b.example", certificate("b", "gw.b"),
                               authority.certificate, ["gw.b.example"], level="info").start()
        if stand_in:
            self.ejabberd = self.hanse = Prosody(
                workspace, HANSE, "c.example", certificate("c", "gw.c"), authority.certificate,
                ["gw.c.example"], level="info")
        else:
            self.ejabberd = Ejabberd(workspace, EJABBERD, "c.example", certificate("c", "gw.c"),
                                     authority.certificate, ["gw.c.example"], dialback=True,
                                     resolver=INNER_DNS, level=3).start()
            cert, key = authority.issue("a.example", "c.example", "gw.c.example", file="hanse")
            self.hanse = Node(workspace, "hanse", CONFIG.format(
                host=HANSE, cert=cert, key=key, ca=authority.certificate,
                routes="".join(ROUTE.format(match=match, host=EJABBERD)
                               for match in ("c.example", "gw.c.example"))))
        self.sender = Sender(self.prosody.behind["gw.b.example"], "v@gw.c.example", wanted,
                             lambda name: any(one.get("id") == name for one in self.arrived()))

    def go(self):
        self.hanse.start()
        self.sender.start()
        while self.sender.is_alive():
            wait_until(lambda: self.sender.flowing > 5 * BATCH or not self.sender.is_alive(), 60,
                       "messages flow")
            time.sleep(self.rng.uniform(0.0, 1.0))  # the moment of the kill is the test's input
            if not self.sender.is_alive():
                break
            self.sender.flowing = 0
            self.hanse.kill()
            self.sender.killed = True
            self.kills += 1
            time.sleep(self.rng.uniform(0.0, 0.2))
            self.hanse.start()
        return self

    def settle(self):
        """Until everything is there, or nothing more has come for long."""
        last, since = -1, time.monotonic()
        while self.lost() and time.monotonic() - since < SETTLE_SECONDS:
            if len(self.arrived()) != last:
                last, since = len(self.arrived()), time.monotonic()
            time.sleep(0.2)

    def arrived(self):
        return self.ejabberd.behind["gw.c.example"].messages("v@gw.c.example")

    def lost(self):
        here = {one.get("id") for one in self.arrived()}
        return {f"n-{number}" for number in range(1, self.sender.sent + 1)} - here \
            - self.sender.returned()


RUN = None


def nothing_lost():
    """XMPP: every message that Prosody had acknowledged arrives at ejabberd, through all kills"""
    RUN.settle()
    lost = RUN.lost()
    print(f"crash: XMPP: {RUN.kills} kills, {RUN.sender.sent} sent, "
          f"{len(RUN.sender.returned())} returned, lost {len(lost)}")
    # What the last kill cut off may have been returned after the sender had counted it.
    assert RUN.kills > 0 and RUN.sender.sent - len(RUN.sender.returned()) > RUN.sender.wanted // 2
    assert not lost, f"lost: {sorted(lost)[:10]}"


def copies_carry_their_id():
    """XMPP: what comes twice has the same id and the same content, and nothing is invented"""
    counts = {}
    for one in RUN.arrived():
        name = one.get("id")
        assert one.body() == f"number {name[2:]}" and 0 < int(name[2:]) <= RUN.sender.sent, one
        counts[name] = counts.get(name, 0) + 1
    again = sum(1 for count in counts.values() if count > 1)
    print(f"crash: XMPP: {again} of {len(counts)} messages came twice")


def order_is_kept():
    """XMPP: messages arrive in the order sent, but where a kill made Prosody open a new stream"""
    first = list(dict.fromkeys(int(one.get("id")[2:]) for one in RUN.arrived()))
    returned = RUN.sender.returned()
    kept = [number for number in first if f"n-{number}" not in returned]
    wrong = [pair for pair in zip(kept, kept[1:]) if pair[0] > pair[1]]
    print(f"crash: XMPP: {RUN.kills} kills, {len(wrong)} steps back in the order")
    assert len(wrong) <= RUN.kills + 1, f"first {wrong[:5]}"


TESTS = [nothing_lost, copies_carry_their_id, order_is_kept]


def main():
    global RUN
    stand_in = "--stand-in" in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    wanted = numbers[0] if numbers else 10_000
    seed = numbers[1] if len(numbers) > 1 else random.randrange(1 << 30)
    del sys.argv[1:]
    print(f"crash: XMPP: {wanted} messages, seed {seed}", flush=True)
    with Workspace("crash-xmpp") as workspace:
        try:
            if not dns.available():
                raise results.Skip("NSD is not installed: `make deps-test` installs it")
            RUN = Run(workspace, wanted, seed, stand_in).go()
        except results.Skip as skip:
            for test in TESTS:
                results.record("skip", f"crash: {test.__doc__}")
            print(f"crash: XMPP: skipped: {skip}")
            return 0
        return results.run_all("crash", TESTS)


if __name__ == "__main__":
    sys.exit(main())
