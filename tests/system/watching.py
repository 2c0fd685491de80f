# SPDX-License-Identifier: Apache-2.0
"""What operators see of a running node: traces without secrets, probes, explanations, single links
and their end, and the records in the DNS. Two real daemons and a real DNS server on loopback."""

import base64
import json
import re
import signal
import socket
import subprocess
import sys
import time

from tests.harness import dns, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import HANSE, PATIENCE, Workspace, eventually, free_port
from tests.harness.xml_stream import Stream, handshake
from tests.harness.xmpp import SECRET, Component, Dialled

CONFIG = GROUND + """[listen.xmpp]
addr = ["127.0.0.1:{port}"]
[listen.smtp]
addr = ["127.0.0.1:{mail}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "open"
[smtp]
hosts = ["{letter}.example"]
relay_from = ["127.0.0.0/8"]
reverse_names = false
check_sender_domain = false
[xmpp]
hosts = [{hosts}]
trust = "verify"
loopback_addresses = true
[[route]]
match = "{letter}.example"
protocol = "smtp"
via = "127.0.0.1:9"
[component."gw.{letter}.example"]
role = "accept"
addr = "127.0.0.1:{component}"
secret = "file:{secret}"
"""
WORLD = None


class Side:
    def __init__(self, workspace, ca, dns_port, letter, hosts):
        self.port, self.mail, self.component_port = free_port(), free_port(), free_port()
        cert, key = ca.issue(f"{letter}.example", f"*.{letter}.example")
        self.node = Node(workspace, f"node-{letter}", CONFIG.format(
            domain=f"xmpp.{letter}.example",
            letter=letter, port=self.port, mail=self.mail, dns=dns_port, cert=cert, key=key,
            ca=ca.certificate, component=self.component_port,
            hosts=", ".join(f'"{one}.example"' for one in hosts),
            secret=workspace.file(f"secret-{letter}", SECRET, 0o600))).start()
        self.component = Component("127.0.0.1", self.component_port,
                                   f"gw.{letter}.example").up()


class World:
    def __init__(self, workspace):
        self.ca = pki.Authority(workspace.folder("pki"))
        self.peer = self.ca.issue("c.example")
        port = free_port()
        self.a = Side(workspace, self.ca, port, "a", "a")
        self.b = Side(workspace, self.ca, port, "b", "bd")
        records = []
        for letter, side in (("a", self.a), ("b", self.b)):
            records += [f"xmpp.{letter} A 127.0.0.1",
                        dns.srv(letter, f"xmpp.{letter}", side.port, 20),
                        dns.srv(letter, f"xmpp.{letter}", side.port, 10, "xmpps-server"),
                        dns.srv(f"gw.{letter}", f"xmpp.{letter}", side.port)]
        records += [dns.srv("d", "xmpp.b", self.b.port)]   # shows no such name
        records += ["a MX 50 xmpp.a", 'a TXT "v=spf1 mx -all"']
        self.dns = dns.DnsServer(workspace, records, port=port)


def all_over():
    """The node notices within a second that somebody who watched has left: then all have room.
    Three had it at once when the last began before the time of the first can have been over."""
    def room(seconds=0.05):
        took = three_traces(seconds)
        return took is not None and (took < seconds or room(2 * took))
    eventually(room, "room for three traces")


def three_traces(seconds):
    """How long three traces took to begin; None when one was refused. They end by themselves."""
    start = time.monotonic()
    running = [watch("--peer", "nobody.example", "--for", f"{seconds * 1000:.0f}ms")
               for _ in range(3)]
    began = [one.stdout.readline() for one in running]
    took = time.monotonic() - start
    for one, line in zip(running, began):
        assert one.wait(60) == 0 or not line, "a trace that began did not end well"
    return took if all(began) else None


def watch(*words):
    return subprocess.Popen([HANSE, "--config", WORLD.a.node.config, "--json", "trace", *words],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, bufsize=0)


def trace(*words):
    """A trace that has begun."""
    running = watch(*words)
    first = json.loads(running.stdout.readline())
    assert first["kind"] == "begin", first
    return running


