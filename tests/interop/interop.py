# SPDX-License-Identifier: Apache-2.0
"""hanse between real mail servers: Postfix (p.example) and Exim (e.example) relay to hanse
(h.example) and hanse relays to each, found by MX, protected by STARTTLS, all on the loopback of a
network namespace that this test makes."""

import email
import pwd
import sys
import time

from tests.harness import dns, mail, namespace, pki, results
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, swallowing, wait_until
from tests.interop.peers import Exim, Postfix, exim_program

HANSE, POSTFIX, EXIM = "127.0.0.10", "127.0.0.20", "127.0.0.30"
SILENT = "127.0.0.98"

RECORDS = [
    "h MX 10 mx.h", f"mx.h A {HANSE}",
    "p MX 10 mx.p", f"mx.p A {POSTFIX}",
    "e MX 10 mx.e", f"mx.e A {EXIM}",
    "deadfirst MX 10 dead.h", "deadfirst MX 20 mx.p", "dead.h A 127.0.0.99",
    "silentfirst MX 10 silent.h", "silentfirst MX 20 mx.p", f"silent.h A {SILENT}",
]

POSTFIX_EXTRA = """
myhostname = mx.p.example
mynetworks = 127.0.0.1
relay_domains = p.example deadfirst.example silentfirst.example
transport_maps = inline:{{ {{ p.example = smtp:[127.0.0.1]:2600 }}
    {{ deadfirst.example = smtp:[127.0.0.1]:2600 }}
    {{ silentfirst.example = smtp:[127.0.0.1]:2600 }} }}
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtp_tls_security_level = may
smtp_tls_CAfile = {ca}
"""

NODE = """
[node]
domain = "mx.h.example"
data_dir = "{{folder}}/data"
[listen.smtp]
addr = ["127.0.0.10:25"]
[control]
socket = "{{folder}}/control.sock"
[dns]
servers = ["127.0.0.1:53"]
[tls]
cert = "file:{cert}"
key = "file:{key}"
ca = "{ca}"
[limits]
connect_timeout = "3s"
[policy]
unknown_peers = "open"
[smtp]
hosts = ["h.example"]
relay_from = ["127.0.0.1/32"]
loopback_addresses = true
retry = ["1s"]
breaker_first = "1s"
breaker_last = "2s"
[[route]]
match = "h.example"
protocol = "smtp"
via = "127.0.0.1:2600"
tls = "off"
[[route]]
match = "*"
protocol = "smtp"
via = "discover"
tls = "verify"
[metrics]
addr = "127.0.0.10:9464"
"""


class World:
    """Everything the tests below share; started once."""

    def __init__(self, workspace):
        exim_program()  # its package is fetched while there still is a network
        namespace.enter(workspace)
        namespace.add_user(workspace, "Debian-exim", 64999)
        authority = pki.Authority(workspace.folder("pki"))
        self.dns = dns.DnsServer(workspace, RECORDS)
        self.sink = mail.Sink("127.0.0.1", 2600)
        cert, key = authority.issue("mx.p.example")
        self.postfix = Postfix(workspace, "postfix", POSTFIX, 25, POSTFIX_EXTRA.format(
            cert=cert, key=key, ca=authority.certificate)).start()
        nobody = pwd.getpwnam("nobody").pw_uid
        self.exim = Exim(workspace, "exim", EXIM, 25, "e.example",
                         authority.issue("mx.e.example", owner=nobody), authority,
                         ("127.0.0.1", 2600)).start()
        cert, key = authority.issue("mx.h.example")
        self.node = Node(workspace, "hanse", NODE.format(
            cert=cert, key=key, ca=authority.certificate)).start()

    def arrives(self, subject):
        eventually(lambda: subject in self.sink.subjects(), f"{subject} at the sink")
        found = [stored for stored in self.sink.messages if stored.subject() == subject]
        assert len(found) == 1, f"{subject} arrived {len(found)} times"
        return found[0]

    def send(self, host, subject, sender, recipients):
        data = mail.with_attachment(subject, sender, recipients, 30_000)
        mail.send(host, 25, sender, recipients, data)
        return data


WORLD = None


def relayed(via, subject, sender, recipient, protocols):
    """One message in at `via`; its bytes and the protocols of its hops are checked."""
    data = WORLD.send(via, subject, sender, [recipient])
    stored = WORLD.arrives(subject)
    assert mail.below_trace(stored.data) == data, "changed below the trace header"
    text = stored.data.decode("utf-8", "replace")
    for protocol in protocols:
        assert f"with {protocol}" in text, f"no hop by {protocol}:\n{text[:1500]}"
    return text


def postfix_to_hanse():
    """Postfix relays to hanse, found by MX, with STARTTLS"""
    text = relayed(POSTFIX, "postfix-hanse", "u@p.example", "v@h.example", ["ESMTPS"])
    assert "by mx.h.example with ESMTPS" in text


def exim_to_hanse():
    """Exim relays to hanse, found by MX, with STARTTLS"""
    text = relayed(EXIM, "exim-hanse", "u@e.example", "v@h.example", ["ESMTPS"])
    assert "by mx.h.example with ESMTPS" in text


def hanse_to_postfix():
    """hanse relays to Postfix, found by MX, certificate verified"""
    text = relayed(HANSE, "hanse-postfix", "u@h.example", "v@p.example", ["ESMTPS"])
    assert "by mx.p.example (Postfix) with ESMTPS" in text


