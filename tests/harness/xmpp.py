# SPDX-License-Identifier: Apache-2.0
"""XMPP for tests: a component (XEP-0114) that answers and remembers, also as a small chat room,
and a bare server-to-server client for faults."""

import base64
import itertools
import socket
import ssl
import threading
import time
from xml.sax.saxutils import quoteattr

from tests.harness.workspace import PATIENCE
from tests.harness.xml_stream import Closed, Stream, handshake

SECRET = "a-secret-of-the-tests-0123456789"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
PING = "<ping xmlns='urn:xmpp:ping'/>"
MUC = "http://jabber.org/protocol/muc"

NUMBERS = itertools.count(1)


def fresh(what="id"):
    """A name that no other stanza of this run has."""
    return f"{what}-{next(NUMBERS)}"


class Component(threading.Thread):
    """Sits behind a server under a domain of its own, reconnects by itself, keeps what comes,
    answers pings, and plays the room room@DOMAIN."""

    def __init__(self, host, port, domain, secret=SECRET):
        super().__init__(daemon=True)
        self.host, self.port, self.domain, self.secret = host, port, domain, secret
        self.received, self.occupants = [], {}
        self.news = threading.Condition()
        self.ready, self.stopping = threading.Event(), threading.Event()
        self.stream, self.trouble, self.connects = None, None, 0
        self.sending = threading.Lock()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                self._session()
            except (OSError, Closed, AssertionError) as error:
                self.trouble = error
            self.ready.clear()
            self.stopping.wait(0.02)

    def _session(self):
        stream = Stream(socket.create_connection((self.host, self.port), timeout=5))
        try:
            stream.send("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                        "xmlns:stream='http://etherx.jabber.org/streams' "
                        f"to={quoteattr(self.domain)}>")
            stream_id = stream.wait_header().get("id")
            stream.send(f"<handshake>{handshake(stream_id, self.secret)}</handshake>")
            stream.expect("handshake")
            self.stream = stream
            self.connects += 1
            self.ready.set()
            while not self.stopping.is_set():
                try:
                    self._take(stream.next(1.0))
                except TimeoutError:
                    continue
        finally:
            stream.close()

    def _take(self, stanza):
        with self.news:
            self.received.append(stanza)
            self.news.notify_all()
        if stanza.name == "iq" and stanza.get("type") in ("get", "set"):
            self._answer(stanza)
        elif stanza.name == "presence" and stanza.get("to", "").startswith("room@"):
            self._join(stanza)
        elif stanza.get("type") == "groupchat" and stanza.get("to") == f"room@{self.domain}":
            self._reflect(stanza)

    def _answer(self, stanza):
        back = f"from='{stanza.get('to')}' to='{stanza.get('from')}' id='{stanza.get('id')}'"
        if stanza.child("ping", "urn:xmpp:ping") is not None:
            self.send(f"<iq type='result' {back}/>")
        else:
            self.send(f"<iq type='error' {back}><error type='cancel'>"
                      f"<service-unavailable xmlns='{STANZAS}'/></error></iq>")

    def _join(self, stanza):
        """XEP-0045 7.2: own presence with 110, then the subject."""
        here, there = stanza.get("to"), stanza.get("from")
        if stanza.get("type") == "unavailable":
            self.occupants.pop(there, None)
        elif stanza.child("x", MUC) is not None:
            self.occupants[there] = here
            self.send(f"<presence from='{here}' to='{there}'><x xmlns='{MUC}#user'>"
                      "<item affiliation='none' role='participant'/><status code='110'/></x>"
                      f"</presence><message type='groupchat' from='room@{self.domain}' "
                      f"to='{there}'><subject/></message>")

    def _reflect(self, stanza):
        nick = self.occupants.get(stanza.get("from"))
        body = stanza.child("body")
        if nick is not None and body is not None:
            for there in list(self.occupants):
                self.send(f"<message type='groupchat' from='{nick}' to='{there}' "
                          f"id='{stanza.get('id')}'><body>{body.text()}</body></message>")

    def up(self, seconds=PATIENCE):
        assert self.ready.wait(seconds), f"{self.domain} is not connected: {self.trouble}"
        return self

    def send(self, text):
        with self.sending:
            self.stream.send(text)

    def try_send(self, text):
        """Whether it went out; a broken connection is no failure here."""
        try:
            self.send(text)
            return True
        except OSError:
            return False

    def wait(self, wanted, seconds=PATIENCE, what="a stanza"):
        """The first stanza, also of those that came before, for which `wanted` is true."""
        end = time.monotonic() + seconds
        seen = 0
        with self.news:
            while True:
                for stanza in self.received[seen:]:
                    if wanted(stanza):
                        return stanza
                seen = len(self.received)
                left = end - time.monotonic()
                if left <= 0 or not self.news.wait(left):
                    last = ", ".join(str(one)[:300] for one in self.received[-3:])
                    raise AssertionError(f"not within {seconds} s at {self.domain}: {what}; "
                                         f"{seen} stanzas came, the last: {last}")

    def message(self, sender, to, body, name=None, kind="chat"):
        name = name or fresh("m")
        self.send(f"<message type='{kind}' from='{sender}@{self.domain}' to='{to}' id='{name}'>"
                  f"<body>{body}</body></message>")
        return name

    def ask(self, to, payload, seconds=PATIENCE, sender="probe"):
        """Sends an iq get and returns its answer, of type result or error."""
        name = fresh("q")
        self.send(f"<iq type='get' from='{sender}@{self.domain}' to='{to}' id='{name}'>"
                  f"{payload}</iq>")
        return self.wait(lambda one: one.name == "iq" and one.get("id") == name
                         and one.get("type") in ("result", "error"), seconds,
                         f"the answer of {to}")

    def messages(self, to=None):
        with self.news:
            return [one for one in self.received if one.name == "message"
                    and one.get("type") != "error" and to in (None, one.get("to"))]

    def returned(self):
        """The ids of what came back as an error."""
        with self.news:
            return {one.get("id") for one in self.received if one.get("type") == "error"}

    def close(self):
        self.stopping.set()
        self.join(5)


