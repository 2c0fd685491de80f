# SPDX-License-Identifier: Apache-2.0
"""Where mail goes by the words of a route, and how far its way is protected: the MX of another
domain, a host alone, a peer that only knows an old version of TLS."""

import ssl
import subprocess
import sys
import urllib.request
import warnings

from tests.harness import dns, mail, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import HANSE, Workspace, eventually, free_port

CONFIG = GROUND + """[listen.smtp]
addr = ["127.0.0.1:{port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[smtp]
relay_from = ["127.0.0.0/8"]
port = {sink}
retry = ["1h"]
reverse_names = false
check_sender_domain = false
loopback_addresses = true
"""
ROUTE = """[[route]]
match = "{}.example"
protocol = "smtp"
via = "{}"
"""
# Only who asks for the MX of relay.example, or for the address of host.example, comes through.
RECORDS = ["relay MX 10 mx.relay", "mx.relay A 127.0.0.1", "relay A 127.0.0.9",
           "host MX 10 away", "away A 127.0.0.9", "host A 127.0.0.1"]
METRICS = """[metrics]
addr = "127.0.0.1:0"
"""
PLACES = {"far": "Relay.example", "near": "[host.example]", "here": "127.0.0.1",
          "literal": "[127.0.0.1]"}


class Bed:
    def __init__(self, workspace, routes, sink):
        authority = pki.Authority(workspace.folder("pki"))
        self.cert, self.key = authority.issue("mx.a.example")
        self.port, dns_port = free_port(), free_port()
        self.dns = dns.DnsServer(workspace, RECORDS, port=dns_port)
        self.node = Node(workspace, "node", CONFIG.format(
            domain="mx.a.example", port=self.port, dns=dns_port, sink=sink, cert=self.cert,
            key=self.key, ca=authority.certificate) + routes).start()

    def deliver(self, domain):
        """How a message to a user there went."""
        to = f"u@{domain}.example"
        data = mail.message(f"to {domain}", "u@a.example", [to], "hello")
        mail.send("127.0.0.1", self.port, "u@a.example", [to], data)

        def told():
            return next((event for event in self.node.events("msg.delivered")
                         if event["to"] == to), None)

        return eventually(told, f"delivery to {to}")


def words_of_via():
    """M-1: a route may name another domain's MX, or one host alone, by name or by address"""
    with Workspace("via") as workspace:
        sink = mail.Sink("127.0.0.1", 0)
        bed = Bed(workspace, "".join(ROUTE.format(*place) for place in PLACES.items()), sink.port)
        host = {"far": "mx.relay.example ", "near": "host.example ", "here": "", "literal": ""}
        for domain in PLACES:
            event = bed.deliver(domain)
            assert event["remote"] == f"{host[domain]}[127.0.0.1]:{sink.port}", event
        shown = bed.node.console("route", "test", "u@a.example", "u@far.example", "--ip",
                                 "127.0.0.1")[0]
        assert (shown["lane"], shown["route"]) == ("relay.example", "route.0"), shown


