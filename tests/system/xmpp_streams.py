# SPDX-License-Identifier: Apache-2.0
"""The real daemon and XMPP streams that are not as they should be: what stands in the table of
stream errors, what an attacker would try, and memory that stays flat meanwhile."""

import re
import socket
import ssl
import sys

from tests.harness import pki, results
from tests.harness.node import GROUND, Node
from tests.harness.workspace import PATIENCE, Workspace, eventually, free_port
from tests.harness.xml_stream import Closed, Stream, handshake
from tests.harness.xmpp import SECRET, TLS, Component, Dialled, fresh

CONFIG = GROUND + """[listen.xmpp]
addr = ["127.0.0.1:{port}"]
[dns]
servers = ["127.0.0.1:{dns}"]
[policy]
unknown_peers = "open"
[xmpp]
hosts = ["a.example"]
trust = "verify"
[component."gw.a.example"]
role = "accept"
addr = "127.0.0.1:{component}"
secret = "file:{secret}"
[[route]]
match = "round.example"
protocol = "xmpp"
via = "127.0.0.1:{port}"
tls = "encrypt"
"""

OPEN = ("<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
        "xmlns:stream='http://etherx.jabber.org/streams' {from_} {to} {version}>")
GOOD = OPEN.format(from_="from='b.example'", to="to='a.example'", version="version='1.0'")


def header(from_="from='b.example'", to="to='a.example'", version="version='1.0'"):
    return OPEN.format(from_=from_, to=to, version=version)


PLAIN = [
    ("unknown host", header(to="to='nobody.example'"), "host-unknown"),
    ("no to", header(to=""), "improper-addressing"),
    ("no from", header(from_=""), "improper-addressing"),
    ("client namespace", GOOD.replace("jabber:server'", "jabber:client'", 1),
     "invalid-namespace"),
    ("wrong stream namespace", GOOD.replace("etherx.jabber.org/streams", "b.example/x"),
     "invalid-namespace"),
    ("no version", header(version=""), "unsupported-version"),
    ("version 2.0", header(version="version='2.0'"), "unsupported-version"),
    ("from a host of ours", header(from_="from='a.example'"), "invalid-from"),
    ("DOCTYPE", "<!DOCTYPE x>" + GOOD, "restricted-xml"),
    ("entity declaration", "<!DOCTYPE x [<!ENTITY e 'e'>]>" + GOOD, "restricted-xml"),
    ("comment", GOOD + "<!-- c -->", "restricted-xml"),
    ("processing instruction", GOOD + "<?p i?>", "restricted-xml"),
    ("undefined entity", GOOD + "<message>&nope;</message>", "restricted-xml"),
    ("UTF-16 declared", "<?xml version='1.0' encoding='UTF-16'?>" + GOOD,
     "unsupported-encoding"),
    ("latin-1 declared", "<?xml version='1.0' encoding='ISO-8859-1'?>" + GOOD,
     "unsupported-encoding"),
    ("bad UTF-8", GOOD.encode() + b"<message>\xff\xfe</message>", "not-well-formed"),
    ("control character", GOOD + "<message>\x01</message>", "not-well-formed"),
    ("not well-formed", GOOD + "<message></presence>", "not-well-formed"),
    ("unbound prefix", GOOD + "<x:message/>", "not-well-formed"),
    ("stanza before TLS", GOOD + "<message from='u@b.example' to='v@a.example'/>",
     "policy-violation"),
    ("dialback before TLS", GOOD + "<db:verify from='b.example' to='a.example' id='1'>k"
     "</db:verify>", "policy-violation"),
    ("authentication before TLS", GOOD + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
     "mechanism='EXTERNAL'>=</auth>", "policy-violation"),
    ("1.1 MB", GOOD + "<message>" + "x" * 1_100_000, "policy-violation"),
    ("60,000 open tags", GOOD + "<a>" * 60_000, "policy-violation"),
    ("2,000 attributes", GOOD + "<a " + " ".join(f"a{n}=''" for n in range(2000)) + "/>",
     "policy-violation"),
]

