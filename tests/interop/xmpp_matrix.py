# SPDX-License-Identifier: Apache-2.0
"""The matrix: every peer, every way to authenticate and to connect, who dials, and what is said.
A cell passes only if the stanzas arrive and the connection is of the kind that it is about."""

from tests.harness.workspace import eventually
from tests.harness.xmpp import MUC, PING, fresh
from tests.harness.xmpp_peers import dialled
from tests.interop.xmpp_world import HOSTS, US

# Peer, mode: its name; or why that cannot be.
NO_EXTERNAL = "jabberd2 knows dialback only"
NO_BIDI = "no bidi in this version"
WAYS = {
    ("Prosody", "EXTERNAL"): "b", ("Prosody", "STARTTLS"): "b", ("Prosody", "direct TLS"): "b",
    ("Prosody", "dialback"): "bd", ("Prosody", "bidi"): ("bw", "bt"),
    ("ejabberd", "EXTERNAL"): "c", ("ejabberd", "STARTTLS"): "c",
    ("ejabberd", "direct TLS"): "c", ("ejabberd", "dialback"): "cd",
    ("jabberd2", "dialback"): "d", ("jabberd2", "STARTTLS"): "d",
}
IMPOSSIBLE = {
    ("jabberd2", "EXTERNAL"): NO_EXTERNAL, ("jabberd2", "direct TLS"): "jabberd2 has none",
    ("jabberd2", "bidi"): NO_BIDI, ("ejabberd", "bidi"): NO_BIDI,
}
MODES = ("EXTERNAL", "dialback", "bidi", "direct TLS", "STARTTLS")


class Cell:
    """One pair of domains, and which way the stanzas first go."""

    def __init__(self, world, peer, mode, we_dial):
        name = WAYS[peer, mode]
        if mode == "bidi":
            name = name[0] if we_dial else name[1]
        self.mode, self.we_dial, self.name = mode, we_dial, name
        self.prefix = "gwd" if mode == "direct TLS" else "gw"
        self.ours, self.theirs = world.ours(self.prefix), world.theirs(name, self.prefix)
        self.us, self.peer = world.us, world.peer(name)
        self.source, self.target = ((self.ours, self.theirs) if we_dial
                                    else (self.theirs, self.ours))
        room_prefix = "mucd" if mode == "direct TLS" else "muc"
        # hanse and jabberd2 have no rooms: there the component plays one.
        self.room = (f"room@{room_prefix}.{name}.example" if we_dial and self.peer.rooms
                     else f"room@{self.target.domain}")

    def message(self):
        name = self.source.message("u", f"v@{self.target.domain}", "h\u00e9 &amp; &lt;b&gt;")
        found = self.target.wait(lambda one: one.get("id") == name, what=f"message {name}")
        assert found.body() == "h\u00e9 & <b>", found
        assert found.get("from") == f"u@{self.source.domain}", found

    def ping(self):
        answer = self.source.ask(f"v@{self.target.domain}", PING)
        assert answer.get("type") == "result", answer

    def chat_room(self):
        nick = fresh("nick")
        me = f"u@{self.source.domain}/r"
        self.source.send(f"<presence from='{me}' to='{self.room}/{nick}'>"
                         f"<x xmlns='{MUC}'/></presence>")
        here = f"{self.room}/{nick}"
        joined = self.source.wait(lambda one: one.name == "presence" and one.get("from") == here,
                                  what="the own presence")
        assert joined.get("type") is None, joined
        self.source.wait(lambda one: one.name == "message" and one.child("subject") is not None
                         and one.get("from", "").startswith(self.room), what="the subject")
        name = fresh("g")
        self.source.send(f"<message type='groupchat' from='{me}' to='{self.room}' id='{name}'>"
                         "<body>to all</body></message>")
        heard = self.source.wait(lambda one: one.get("id") == name and one.name == "message",
                                 what="the room's echo")
        assert heard.get("from") == here and heard.body() == "to all", heard
        self.source.send(f"<presence type='unavailable' from='{me}' to='{here}'/>")

    def check_connection(self):
        """The connection that carried it, as the kernel knows it."""
        dialler, dialled_host = ((self.us, HOSTS[self.name]) if self.we_dial
                                 else (self.peer, US))
        port = 5270 if self.mode == "direct TLS" else 5269
        eventually(lambda: (dialled_host, port) in dialled(dialler.process),
                   f"a connection to {dialled_host}:{port}")
        if self.mode == "bidi":
            other, back = (self.peer, US) if self.we_dial else (self.us, HOSTS[self.name])
            assert not [one for one in dialled(other.process) if one[0] == back], \
                "the answers went by a second connection"


WHATS = (("message", Cell.message), ("iq ping", Cell.ping), ("MUC join and message",
                                                             Cell.chat_room))


def cells(get_world):
    """A test for each cell, and a list of those that cannot be, with the reason."""
    tests, impossible = [], []
    for peer in ("Prosody", "ejabberd", "jabberd2"):
        for mode in MODES:
            for we_dial in (True, False):
                for what, act in WHATS:
                    name = (f"{peer}, {mode}, {'we' if we_dial else 'they'} initiate: {what}")
                    if (peer, mode) in IMPOSSIBLE:
                        impossible.append((name, IMPOSSIBLE[peer, mode]))
                    else:
                        tests.append(cell_test(get_world, name, peer, mode, we_dial, act))
    return tests, impossible


def cell_test(get_world, name, peer, mode, we_dial, act):
    def test():
        cell = Cell(get_world(), peer, mode, we_dial)
        act(cell)
        cell.check_connection()
    test.__doc__ = name
    return test