class Dialled:
    """A bare client of a server: each step by itself, so that a test can do the wrong one."""

    def __init__(self, host, port, source, target, certificate=None, direct=False):
        self.source, self.target = source, target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        if certificate is not None:
            self.context.load_cert_chain(*certificate)
        self.stream = Stream(socket.create_connection((host, port), timeout=PATIENCE))
        if direct:
            self.context.set_alpn_protocols(["xmpp-server"])
            self.stream.start_tls(self.context, target)

    def open(self, seconds=PATIENCE):
        """Sends the header; returns the features."""
        self.stream.send("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
                         "xmlns:db='jabber:server:dialback' "
                         "xmlns:stream='http://etherx.jabber.org/streams' "
                         f"from='{self.source}' to='{self.target}' version='1.0'>")
        self.stream.wait_header(seconds)
        return self.stream.expect("features", seconds)

    def secure(self):
        """STARTTLS; returns the features that come after it."""
        features = self.open()
        assert features.child("starttls", TLS) is not None, f"no STARTTLS: {features}"
        self.stream.send(f"<starttls xmlns='{TLS}'/>")
        self.stream.expect("proceed")
        self.stream.start_tls(self.context, self.target)
        return self.open()

    def external(self, features):
        """SASL EXTERNAL, then the restart; returns the last features."""
        mechanisms = features.child("mechanisms", SASL)
        offered = [one.text() for one in mechanisms.elements()] if mechanisms is not None else []
        assert "EXTERNAL" in offered, f"EXTERNAL is not offered: {features}"
        name = base64.b64encode(self.source.encode()).decode()
        self.stream.send(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>{name}</auth>")
        self.stream.expect("success")
        self.stream.restart()
        return self.open()

    def peer_certificate(self):
        """The other side's certificate in DER."""
        return self.stream.connection.getpeercert(binary_form=True)

    def close(self):
        self.stream.close()