MESSAGE = "<message from='{0}' to='{1}'><body>bad</body></message>"
TRUSTED = [
    ("another domain", MESSAGE.format("u@c.example", "v@gw.a.example"), "invalid-from"),
    ("a sub-domain", MESSAGE.format("u@sub.b.example", "v@gw.a.example"), "invalid-from"),
    ("another pair", MESSAGE.format("u@b.example", "v@nobody.example"), "host-unknown"),
    ("nobody's pair", MESSAGE.format("u@c.example", "v@nobody.example"), "invalid-from"),
    ("no from", "<message to='v@a.example'/>", "improper-addressing"),
    ("no to", "<message from='u@b.example'/>", "improper-addressing"),
    ("unknown element", "<strange/>", "unsupported-stanza-type"),
    ("client namespace", "<message xmlns='jabber:client' from='u@b.example' to='v@a.example'/>",
     "invalid-namespace"),
    ("a second STARTTLS", f"<starttls xmlns='{TLS}'/>",
     ("the stream was closed", "the connection was closed")),
    ("text between stanzas", "hello", "bad-format"),
    ("600 KB", MESSAGE.format("u@b.example", "v@a.example").replace("bad", "x" * 600_000),
     "policy-violation"),
    ("60,000 open tags", "<message from='u@b.example' to='v@a.example'>" + "<a>" * 60_000,
     "policy-violation"),
    ("answers nobody asked for, then their domain", "<db:result from='c.example' to='a.example' "
     "type='valid'/><db:verify from='c.example' to='a.example' id='1' type='valid'/>"
     + MESSAGE.format("u@c.example", "v@gw.a.example"), ("invalid-from", "not-authorized")),
]
SM = "urn:xmpp:sm:3"
WORLD = None


class World:
    def __init__(self, workspace):
        self.ca = pki.Authority(workspace.folder("pki"))
        self.peer = self.ca.issue("b.example")
        cert, key = self.ca.issue("a.example", "*.a.example")
        self.port, self.component_port = free_port(), free_port()
        self.node = Node(workspace, "hanse", CONFIG.format(
            domain="a.example",
            port=self.port, dns=free_port(), component=self.component_port, cert=cert, key=key,
            ca=self.ca.certificate, secret=workspace.file("secret", SECRET, 0o600))).start()
        self.component = Component("127.0.0.1", self.component_port, "gw.a.example").up()

    def trusted(self, target="a.example"):
        client = Dialled("127.0.0.1", self.port, "b.example", target, self.peer)
        client.external(client.secure())
        return client


def condition(stream, seconds=PATIENCE):
    """The stream error that comes, or how the stream ended without one."""
    try:
        while True:
            element = stream.next(seconds)
            if element.name == "error" and element.space.endswith("/streams"):
                assert stream.header is not None, "an error without a stream header"
                return element.elements()[0].name
    except Closed as closed:
        return str(closed)
    except TimeoutError:
        return "still open"


def send(stream, data):
    try:
        stream.send(data)
    except OSError:
        return  # it hung up before the end, which is its right


def compare(rows, attempt):
    wrong = []
    for name, data, wanted in rows:
        got = attempt(data)
        if got not in ((wanted,) if isinstance(wanted, str) else wanted):
            wrong.append(f"{name}: {got}, not {wanted}")
    assert not wrong, "\n".join(wrong)


def before_tls():
    """stream errors before TLS are those of the table, and a header comes before each"""
    def attempt(data):
        stream = Stream(socket.create_connection(("127.0.0.1", WORLD.port), timeout=PATIENCE))
        try:
            send(stream, data)
            return condition(stream)
        finally:
            stream.close()
    compare(PLAIN, attempt)


def after_authentication():
    """stream errors on an authenticated stream are those of the table; nothing gets through"""
    def attempt(data):
        client = WORLD.trusted()
        try:
            send(client.stream, data)
            return condition(client.stream)
        finally:
            client.close()
    compare(TRUSTED, attempt)
    assert not [one for one in WORLD.component.messages() if one.body() == "bad"]


def odd_address():
    """an address that cannot be read costs its own stanza alone; others on the stream arrive"""
    client = WORLD.trusted("gw.a.example")
    for odd in ("\u2665@b.example", "\U0001F600@b.example", "u@b.example/a\u200db"):
        client.stream.send(f"<message from='{odd}' to='v@gw.a.example'><body>bad</body></message>")
    client.stream.send("<message from='u@b.example' to='v@gw.a.example' id='good'>"
                       "<body>good</body></message>")
    WORLD.component.wait(lambda one: one.get("id") == "good")
    assert condition(client.stream, 1) == "still open"
    client.close()
    assert not [one for one in WORLD.component.messages() if one.body() == "bad"]


