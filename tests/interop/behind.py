# SPDX-License-Identifier: Apache-2.0
"""The README's own way to put hanse before a Postfix, as it stands: Postfix leaves port 25 and
hands what goes out to hanse, hanse faces the world. In a network namespace of this test's own."""

import os
import re
import smtplib
import ssl
import sys

from tests.harness import dns, mail, namespace, pki, results
from tests.harness.node import Node
from tests.harness.workspace import ROOT, Workspace, eventually
from tests.interop.peers import Postfix

OURS, THEIRS, INSIDE = "192.0.2.2", "192.0.2.77", 2600
RECORDS = ["a MX 10 mx.a", f"mx.a A {OURS}", "b MX 10 mx.b", f"mx.b A {THEIRS}"]

POSTFIX = """
myhostname = {hostname}
mynetworks = 127.0.0.0/8
relayhost = {relayhost}
relay_domains = a.example
transport_maps = inline:{{ {{ a.example = smtp:[127.0.0.1]:{inside} }} }}
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""

# What a test needs and an operator has from the system.
SURROUNDINGS = """
[dns]
servers = ["127.0.0.1:53"]
[control]
socket = "{folder}/control.sock"
"""


def readme():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        return text.read()


def shown_configuration(cert, key, authority):
    text = re.search(r"```toml\n(.*?)```", readme(), re.S).group(1)
    for shown, ours in (("/etc/hanse/tls/fullchain.pem", cert), ("/etc/hanse/tls/key.pem", key),
                        ("/var/lib/hanse", "{folder}/data"),
                        ("[tls]", f'[tls]\nca = "{authority.certificate}"'),
                        ('"[::]:25", "0.0.0.0:25"', f'"{OURS}:25"')):   # THEIRS has port 25 too
        assert shown in text, f"the README shows {shown} no more"
        text = text.replace(shown, ours)
    return text + SURROUNDINGS


def world(workspace):
    namespace.enter(workspace)
    namespace.add_address(OURS, 1)
    namespace.add_address(THEIRS, 2)
    authority = pki.Authority(workspace.folder("pki"))
    dns.DnsServer(workspace, RECORDS)
    cert, key = authority.issue("mx.a.example")
    relayhost = re.search(r"relayhost = (\[127\.0\.0\.1\]:\d+)`", readme()).group(1)
    inside = mail.Sink("127.0.0.1", INSIDE)
    secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secured.load_cert_chain(*authority.issue("mx.b.example"))
    remote = mail.Sink(THEIRS, 25, tls=secured)
    node = Node(workspace, "hanse", shown_configuration(cert, key, authority)).start()
    Postfix(workspace, "postfix", "127.0.0.1", 2525, POSTFIX.format(
        hostname="mx.a.example", relayhost=relayhost, inside=INSIDE)).start()
    return node, inside, remote


def arrives(sink, subject):
    eventually(lambda: subject in sink.subjects(), f"{subject} at its server")
    return next(stored for stored in sink.messages if stored.subject() == subject)


def as_the_readme_says():
    """a Postfix behind hanse, set up as the README says, sends and receives"""
    with Workspace("behind") as workspace:
        node, inside, remote = world(workspace)
        data = mail.message("out", "me@a.example", ["friend@b.example"], "hello")
        mail.send("127.0.0.1", 2525, "me@a.example", ["friend@b.example"], data)
        text = arrives(remote, "out").data.decode()
        assert "by mx.a.example (Postfix)" in text and "by mx.a.example with ESMTP" in text, text
        assert mail.below_trace(text.encode()) == data

        data = mail.message("in", "friend@b.example", ["me@a.example"], "hello")
        with smtplib.SMTP(OURS, 25, "mx.b.example", 20, (THEIRS, 0)) as session:
            session.sendmail("friend@b.example", ["me@a.example"], data)
        text = arrives(inside, "in").data.decode()
        assert "by mx.a.example (Postfix)" in text and "by mx.a.example with ESMTP" in text, text
        assert not node.events("msg.bounced"), node.log_text()


if __name__ == "__main__":
    sys.exit(results.run_all("interop", [as_the_readme_says]))
