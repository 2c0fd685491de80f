# SPDX-License-Identifier: Apache-2.0
"""A bare server that others open streams to: it proves itself, believes everybody, keeps what
comes, and does with a stanza what its test wants."""

import socket
import ssl
import threading
import time

from tests.harness.workspace import PATIENCE
from tests.harness.xml_stream import Closed, Stream
from tests.harness.xmpp import SASL, TLS

MANAGEMENT = "urn:xmpp:sm:3"
HEAD = ("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams' "
        "from='{here}' to='{there}' id='{id}' version='1.0'>")
FEATURES = "<stream:features>{}</stream:features>"


class Served:
    """One stream that is up. `handled` counts as XEP-0198 does."""

    def __init__(self, stream, number):
        self.stream, self.number, self.handled = stream, number, 0

    def send(self, text):
        self.stream.send(text)

    def acknowledge(self, most=None):
        """Not more than it will say that it has when the stream is resumed."""
        handled = self.handled if most is None else min(self.handled, most)
        self.send(f"<a xmlns='{MANAGEMENT}' h='{handled}'/>")

    def refuse(self, condition):
        """Ends the stream over a stanza."""
        self.send(f"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                  "</stream:error></stream:stream>")
        raise Closed(f"refused by {condition}")

    def cut(self):
        raise Closed("cut by the test")


class Server(threading.Thread):
    """`answer(served, stanza)` may do as it likes; what it takes without an exception is handled.
    `management`, `dialback`: XEP-0198 and dialback are offered; questions about keys it never
    answers. A session is given a name if `resume` is True; `resumed` is
    what a try to resume is answered by: a count, or None to fail it."""

    def __init__(self, port, domain, certificate, answer=None, management=True, resume=False,
                 dialback=False):
        super().__init__(daemon=True)
        self.domain, self.answer = domain, answer or (lambda served, stanza: None)
        self.management, self.resume, self.resumed = management, resume, None
        self.dialback = dialback
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.news = threading.Condition()
        self.came, self.streams, self.asked_back = [], 0, []
        self.listener = socket.create_server(("127.0.0.1", port))
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream = Stream(connection)
        try:
            self._negotiate(stream)
            with self.news:
                self.streams += 1
                served = Served(stream, self.streams)
            while True:
                self._take(served, stream.next(600))
        except (OSError, Closed, AssertionError):
            pass
        finally:
            stream.close()

    def _head(self, stream, features):
        there = stream.wait_header().get("from")
        stream.send(HEAD.format(here=self.domain, there=there, id=f"{time.monotonic_ns():x}") +
                    FEATURES.format(features))

    def _negotiate(self, stream):
        self._head(stream, f"<starttls xmlns='{TLS}'><required/></starttls>")
        stream.expect("starttls")
        stream.send(f"<proceed xmlns='{TLS}'/>")
        stream.start_tls(self.context, server=True)
        self._head(stream, f"<mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism>"
                           "</mechanisms>")
        stream.expect("auth")
        stream.send(f"<success xmlns='{SASL}'/>")
        stream.restart()
        self._head(stream, (f"<sm xmlns='{MANAGEMENT}'/>" if self.management else "") +
                   ("<dialback xmlns='urn:xmpp:features:dialback'/>" if self.dialback else ""))

    def _take(self, served, element):
        if element.space != MANAGEMENT:
            with self.news:
                self.came.append(element)
                self.news.notify_all()
            self.answer(served, element)
            served.handled += 1
        elif element.name == "enable":
            name = f" id='s{served.number}' resume='true'" if self.resume else ""
            served.send(f"<enabled xmlns='{MANAGEMENT}'{name}/>")
        elif element.name == "resume":
            self.asked_back.append(element)
            if self.resumed is None:
                return served.send(f"<failed xmlns='{MANAGEMENT}'><item-not-found xmlns="
                                   "'urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
            served.handled = self.resumed
            served.send(f"<resumed xmlns='{MANAGEMENT}' h='{self.resumed}' "
                        f"previd='{element.get('previd')}'/>")
        elif element.name == "r":
            served.acknowledge(self.resumed if served.number == 1 else None)

    def ids(self, name=None):
        """Of the stanzas that came, each as often as it did."""
        with self.news:
            return [one.get("id") for one in self.came if name in (None, one.name)]

    def wait(self, wanted, seconds=PATIENCE, what="a stanza"):
        with self.news:
            if not self.news.wait_for(lambda: any(wanted(one) for one in self.came), seconds):
                raise AssertionError(f"not within {seconds} s at {self.domain}: {what}; "
                                     f"{len(self.came)} came")