def watched():
    """the console says whom an incoming stream is from, why that is believed, what it brought"""
    client = WORLD.trusted("gw.a.example")
    client.stream.send("<message from='u@b.example' to='v@gw.a.example' id='seen'>"
                       "<body>seen</body></message>")
    WORLD.component.wait(lambda one: one.get("id") == "seen")
    links = [one for one in WORLD.node.console("link", "list") if one["claims"] == "b.example"]
    assert [one["messages"] for one in links] == [1], links
    assert "b.example" in WORLD.node.say("link", "list")[1]
    shown = WORLD.node.say("link", "show", links[0]["connection"])[1]
    assert "accepted by pkix" in shown and "not verified" not in shown, shown
    client.close()


def not_authenticated():
    """a stanza over TLS without authentication: not-authorized"""
    client = Dialled("127.0.0.1", WORLD.port, "b.example", "a.example", WORLD.peer)
    client.secure()
    send(client.stream, MESSAGE.format("u@b.example", "v@gw.a.example"))
    assert condition(client.stream) == "not-authorized"
    client.close()


def identity_swap():
    """another name at the restart after authentication: refused"""
    for source, target in (("c.example", "a.example"), ("b.example", "gw.a.example")):
        client = Dialled("127.0.0.1", WORLD.port, "b.example", "a.example", WORLD.peer)
        features = client.secure()
        client.source, client.target = "b.example", "a.example"
        client.stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"
                           "=</auth>")
        assert features is not None and client.stream.expect("success") is not None
        client.stream.restart()
        send(client.stream, header(f"from='{source}'", f"to='{target}'"))
        found = condition(client.stream)
        assert found in ("invalid-from", "improper-addressing", "host-unknown"), found
        client.close()


def plaintext_behind_starttls():
    """text behind <starttls/>, in the same packet: hung up on, nothing of it is heard"""
    stream = Stream(socket.create_connection(("127.0.0.1", WORLD.port), timeout=PATIENCE))
    stream.send(GOOD)
    stream.wait_header()
    stream.expect("features")
    stream.send(f"<starttls xmlns='{TLS}'/>" + GOOD)
    heard = b""
    try:
        while data := stream.connection.recv(65536):
            heard += data
    except ConnectionResetError:
        pass
    assert b"features" not in heard, f"it answered what came behind: {heard}"
    stream.close()


def weak_suites():
    """TLS 1.2 without forward secrecy or authenticated encryption: no handshake"""
    for suite, good in (("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-AES128-SHA", False),
                        ("ECDHE-ECDSA-AES256-SHA384", False)):
        client = Dialled("127.0.0.1", WORLD.port, "b.example", "a.example", WORLD.peer)
        client.context.maximum_version = ssl.TLSVersion.TLSv1_2
        client.context.set_ciphers(suite)
        try:
            client.secure()
            assert good, f"{suite} is taken"
        except (OSError, Closed) as error:
            assert not good, f"{suite}: {error}"
        client.close()