def lines(process, seconds=PATIENCE):
    """What it says until it ends by itself."""
    out, err = process.communicate(timeout=seconds)
    return [json.loads(line) for line in out.decode().splitlines()], err.decode()


def lines_until(process, wanted):
    """What it says up to the line that is waited for; then it is ended as by Ctrl-C."""
    items = []
    for line in process.stdout:   # its --for bounds this
        items.append(json.loads(line))
        if wanted(items[-1]):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
            all_over()
            return items
    raise AssertionError(f"it ended before: {items}")


def text_of(items, *kinds):
    return "\n".join(one["text"] for one in items if one["kind"] in kinds)


def probes():
    """probe shows records, features, certificate, trust, and how it would prove itself"""
    for words, wanted in ((("xmpp", "b.example"), "direct"),
                          (("xmpp", f"127.0.0.1:{WORLD.b.port}", "--domain", "b.example"), "")):
        steps = WORLD.a.node.console("probe", *words)
        assert steps[-1]["kind"] == "verdict" and steps[-1]["good"], steps[-1]
        assert all(one.get("v") == 1 for one in steps)
        kinds = {one["kind"] for one in steps}
        assert {"endpoint", "tls", "certificate", "trust", "sent", "received"} <= kinds, kinds
        assert "DNS b.example" in text_of(steps, "certificate"), text_of(steps, "certificate")
        assert "SASL EXTERNAL" in text_of(steps, "note"), text_of(steps, "note")
        assert "<mechanism>EXTERNAL</mechanism>" in text_of(steps, "received")
        assert "<auth" not in text_of(steps, "sent"), "it did authenticate"
        if wanted:
            first = [one["text"] for one in steps if one["kind"] == "endpoint"]
            assert "TLS from the first octet" in first[0], first
            assert "TLS from the first octet" not in first[1], first
    steps = WORLD.a.node.console("probe", "xmpp", "b.example", "--auth")
    assert "<auth" in text_of(steps, "sent") and steps[-1]["good"], text_of(steps, "sent")
    assert "authenticated" in steps[-1]["text"]


def probes_that_fail():
    """probe: nobody there, a wrong name, no such service, a wrong word: exit 1, 1, 1 and 2"""
    node = WORLD.a.node
    assert node.say("probe", "xmpp", f"127.0.0.1:{free_port()}", "--domain", "b.example")[0] == 1
    code, out, _ = node.say("probe", "xmpp", f"127.0.0.1:{WORLD.b.port}", "--domain",
                            "d.example")
    assert code == 1, out
    assert node.say("probe", "xmpp", "nosuch.example")[0] == 1
    assert node.say("probe", "pigeon", "b.example")[0] == 2
    assert node.say("probe", "xmpp", "not a host")[0] == 2


def probe_of_mail():
    """probe smtp: greeting, EHLO, STARTTLS, certificate, QUIT; no mail"""
    steps = WORLD.a.node.console("probe", "smtp", f"127.0.0.1:{WORLD.b.mail}")
    said = text_of(steps, "sent")
    assert "EHLO xmpp.a.example" in said and "STARTTLS" in said and "QUIT" in said, said
    assert "MAIL" not in said, said
    assert "DNS b.example" in text_of(steps, "certificate")
    assert steps[-1]["good"], steps[-1]


def traces_a_peer():
    """trace: both directions from the first octet, proofs and bodies cut, JSON lines"""
    running = trace("--peer", "gw.b.example", "--proto", "xmpp", "--for", "20s")
    WORLD.a.component.message("u", "v@gw.b.example", "TOP-SECRET-BODY")
    WORLD.b.component.wait(lambda one: one.body() == "TOP-SECRET-BODY", 20, "the message")
    items = lines_until(running, lambda one: "<message" in one["text"])
    told = text_of(items, "sent", "received")
    assert "<stream:stream" in told and "<body>[15 octets]</body>" in told, told
    assert re.search("<auth [^>]*>\\[[0-9]+ octets\\]</auth>", told), told
    assert "TOP-SECRET-BODY" not in json.dumps(items)
    assert {"open", "sent", "received", "tls", "certificate", "trust"} <= {
        one["kind"] for one in items}
    assert all(one["peer"].endswith("gw.b.example") for one in items), items