def old_server(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():   # that these are old is what the test is about
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return mail.Sink("127.0.0.1", 0, tls=context)


def old_tls():
    """T-1: a server of TLS 1.1 is spoken to in it where a route says so, else in clear"""
    with Workspace("oldtls") as workspace:
        certificate = pki.Authority(workspace.folder("old")).issue("old.example")
        usual, old = old_server(*certificate), old_server(*certificate)
        bed = Bed(workspace, ROUTE.format("usual", f"127.0.0.1:{usual.port}") + 'tls = "may"\n' +
                  ROUTE.format("old", f"127.0.0.1:{old.port}") + 'tls = "may"\ntls_min = "1.1"\n',
                  25)
        assert bed.deliver("usual")["tls"] == "", bed.node.events("msg.delivered")
        assert bed.deliver("old")["tls"].startswith("TLSv1.1 "), bed.node.events("msg.delivered")
        shown = bed.node.console("route", "list")
        assert [route["tls_min"] for route in shown] == ["", "1.1"], shown
        with open(bed.node.config, encoding="utf-8") as config:
            text = config.read()
        strict = workspace.file("strict.toml", text.replace('tls = "may"\ntls_min',
                                                            'tls = "encrypt"\ntls_min'))
        line = 1 + text[:text.index("tls_min")].count("\n")
        checked = subprocess.run([HANSE, "config", "check", strict], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True)
        assert checked.returncode == 2 and f"strict.toml:{line}:" in checked.stderr, checked
        assert "tls_min: below 1.2 only with tls" in checked.stderr, checked


class Changing(Bed):
    """The mail of one domain, and rules for it that change."""

    def __init__(self, workspace, rules):
        super().__init__(workspace, METRICS + rules, 25)
        with open(self.node.config, encoding="utf-8") as config:
            self.ground = config.read().removesuffix(rules)

    def now(self, rules):
        with open(self.node.config, "w", encoding="utf-8") as config:
            config.write(self.ground + rules)
        self.node.console("reload")

    def send(self, domain):
        to = f"u@{domain}.example"
        mail.send("127.0.0.1", self.port, "u@a.example", [to],
                  mail.message(f"to {domain}", "u@a.example", [to], "hello"))

    def row(self):
        """What waits, if anything does."""
        return next(iter(self.node.console("queue", "list")), None)

    def waits_in(self, lane, what):
        self.node.waits(what, lambda row: row["lane"] == lane)

    def metric(self, name):
        address = self.node.event("metrics.listening")["address"]
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            return [float(line.rsplit(" ", 1)[1]) for line in answer.read().decode().splitlines()
                    if line.startswith(name + " ")]


def changed_route():
    """X-9: what waits goes where the rules lead now, as they demand now, and to nowhere else"""
    with Workspace("changed") as workspace:
        secure = pki.Authority(workspace.folder("other")).issue("mx.t.example")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*secure)

        def not_yet(verb, _):
            return "451 4.3.0 later" if verb == "RCPT" else None

        old, unproven = mail.Sink("127.0.0.1", 0, not_yet), mail.Sink("127.0.0.1", 0, tls=context)
        new = mail.Sink("127.0.0.1", 0)
        place = {sink: f"127.0.0.1:{sink.port}" for sink in (old, unproven, new)}
        bed = Changing(workspace, ROUTE.format("t", place[old]))
        bed.send("t")
        bed.waits_in(place[old], "the first try")
        assert old.sessions == 1, old.sessions
        bed.now(ROUTE.format("t", place[unproven]) + 'tls = "verify"\n'
                'identity = "mx.t.example"\n')
        bed.waits_in(place[unproven], "the row to say the new lane")
        bed.node.console("queue", "retry", "proto=smtp")
        eventually(lambda: len(bed.node.events("msg.deferred")) > 1, "the try at the new place")
        tried = bed.node.events("msg.deferred")[-1]
        assert (tried["peer"], tried["tls_wanted"]) == (place[unproven], "verify"), tried
        bed.node.stop()
        with open(bed.node.config, "w", encoding="utf-8") as config:
            config.write(bed.ground + ROUTE.format("t", place[new]))
        bed.node.stop()
        bed.node.start()
        bed.waits_in(place[new], "the new lane after a start")
        bed.node.console("queue", "retry", "proto=smtp")
        eventually(lambda: bed.node.events("msg.delivered"), "delivery")
        counts = [len(sink.messages) for sink in (new, old, unproven)]
        assert counts == [1, 0, 0], (counts, bed.node.events("msg.delivered"))
        assert old.sessions == 1, old.sessions


def barred_behind_a_place():
    """A peer that is suspended or blocked gets no mail by a rule's place either"""
    with Workspace("barred") as workspace:
        sink = mail.Sink("127.0.0.1", 0)
        place = f"127.0.0.1:{sink.port}"
        rules = ROUTE.format("t", place) + ROUTE.format("u", place)
        peer = '[peer."t.example"]\nscopes = ["smtp"]\nstate = "{}"\n'
        bed = Changing(workspace, rules + peer.format("suspended"))
        bed.send("t")
        bed.waits_in("t.example", "it to wait")
        bed.send("u")
        eventually(lambda: sink.messages, "what is for others at that place")
        assert sink.subjects() == ["to u"], sink.subjects()
        for state in ("suspended", "blocked"):
            bed.now(rules + peer.format(state))
            bed.node.console("queue", "retry", "proto=smtp")
            why = bed.node.say("queue", "why", bed.row()["id"])[1]
            assert f"next     none (peer t.example is {state})" in why, why
            assert "holds: one" in why, why
        oldest = 'hanse_queue_oldest_seconds{peer="t.example"}'
        eventually(lambda: bed.metric(oldest)[0] > 0, "its age")
        bed.now(rules + peer.format("active"))
        eventually(lambda: len(sink.messages) == 2, "delivery once it is active")
        told = bed.node.events("msg.delivered")[-1]
        assert (told["peer"], told["to"]) == (place, "u@t.example"), told
        shown = bed.node.console("explain", "smtp", "t.example", "--no-connect")
        assert any(item["text"].startswith(place + ": ") for item in shown), shown


TESTS = [words_of_via, old_tls, changed_route, barred_behind_a_place]

if __name__ == "__main__":
    sys.exit(results.run_all("mail routes", TESTS))