def hanse_to_exim():
    """hanse relays to Exim, found by MX, certificate verified"""
    text = relayed(HANSE, "hanse-exim", "u@h.example", "v@e.example", ["esmtps"])
    assert "by mx.e.example with esmtps" in text
    with open(f"{WORLD.exim.folder}/log/mainlog", encoding="utf-8") as log:
        taken = next(line for line in log if " <= u@h.example " in line)
    assert " K " in taken, f"not in a chunk (C-2): {taken}"


def dead_first_mx():
    """a dead first MX: hanse goes on to the second (M-10)"""
    relayed(HANSE, "dead-first", "u@h.example", "v@deadfirst.example", ["ESMTPS"])


def silent_first_mx():
    """a first MX that swallows everything: the second when the first has had its time (C-5)"""
    with swallowing(SILENT, 25):
        start = time.monotonic()
        relayed(HANSE, "silent-first", "u@h.example", "v@silentfirst.example", ["ESMTPS"])
        assert time.monotonic() - start >= 3, "it did not wait for the first"
        assert any(f"connect to {SILENT}:25: no answer within 3s" in event["msg"]
                   for event in WORLD.node.events("conn.connect_failed")), "it did not try it"


def peer_down_for_a_while():
    """Postfix is down for a while: mail waits with its reason and arrives later"""
    WORLD.postfix.stop()
    for number in range(5):
        WORLD.send(HANSE, f"down-{number}", "u@h.example", ["v@p.example"])
    eventually(lambda: any("refused" in row.get("reply", "")
                           for row in WORLD.node.console("queue", "list")), "the reason")
    WORLD.postfix.start()
    for number in range(5):
        WORLD.arrives(f"down-{number}")


def temporary_then_success():
    """Exim answers 4xx, then takes it: one copy arrives"""
    WORLD.send(HANSE, "slow", "u@h.example", ["slow@e.example"])
    eventually(lambda: any("4.2.1" in row.get("status", "") + row.get("reply", "")
                           for row in WORLD.node.console("queue", "list")), "the 4xx")
    WORLD.exim.let_slow_users_in()
    WORLD.arrives("slow")


def permanent_and_bounce():
    """Exim answers 5xx: the sender at Postfix gets a delivery status notification (B-2)"""
    WORLD.send(HANSE, "bad", "u@p.example", ["bad@e.example"])
    eventually(lambda: any(not stored.sender for stored in WORLD.sink.messages), "the bounce")
    stored = [one for one in WORLD.sink.messages if not one.sender][0]
    report = email.message_from_bytes(stored.data)
    assert report.get_content_type() == "multipart/report", report.get_content_type()
    assert report.get_param("report-type") == "delivery-status"
    text = stored.data.decode("utf-8", "replace")
    for wanted in ("Final-Recipient: rfc822; bad@e.example", "Action: failed", "Status: 5.1.1",
                   "Remote-MTA: dns; mx.e.example", "Reporting-MTA: dns; mx.h.example",
                   "Auto-Submitted: auto-replied", "Subject: bad"):
        assert wanted.lower() in text.lower(), f"missing {wanted}:\n{text}"
    assert stored.recipients == ["u@p.example"]


def twenty_recipients():
    """20 recipients, mixed results: each gets its own, one bounce tells of all failures (B-5)"""
    before = len([1 for stored in WORLD.sink.messages if not stored.sender])
    people = [f"bad{number}@e.example" for number in range(4)]
    people += [f"good{number}@e.example" for number in range(10)]
    people += [f"user{number}@p.example" for number in range(6)]
    WORLD.send(HANSE, "twenty", "w@p.example", people)
    wanted = {person for person in people if not person.startswith("bad")}

    def reached():
        return {person for stored in list(WORLD.sink.messages) if stored.subject() == "twenty"
                for person in stored.recipients}
    eventually(lambda: wanted <= reached(), "16 recipients")
    assert reached() == wanted

    def bounces():
        return [stored for stored in WORLD.sink.messages if not stored.sender][before:]
    wait_until(bounces, 70, "the bounce")
    text = bounces()[0].data.decode("utf-8", "replace")
    assert all(f"bad{number}@e.example" in text for number in range(4)), text
    assert len(bounces()) == 1


def nothing_is_left():
    """after all that the queue is empty"""
    eventually(lambda: not [row for row in WORLD.node.console("queue", "list")
                            if row.get("state") in ("ready", "active", "deferred")],
               "an empty queue")


TESTS = [postfix_to_hanse, exim_to_hanse, hanse_to_postfix, hanse_to_exim, dead_first_mx,
         silent_first_mx, peer_down_for_a_while, temporary_then_success, permanent_and_bounce,
         twenty_recipients, nothing_is_left]


def main():
    global WORLD
    with Workspace("interop") as workspace:
        try:
            if not dns.available():
                raise results.Skip("NSD is not installed: `make deps-test` installs it")
            WORLD = World(workspace)
        except results.Skip as skip:
            for test in TESTS:
                results.record("skip", f"interop: {test.__doc__}")
            print(f"interop: skipped: {skip}")
            return 0
        return results.run_all("interop", TESTS)


if __name__ == "__main__":
    sys.exit(main())