def traces_a_component():
    """trace: the secret of a component shows neither as it is nor as its digest"""
    running = trace("--peer", "gw.a.example", "--for", "20s")
    stream = Stream(socket.create_connection(("127.0.0.1", WORLD.a.component_port), timeout=5))
    stream.send("<stream:stream xmlns='jabber:component:accept' "
                "xmlns:stream='http://etherx.jabber.org/streams' to='gw.a.example'>")
    digest = handshake(stream.wait_header().get("id"), SECRET)
    stream.send(f"<handshake>{digest}</handshake>")
    stream.expect("handshake")
    items = lines_until(running, lambda one: "<handshake" in one["text"])
    stream.close()
    assert "<handshake>[40 octets]</handshake>" in text_of(items, "received"), items
    assert digest not in json.dumps(items) and SECRET not in json.dumps(items)
    WORLD.a.component.up()


def trace_ends_by_itself():
    """trace: after so many lines, or so long, with what it showed and left out; then exit 0"""
    running = trace("--peer", "c.example", "--lines", "3", "--for", "20s")
    client = Dialled("127.0.0.1", WORLD.a.port, "c.example", "a.example", WORLD.peer)
    client.external(client.secure())
    items, err = lines(running)
    client.close()
    assert running.returncode == 0, err
    assert items[-1]["kind"] == "end" and items[-1]["lines"] == 3 and len(items) == 4, items
    items = WORLD.a.node.console("trace", "--peer", "nobody.example", "--for", "50ms")
    assert [one["kind"] for one in items] == ["begin", "end"], items


def traces_an_incoming_one():
    """trace: who connects is shown from its first line once it has said who it is; no key leaks"""
    running = trace("--peer", "c.example", "--for", "20s")
    client = Dialled("127.0.0.1", WORLD.a.port, "c.example", "a.example", WORLD.peer)
    client.external(client.secure())
    client.stream.send("<db:result from='c.example' to='gw.a.example'>TOP-SECRET-KEY</db:result>")
    items = lines_until(running, lambda one: "<db:result" in one["text"])
    client.close()
    assert "from='c.example'" in items[1]["text"], items[:2]
    assert ">[14 octets]</db:result>" in items[-1]["text"], items[-1]
    assert base64.b64encode(b"c.example").decode() not in json.dumps(items)
    assert all(one["peer"] == "c.example" for one in items if one["kind"] == "received")


def trace_sessions_are_bounded():
    """a fourth trace at once is refused, and Ctrl-C makes room again"""
    all_over()
    running = [trace("--peer", "*", "--for", "30s") for _ in range(3)]
    code, _, err = WORLD.a.node.say("trace", "--peer", "*", "--for", "1s")
    assert code == 1 and "at once" in err, err
    assert WORLD.a.node.say("status")[0] == 0, "the console answers nobody any more"
    for one in running:
        one.send_signal(signal.SIGINT)
        one.communicate(timeout=PATIENCE)
    all_over()


def explains():
    """explain: peer, route, lane and link that are remembered, records, order, trust, proof"""
    items = WORLD.a.node.console("explain", "xmpp", "b.example")
    kinds = {one["kind"] for one in items}
    assert {"peer", "route", "lane", "dns", "found", "endpoint", "trust", "verdict"} <= kinds, kinds
    found = text_of(items, "found")
    assert found.index("direct TLS") < found.index("20 0"), found
    assert "DNSSEC no" in found
    assert "DNS-ID" in text_of(items, "trust"), text_of(items, "trust")
    assert "would prove a.example by SASL EXTERNAL" in text_of(items, "note")
    remembered = WORLD.a.node.console("explain", "xmpp", "gw.b.example", "--no-connect")
    assert "link" in {one["kind"] for one in remembered}, remembered
    assert "tls" not in {one["kind"] for one in remembered}
    code, out, _ = WORLD.a.node.say("explain", "xmpp", "nosuch.example")
    assert code == 1 and "no such name" in out, out


