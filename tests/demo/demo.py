# SPDX-License-Identifier: Apache-2.0
"""`make demo`: three nodes, a real DNS server and a private CA on loopback relay mail; one node
goes down and comes back. Tells what happens, ends by itself, exit 0 only if every message arrived
exactly once and byte-exact below its trace header."""

import sys
import time

from tests.demo import irc_act, xmpp_act
from tests.harness import dns, mail, pki
from tests.harness.node import GROUND, Node
from tests.harness.workspace import Workspace, eventually, free_port

HOSTS = {"a": "127.0.0.1", "b": "127.0.0.2", "c": "127.0.0.3"}

CONFIG = GROUND + """[listen.smtp]
addr = ["{host}:{port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "reject"
[smtp]
hosts = [{hosts}]
relay_from = [{relay}]
port = {port}
retry = ["1s", "2s"]
breaker_first = "1s"
breaker_last = "2s"
loopback_addresses = true
reverse_names = false
check_sender_domain = false
[metrics]
addr = "{host}:0"
{more}
"""

PEER = """
[peer."{name}.example"]
state = "active"
role = "peer"
scopes = ["smtp", "xmpp"]
addresses = ["127.0.0.0/8"]
tls = "verify"
"""

ROUTE = """
[[route]]
match = "{match}"
protocol = "smtp"
via = "{via}"
tls = "{tls}"
"""


def say(text):
    print(f"[{time.monotonic() - START:5.1f} s] {text}", flush=True)


class Demo:
    def __init__(self, workspace):
        self.workspace = workspace
        self.port = free_port(tuple(HOSTS.values()))
        self.dns_port = free_port()
        self.authority = pki.Authority(workspace.folder("pki"), "Demo CA")
        self.act_two = xmpp_act.Act(workspace, {name: HOSTS[name] for name in ("a", "b")})
        # Mail for c.example goes through b: that is what c's MX record says.
        self.dns = dns.DnsServer(workspace, [
            "a MX 10 mx.a", "b MX 10 mx.b", "c MX 10 mx.b",
            *(f"mx.{name} A {host}" for name, host in HOSTS.items()),
            *self.act_two.records()], port=self.dns_port)
        self.sink = mail.Sink("127.0.0.1", 0)
        self.sent, self.told = {}, {}    # deliveries of each node that were told of
        self.nodes = {name: self.node(name) for name in HOSTS}

    def node(self, name):
        cert, key = self.authority.issue(f"mx.{name}.example", *self.act_two.names(name))
        hosts, relay, more = "", "", ""
        if name == "a":
            relay = '"127.0.0.0/8"'
            more = ROUTE.format(match="*", via="discover", tls="verify")
        if name == "b":
            hosts = '"c.example"'
            more = PEER.format(name="a") + ROUTE.format(
                match="c.example", via=f"mx.c.example:{self.port}", tls="verify")
        if name == "c":
            hosts = '"c.example"'
            more = PEER.format(name="b") + ROUTE.format(
                match="c.example", via=f"127.0.0.1:{self.sink.port}", tls="off")
        if name in self.act_two.hosts:
            more += self.act_two.tables(name)
        return Node(self.workspace, name, CONFIG.format(
            domain=f"mx.{name}.example",
            name=name, host=HOSTS[name], port=self.port, dns=self.dns_port, cert=cert, key=key,
            ca=self.authority.certificate, hosts=hosts, relay=relay, more=more))

    def send(self, data, subject):
        reply = mail.send(HOSTS["a"], self.port, "alice@a.example", ["carol@c.example"], data)
        self.sent[subject] = data
        return reply.rsplit(" ", 1)[-1]

    def run(self):
        for name, node in self.nodes.items():
            node.start()
            say(f"node mx.{name}.example is up on {HOSTS[name]}:{self.port}")
        self.tell_one_by_one()
        self.outage()
        return (self.verdict() and self.act_two.run(self.nodes, say) and
                irc_act.run(self.workspace, say))

    def tell_one_by_one(self):
        for subject, data in samples():
            queue_id = self.send(data, subject)
            say(f"{subject} ({len(data)} octets): a answered 250, queued as {queue_id}: committed")
            eventually(lambda: subject in self.sink.subjects(), f"{subject} at c's mailbox")
            for name in ("a", "b", "c"):
                self.tell_hop(name)
            if subject == "plain":
                self.tell_why("a", queue_id)
    def tell_hop(self, name):
        seen = self.told.get(name, 0)
        done = eventually(lambda: self.nodes[name].events("msg.delivered")[seen:],
                          f"{name} delivered")[-1]
        self.told[name] = len(self.nodes[name].events("msg.delivered"))
        say(f"  {name} -> {done.get('remote', '?')}  {done.get('tls') or 'plain text'}  "
            f"{done.get('status', '')}  {done.get('dur_ms', '?')} ms  qid {done.get('qid')}")

    def tell_why(self, name, queue_id):
        say(f"  node {name} explains it (hanse queue why {queue_id}):")
        for line in self.nodes[name].say("queue", "why", queue_id)[1].rstrip().splitlines():
            say("  | " + line)

    def outage(self):
        code = self.nodes["b"].stop()
        say(f"node b stopped (exit {code}); a gets 20 more messages")
        for number in range(20):
            subject = f"while b is down {number:02d}"
            self.send(plain(subject), subject)
        rows = eventually(lambda: self.waiting(), "20 messages wait in a's queue")
        say(f"{len(rows)} messages wait in a's queue, for example:")
        say(f"  {rows[0]['id']} -> {rows[0]['to']}: {rows[0]['reply']}")
        self.tell_why("a", rows[0]["id"])
        self.nodes["b"].start()
        say("node b is up again")
        eventually(lambda: len(self.sink.messages) >= len(self.sent), "all 20 arrived")

    def waiting(self):
        rows = [row for row in self.nodes["a"].console("queue", "list") if "id" in row]
        told = [row for row in rows if row.get("reply")]
        return sorted(rows, key=lambda row: not row.get("reply")) \
            if len(rows) == 20 and told else None

    def verdict(self):
        time.sleep(0.3)  # a second copy would come at once
        arrived = self.sink.subjects()
        wrong = [subject for subject, data in self.sent.items()
                 if arrived.count(subject) != 1]
        changed = [stored.subject() for stored in self.sink.messages
                   if mail.below_trace(stored.data) != self.sent[stored.subject()]]
        say(f"{len(arrived)} of {len(self.sent)} messages arrived; not exactly once: "
            f"{len(wrong)}; changed below the trace header: {len(changed)}")
        return not wrong and not changed


def plain(subject):
    return mail.message(subject, "alice@a.example", ["carol@c.example"], "Hello Carol.")


def samples():
    to = ["carol@c.example"]
    yield "plain", plain("plain")
    yield "with attachment", mail.with_attachment("with attachment", "alice@a.example", to, 40_000)
    yield "UTF-8", mail.message(
        "UTF-8", "alice@a.example", to,
        "Gr\u00fc\u00dfe aus L\u00fcbeck \u2014 \u6f22\u5b57 \u2603",
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n")
    yield "5 MiB", mail.with_attachment("5 MiB", "alice@a.example", to, 5 << 20)


def main():
    if not dns.available():
        print("the demo needs a DNS server: `make deps` installs it", file=sys.stderr)
        return 1
    with Workspace("demo") as workspace:
        good = Demo(workspace).run()
    say("every message arrived exactly once" if good else "FAILED")
    return 0 if good else 1


START = time.monotonic()
if __name__ == "__main__":
    sys.exit(main())
