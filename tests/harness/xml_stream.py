# SPDX-License-Identifier: Apache-2.0
"""An XML stream over a socket, for tests: elements come out one by one, any text goes in."""

import collections
import hashlib
import socket
import xml.parsers.expat
from xml.sax.saxutils import escape, quoteattr

from tests.harness.workspace import PATIENCE

STREAM = "http://etherx.jabber.org/streams"


class Closed(Exception):
    """The other side ended the stream; the text says how far it had got."""


class Element:
    __slots__ = ("space", "name", "attributes", "children")

    def __init__(self, space, name, attributes):
        self.space, self.name, self.attributes = space, name, attributes
        self.children = []

    def get(self, name, default=None):
        return self.attributes.get(name, default)

    def child(self, name, space=None):
        """The first child element of that name, or None."""
        for one in self.elements():
            if one.name == name and space in (None, one.space):
                return one
        return None

    def elements(self):
        return [one for one in self.children if isinstance(one, Element)]

    def text(self):
        return "".join(one for one in self.children if isinstance(one, str))

    def body(self):
        found = self.child("body")
        return found.text() if found is not None else None

    def __str__(self):
        attributes = "".join(f" {name}={quoteattr(value)}"
                             for name, value in self.attributes.items())
        inside = "".join(escape(one) if isinstance(one, str) else str(one)
                         for one in self.children)
        return f"<{self.name} xmlns={quoteattr(self.space)}{attributes}>{inside}</{self.name}>"


class Stream:
    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.restart()

    def restart(self):
        """A new parser, as after TLS and after authentication."""
        self.header, self.ended = None, False
        self.ready, self.open = collections.deque(), []
        self.parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name, attributes):
        space, _, local = name.rpartition(" ")
        element = Element(space, local, attributes)
        if self.header is None:
            self.header = element
            return
        if self.open:
            self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, _):
        if not self.open:
            self.ended = True
            return
        element = self.open.pop()
        if not self.open:
            self.ready.append(element)

    def _text(self, text):
        if self.open:
            self.open[-1].children.append(text)

    def send(self, text):
        self.connection.sendall(text if isinstance(text, bytes) else text.encode("utf-8"))

    def next(self, seconds=PATIENCE):
        """The next element below the root; raises Closed, or TimeoutError."""
        self.connection.settimeout(seconds)
        while not self.ready:
            self._read()
        return self.ready.popleft()

    def wait_header(self, seconds=PATIENCE):
        self.connection.settimeout(seconds)
        while self.header is None:
            self._read()
        return self.header

    def _read(self):
        if self.ended:
            raise Closed("the stream was closed")
        try:
            data = self.connection.recv(65536)
        except (ConnectionError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Closed(f"the connection broke: {error}") from error
        if not data:
            raise Closed("the connection was closed")
        self.parser.Parse(data, False)

    def expect(self, name, seconds=PATIENCE):
        element = self.next(seconds)
        assert element.name == name, f"expected <{name}/>, got {element}"
        return element

    def start_tls(self, context, name=None, server=False):
        self.connection.settimeout(PATIENCE)
        self.connection = context.wrap_socket(self.connection, server_side=server,
                                              server_hostname=None if server else name)
        self.restart()

    def close(self):
        try:
            self.connection.close()
        except OSError:
            pass


def handshake(stream_id, secret):
    return hashlib.sha1((stream_id + secret).encode()).hexdigest()  # XEP-0114 3
