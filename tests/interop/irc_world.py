# SPDX-License-Identifier: Apache-2.0
"""Two real IRC networks of different software with hanse between them, and one channel."""

from tests.harness import pki
from tests.harness.irc_peers import HOST, OUR_NAME, Hybrid, Inspircd, Tls, fingerprint
from tests.harness.node import Node
from tests.harness.workspace import eventually, free_port

HANSE = """
[node]
domain = "{us}"
data_dir = "{{folder}}/data"
[listen.irc]
{listen} = ["{host}:{port}"]
{tls}
[control]
socket = "{{folder}}/control.sock"
[irc]
sid = "9RL"
sid_range = "9R?"
retry = ["1s"]
"""


class World:
    """`left` and `right` are classes of peers; who is in `calling` calls hanse itself. `tls`: left
    is known by its fingerprint, right by its name. `pasted`: the peers have what hanse wrote for
    their configuration."""

    def __init__(self, workspace, left=Inspircd, right=Hybrid, calling=(), tls=False,
                 pasted=False, rules=""):
        self.pasted = pasted
        self.port = free_port()
        keys, own = "", {"home": None, "away": None}
        if tls:
            authority = pki.Authority(workspace.folder("pki"))
            certificate, key = authority.issue(OUR_NAME)
            keys = (f'[tls]\ncert = "file:{certificate}"\nkey = "file:{key}"\n'
                    f'ca = "{authority.certificate}"')
            for name, kind, level in (("home", left, "pin"), ("away", right, "verify")):
                theirs = authority.issue(f"{kind.dialect}.{name}.example", owner=kind.owner())
                own[name] = Tls(theirs, certificate, level)
        self.left = left(workspace, "home", self.port if "home" in calling else None, own["home"])
        self.right = right(workspace, "away", self.port if "away" in calling else None,
                           own["away"])
        text = HANSE.format(us=OUR_NAME, host=HOST, port=self.port, tls=keys,
                            listen="tls_addr" if tls else "addr")
        text += self.left.hanse_network("irc-secrets") + self.right.hanse_network("irc-secrets")
        text += f'[junction.dev]\nmembers = ["irc:#dev%home", "irc:#dev%away"]\n{rules}\n'
        self.node = Node(workspace, "hanse-irc", text)

    def start(self):
        # irc2 that finds nobody calls again a minute later.
        first = self.pasted or self.left.calls or self.right.calls
        if first:
            self.node.start()
        if self.pasted:
            self.paste(self.left)
            self.paste(self.right)
        self.left.start()
        self.right.start()
        if not first:
            self.node.start()
        self.wait_linked()
        return self

    def paste(self, peer):
        code, out, err = self.node.say("peer", "export-config", peer.name, "--for", peer.dialect,
                                       "--passwords")
        assert code == 0, out + err
        peer.paste(out)

    def linked(self, since=0):
        """How often each network was linked since that many events."""
        return [event["msg"].split(":")[0] for event in self.node.events("irc.linked")[since:]]

    def wait_linked(self, names=("home", "away"), since=0):
        eventually(lambda: set(names) <= set(self.linked(since)), f"{names} are linked")

    def left_there(self, person):
        """What somebody of the left is called on the right."""
        return person.nick + self.right.separator + self.left.name

    def right_there(self, person):
        """What somebody of the right is called on the left."""
        return person.nick + self.left.separator + self.right.name

    def probe(self):
        code, out, err = self.node.say("probe", "irc", "home")
        assert code == 0 and "handshake would begin" in out, out + err
        for peer in (self.left, self.right):
            steps = self.node.console("probe", "irc", f"{HOST}:{peer.servers}")
            told = " ".join(step["text"] for step in steps)
            assert steps[-1]["kind"] == "verdict" and steps[-1]["good"], told
            assert f"it looks like {peer.dialect}" in told, told
            assert ("by TLS" if peer.tls else "in plain text") in told, told
            if peer.tls:
                assert fingerprint(peer.tls.certificate) in told, told

    def stop(self):
        self.node.stop()
        self.left.stop()
        self.right.stop()


class Meeting:
    """A person on the left and one on the right, in the channel and seen by each other. Nobody in
    it has a nick that was there before."""

    number = 0

    def __init__(self, world):
        self.world = world

    def __enter__(self):
        Meeting.number += 1
        self.people, self.probes = [], 0
        self.alice = self.come(self.world.left, "alice")
        # Who joins before she is there makes the channel, and within a second keeps his rank.
        self.bob = self.arrive(self.world.right, "bob")
        there = self.world.left_there(self.alice)
        eventually(lambda: "#dev" in self.bob.whois(there, " 319 "), "alice is on the right")
        self.bob.join("#dev")
        eventually(self.meet, "they meet")
        return self

    def __exit__(self, *_):
        for person in self.people:
            person.leave()
        eventually(self.empty, "everybody has left")

    def arrive(self, side, name):
        person = side.person(f"{name}{Meeting.number}")
        self.people.append(person)
        return person

    def come(self, side, name):
        person = self.arrive(side, name)
        person.join("#dev")
        return person

    def meet(self):
        return (has(self.alice, self.world.right_there(self.bob)) and
                has(self.bob, self.world.left_there(self.alice)))

    def empty(self):
        self.probes += 1  # the one before may not have left yet
        probe = self.world.left.person(f"probe{Meeting.number}x{self.probes}")
        probe.join("#dev")
        alone = len(probe.names("#dev")) == 1
        probe.say("QUIT")
        probe.leave()
        return alone


def has(person, nick):
    return any(name.lstrip("@+%") == nick for name in person.names("#dev"))