def not_xmpp():
    """a first byte that is neither TLS nor XML: not-well-formed at most, and closed"""
    with socket.create_connection(("127.0.0.1", WORLD.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        try:
            heard = b""
            while data := connection.recv(4096):
                heard += data
            assert heard == b"" or b"<not-well-formed " in heard, heard
        except ConnectionResetError:
            pass


def component_faults():
    """components: wrong secret, unknown domain, second connection, foreign sender"""
    def attempt(domain, secret, data=""):
        stream = Stream(socket.create_connection(("127.0.0.1", WORLD.component_port),
                                                 timeout=PATIENCE))
        try:
            stream.send("<stream:stream xmlns='jabber:component:accept' "
                        f"xmlns:stream='http://etherx.jabber.org/streams' to='{domain}'>")
            number = stream.wait_header().get("id", "")
            send(stream, f"<handshake>{handshake(number, secret)}</handshake>{data}")
            return condition(stream)
        finally:
            stream.close()
    assert attempt("gw.a.example", "wrong") == "not-authorized"
    assert attempt("other.example", SECRET) == "host-unknown"
    assert attempt("gw.a.example", SECRET) == "conflict"
    WORLD.component.send(MESSAGE.format("u@c.example", "v@gw.a.example"))
    eventually(lambda: WORLD.component.connects > 1, "the component was sent away")
    WORLD.component.up()
    assert not [one for one in WORLD.component.messages() if one.body() == "bad"]


def way_back():
    """a route that leads back to this node: what would take it is sent back, and nothing spins"""
    name = WORLD.component.message("u", "v@round.example", "round")
    found = WORLD.component.wait(lambda one: one.get("id") == name, what="an error")
    error = found.child("error")
    assert found.get("type") == "error" and error.get("type") == "cancel", found
    assert error.child("policy-violation") is not None, found
    failed = [one for one in WORLD.node.events("conn.failed") if "leads back" in one["msg"]]
    assert len(failed) == 1, failed


def sent_again():
    """a message that is acknowledged, and sent once more over another stream, arrives once"""
    for _ in range(2):
        client = WORLD.trusted("gw.a.example")
        client.stream.send(f"<enable xmlns='{SM}'/>")
        client.stream.expect("enabled")
        client.stream.send("<message from='u@b.example' to='v@gw.a.example' id='again'>"
                           f"<body>once</body></message><r xmlns='{SM}'/>")
        assert client.stream.expect("a").get("h") == "1"
        client.close()
    name = "behind"
    client = WORLD.trusted("gw.a.example")
    client.stream.send(f"<message from='u@b.example' to='v@gw.a.example' id='{name}'>"
                       "<body>behind</body></message>")
    WORLD.component.wait(lambda one: one.get("id") == name)
    came = [one.get("id") for one in WORLD.component.messages()]
    assert came.count("again") == 1, came
    client.close()


def stopped_in_mid_stream():
    """a node that is stopped: what it has acknowledged comes, and nothing that it has not"""
    client = WORLD.trusted("gw.a.example")
    client.stream.send(f"<enable xmlns='{SM}'/>")
    client.stream.expect("enabled")
    sent, handled = 0, 0
    try:
        while WORLD.node.process.poll() is None:
            client.stream.send("".join(
                f"<message from='u@b.example' to='v@gw.a.example' id='s{at}'><body>x</body>"
                "</message>" for at in range(sent, sent + 20)))
            sent += 20
            if sent == 1000:
                WORLD.node.process.terminate()
    except OSError:
        pass
    try:
        while True:
            element = client.stream.next()
            handled = int(element.get("h")) if element.name == "a" else handled
    except Closed:
        pass
    WORLD.node.stop()
    assert 0 < handled < sent, f"{handled} of {sent}"
    WORLD.node.start()
    WORLD.component.up()
    client = WORLD.trusted("gw.a.example")
    client.stream.send("<message from='u@b.example' to='v@gw.a.example' id='last'>"
                       "<body>x</body></message>")
    WORLD.component.wait(lambda one: one.get("id") == "last", what="what comes last of the pair")
    came = [one.get("id") for one in WORLD.component.messages()
            if re.fullmatch("s[0-9]+", one.get("id", ""))]
    assert came == [f"s{at}" for at in range(handled)], f"{len(came)} came, {handled} acknowledged"
    client.close()


def flat_memory():
    """300,000 fresh names on one authenticated stream: memory stays flat, the stream lives"""
    client = WORLD.trusted("gw.a.example")
    ends = "from='u@b.example' to='v@gw.a.example'"

    def resident_after(numbers):
        for number in numbers:
            names = "".join(f"<n{number}x{at} xmlns='urn:fresh'/>" for at in range(1000))
            client.stream.send(f"<message {ends} type='headline'>"
                               f"<no-store xmlns='urn:xmpp:hints'/>{names}</message>")
        last = fresh("read")   # when it comes, the node has read what was before it
        client.stream.send(f"<message {ends} id='{last}'><body>x</body></message>")
        WORLD.component.wait(lambda one: one.get("id") == last)
        return WORLD.node.resident_bytes()
    before = resident_after(range(50))
    grown = (resident_after(range(50, 300)) - before) / 2**20
    assert condition(client.stream, 2) == "still open"
    assert grown < 16, f"{grown:.0f} MiB more"
    client.close()


TESTS = [before_tls, watched, not_authenticated, after_authentication, odd_address,
         identity_swap, plaintext_behind_starttls, not_xmpp, component_faults, way_back,
         sent_again, stopped_in_mid_stream, weak_suites, flat_memory]


def main():
    global WORLD
    with Workspace("xmpp-streams") as workspace:
        WORLD = World(workspace)
        return results.run_all("system: XMPP", TESTS)


if __name__ == "__main__":
    sys.exit(main())
