# SPDX-License-Identifier: Apache-2.0
"""Two real nodes and a wire between them that is cut: a stream goes on over the next connection,
and nothing comes twice. Behind each node sits a component; all that is said goes from a to b."""

import socket
import struct
import sys
import threading

from tests.harness import dns, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import PATIENCE, Workspace, eventually, free_port
from tests.harness.xmpp import PING, SECRET, Component
from tests.harness.xmpp_server import Server

CONFIG = GROUND + """[listen.xmpp]
addr = ["127.0.0.1:{port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "open"
[xmpp]
hosts = ["{name}.example"]
loopback_addresses = true
retry = ["1s"]
[component."gw.{name}.example"]
role = "accept"
addr = "127.0.0.1:{component}"
secret = "file:{secret}"
"""
TO = "v@gw.b.example"
WORLD = None


class Wire:
    """Carries connections to `port`, one thread for each direction of each."""

    def __init__(self, port):
        self.port = port
        self.deaf = False            # nothing comes back: acknowledgements are lost
        self.pairs, self.lock = [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self.lock:
                self.pairs.append((client, server))
            for source, sink, back in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._carry, args=(source, sink, back),
                                 daemon=True).start()

    def _carry(self, source, sink, back):
        try:
            while data := source.recv(16384):
                if not (back and self.deaf):
                    sink.sendall(data)
        except OSError:
            pass
        if not back:                 # who was dialled goes when the other end does; not before
            return
        _reset(sink)

    def cut(self, half_open=False):
        """Resets what runs; half open: the end that was dialled does not hear of it."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for client, server in pairs:
            _reset(client)
            if not half_open:
                _reset(server)
        return pairs


def _reset(connection):
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    connection.close()


class Side:
    def __init__(self, workspace, name, port, dns_port, authority, secret):
        cert, key = authority.issue(f"{name}.example", f"*.{name}.example")
        component = free_port()
        self.node = Node(workspace, name, CONFIG.format(
            domain=f"{name}.example",
            name=name, port=port, dns=dns_port, component=component, cert=cert, key=key,
            ca=authority.certificate, secret=secret)).start()
        self.component = Component("127.0.0.1", component, f"gw.{name}.example").up()


class World:
    def __init__(self, workspace):
        authority = pki.Authority(workspace.folder("pki"))
        secret = workspace.file("secret", SECRET, 0o600)
        ports = {"a": free_port(), "b": free_port()}
        self.wire = Wire(ports["b"])
        self.authority = authority
        self.cut_ports = {name: free_port() for name in ("c1", "c2", "c3", "c4")}
        dns_port = free_port()
        self.dns = dns.DnsServer(workspace, [
            "host A 127.0.0.1", dns.srv("gw.a", "host", ports["a"]),
            dns.srv("gw.b", "host", self.wire.address),
            *(dns.srv(name, "host", port) for name, port in self.cut_ports.items())],
            port=dns_port)
        self.a, self.b = (Side(workspace, name, ports[name], dns_port, authority, secret)
                          for name in "ab")

    def say(self, count):
        return [self.a.component.message("u", TO, f"words {number}") for number in range(count)]

    def wait_for(self, name, seconds=PATIENCE):
        self.b.component.wait(lambda one: one.get("id") == name, seconds, name)

    def came(self, names):
        """The ids of those that came, in order, each as often as it did."""
        return [one.get("id") for one in self.b.component.messages(TO) if one.get("id") in names]

    def resumed(self):
        return len(self.a.node.events("conn.resumed"))

    def up(self):
        """A stream stands."""
        self.wait_for(self.say(1)[0])

    def lose(self, half_open):
        """What is said arrives, and its acknowledgement does not."""
        self.up()
        before = self.resumed()
        self.wire.deaf = True
        names = self.say(20)
        self.wait_for(names[-1])
        lost = self.wire.cut(half_open)
        self.wire.deaf = False
        names += self.say(5)
        self.wait_for(names[-1])
        eventually(lambda: self.resumed() == before + 1, "the stream has gone on")
        assert self.came(names) == names, self.came(names)
        return lost


def acknowledgements_lost():
    """the connection is cut before the acknowledgements are there: nothing comes twice"""
    WORLD.lose(half_open=False)
    eventually(lambda: WORLD.b.node.events("xmpp.resumed"), "the other side knows it")


def half_open():
    """only one side notices the cut: the other hands over what it thinks is still up"""
    lost = WORLD.lose(half_open=True)
    eventually(lambda: [one for one in WORLD.b.node.events("xmpp.closed")
                        if "conflict" in one["msg"]], "the old one is closed")
    for _, server in lost:
        _reset(server)


def many_cuts():
    """600 messages and seven cuts while they are under way: each once, in order"""
    WORLD.up()
    before = WORLD.resumed()
    names = []
    for number in range(6):
        part = WORLD.say(100)
        names += part
        WORLD.wait_for(part[10])
        WORLD.wire.cut(half_open=number % 2 == 1)
    WORLD.wire.cut()
    last = WORLD.say(1)[0]
    WORLD.wait_for(last, 120)
    assert WORLD.came(names) == names, sorted(
        name for name in set(names) if WORLD.came(names).count(name) != 1)
    assert WORLD.resumed() > before


def restarted():
    """the node that accepted it is killed: it knows nothing any more, and nothing is lost"""
    WORLD.up()
    before = WORLD.resumed()
    WORLD.wire.deaf = True
    names = WORLD.say(10)
    WORLD.wait_for(names[-1])
    WORLD.b.node.kill()
    WORLD.wire.cut()
    WORLD.wire.deaf = False
    WORLD.b.component.ready.clear()
    WORLD.b.node.start()
    WORLD.b.component.up()
    names += WORLD.say(5)
    WORLD.wait_for(names[-1], 120)
    came = WORLD.came(names)
    assert WORLD.resumed() == before, "resumed what nobody can know"
    assert list(dict.fromkeys(came)) == names, came          # all of them, the first time in order
    assert came.count(names[0]) >= 2, came    # not acknowledged: once more, at least


class Cuts:
    """A server that cuts its first stream as soon as it has heard so much of some kind, and says
    nothing of it."""

    def __init__(self, domain, after, resumed=None):
        self.after = after
        self.server = Server(WORLD.cut_ports[domain], f"{domain}.example",
                             WORLD.authority.issue(f"{domain}.example"), self.answer, resume=True)
        self.server.resumed = resumed

    def answer(self, served, stanza):
        if served.number == 1:
            self.after -= 1
            if self.after == 0:
                served.cut()


def question_lost():
    """an iq whose stream is lost goes again only if it surely had not arrived: if the peer has it,
    it is not asked twice; if nobody can say, whoever asked is told within moments"""
    ours = WORLD.a.component
    names = {}
    for domain, resumed in (("c1", 0), ("c2", 1), ("c3", None)):
        names[domain] = Cuts(domain, 1, resumed), f"asked-{domain}"
        ours.send(f"<iq type='get' from='u@gw.a.example' to='v@{domain}.example' "
                  f"id='asked-{domain}'>{PING}</iq>")
    error = ours.wait(lambda one: one.get("id") == "asked-c3", 15, "an error")
    assert error.get("type") == "error", error
    assert error.child("error").get("type") == "wait", error
    assert error.child("error").child("remote-server-timeout") is not None, error
    for domain, times in (("c1", 2), ("c2", 1), ("c3", 1)):
        cuts, name = names[domain]
        after = ours.message("u", f"v@{domain}.example", "after it")
        cuts.server.wait(lambda one, after=after: one.get("id") == after, what="what came after")
        assert cuts.server.ids("iq") == [name] * times, (domain, cuts.server.ids("iq"))
        assert domain == "c3" or name not in ours.returned(), f"{domain}: an error all the same"


def presence_lost():
    """of presence that had not arrived only the newest of each pair of addresses goes again"""
    ours = WORLD.a.component
    cuts = Cuts("c4", 4, resumed=2)      # the first one and p0
    first = ours.message("u", "v@c4.example", "so that a stream stands")
    cuts.server.wait(lambda one: one.get("id") == first, what="the stream")
    for number, (who, kind) in enumerate((("u", ""), ("w", ""), ("u", "type='unavailable'"))):
        ours.send(f"<presence from='{who}@gw.a.example/x' to='v@c4.example' id='p{number}' "
                  f"{kind}/>")
        if number == 0:   # while it waits to be written a newer one of its pair takes its place
            cuts.server.wait(lambda one: one.get("id") == "p0", what="the first presence")
    after = ours.message("u", "v@c4.example", "after it")
    cuts.server.wait(lambda one: one.get("id") == after, what="what came after")
    eventually(lambda: len(cuts.server.ids("presence")) >= 5, "what had not arrived")
    assert cuts.server.ids("presence") == ["p0", "p1", "p2", "p1", "p2"], cuts.server.ids()
    assert not ours.returned() & {"p0", "p1", "p2"}


TESTS = [question_lost, presence_lost, acknowledgements_lost, half_open, many_cuts, restarted]


def main():
    global WORLD
    with Workspace("xmpp-resumption") as workspace:
        WORLD = World(workspace)
        return results.run_all("system: XMPP resumption", TESTS)


if __name__ == "__main__":
    sys.exit(main())