def explains_what_failed():
    """explain: of a wrong certificate the names it has, why none matched, and the last error"""
    node = WORLD.a.node
    code, out, _ = node.say("explain", "xmpp", "d.example")
    assert code == 1 and "DNS b.example" in out and "not trusted" in out, out
    items = node.console("explain", "xmpp", "d.example", check=False)
    judged = [one for one in items if one["kind"] in ("trust", "verdict")]
    assert judged and not any(one["good"] for one in judged), judged
    assert "d.example" in text_of(items, "trust"), judged
    WORLD.a.component.message("u", "v@d.example", "nobody to take it")
    def remembered():
        return text_of(node.console("explain", "xmpp", "d.example", "--no-connect"), "lane")
    eventually(lambda: "last error" in remembered(), "the error of the lane")
    assert "gw.a.example>d.example" in remembered(), remembered()


def links():
    """link show tells one link; link close says goodbye in XMPP's words and what came of it"""
    node = WORLD.a.node
    def out_links():
        return [one for one in node.console("link", "list") if one["direction"] == "out"
                and one["peer"].endswith("gw.b.example")]
    link = eventually(lambda: next(iter(out_links()), None), "a link")["connection"]
    shown = node.console("link", "show", link)[0]
    assert shown["tls"].startswith("TLSv1.3") and shown["certificate_sha256"], shown
    assert node.say("link", "show", "s9-999999")[0] == 5
    assert node.say("link", "close", "s9-999999")[0] == 5
    assert node.console("link", "close", link, "--dry-run")[0]["dry_run"]
    assert out_links(), "a dry run closed it"
    closed = node.console("link", "close", link, "--reason", "test")
    assert "</stream:stream>" in text_of(closed, "sent"), closed
    assert closed[-1]["kind"] == "result" and closed[-1]["politely"], closed[-1]
    eventually(lambda: link not in [one["connection"] for one in out_links()], "it is gone")
    assert node.event("audit.link_close")["reason"] == "test"
    WORLD.a.component.message("u", "v@gw.b.example", "after the close")
    WORLD.b.component.wait(lambda one: one.body() == "after the close", 20, "the next message")
    link = eventually(lambda: next(iter(out_links()), None), "a link")["connection"]
    assert node.console("link", "close", link, "--now")[-1]["text"].startswith("cut")


def records():
    """dns records: what is there, what is missing; by the file alone too, as zone lines"""
    node = WORLD.a.node
    rows = {(row["type"], row["name"]): row["state"]
            for row in node.console("dns", "records", check=False)}
    assert rows["MX", "a.example."] == "ok", rows
    assert rows["SRV", "_xmpp-server._tcp.a.example."] == "ok", rows
    assert rows["SRV", "_xmpps-server._tcp.gw.a.example."] == "missing", rows
    assert rows["A", "xmpp.a.example."] == "ok", rows
    assert node.say("dns", "records")[0] == 1
    code, out, _ = node.say("dns", "records", "--offline", "--zone")
    assert code == 0, out
    assert "a.example. IN MX 10 xmpp.a.example.\n" in out, out
    assert f"_xmpp-server._tcp.a.example. IN SRV 5 0 {WORLD.a.port} xmpp.a.example.\n" in out


def helps():
    """every one of these commands has --help"""
    for words in ("link list", "link show", "link retry", "link close", "trace", "probe", "explain",
                  "dns records"):
        code, out, err = WORLD.a.node.say(*words.split(), "--help")
        assert code == 0 and out.strip(), f"{words} --help: {code} {err}"


TESTS = [probes, probes_that_fail, probe_of_mail, traces_a_peer, traces_an_incoming_one,
         traces_a_component, trace_ends_by_itself, trace_sessions_are_bounded, explains,
         explains_what_failed, links, records, helps]


def main():
    global WORLD
    if not dns.available():
        results.record("skip", "system: watching")
        print("system: watching: skipped: NSD is not installed: `make deps-test` installs it")
        return 0
    with Workspace("watching") as workspace:
        WORLD = World(workspace)
        return results.run_all("system: watching", TESTS)


if __name__ == "__main__":
    sys.exit(main())
