# SPDX-License-Identifier: Apache-2.0
"""A person on IRC for tests: a client that answers pings and remembers every line."""

import contextlib
import socket
import threading
import time

from tests.harness.workspace import PATIENCE


class Person:
    """Connects, registers, and keeps what it is told as text lines."""

    def __init__(self, host, port, nick, realname=None):
        self.nick = nick
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.socket.settimeout(None)
        self.lines, self.news = [], threading.Condition()
        self.sending = threading.Lock()
        self.over = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.say(f"NICK {nick}")
        self.say(f"USER {nick} 0 * :{realname or nick}")
        self.wait(" 001 ")

    def _read(self):
        held = b""
        try:
            while data := self.socket.recv(65536):
                held += data
                *whole, held = held.split(b"\n")
                for raw in whole:
                    self._take(raw.rstrip(b"\r").decode("utf-8", "replace"))
        except OSError:
            pass
        with self.news:
            self.over = True
            self.news.notify_all()

    def _take(self, line):
        if line.startswith("PING"):
            return self.say("PONG" + line[4:])
        with self.news:
            self.lines.append(line)
            self.news.notify_all()
        return None

    def say(self, line):
        with self.sending:
            self.socket.sendall(line.encode("utf-8") + b"\r\n")

    def mark(self):
        """Where the lines to come will begin."""
        with self.news:
            return len(self.lines)

    def wait(self, *words, since=0, seconds=PATIENCE):
        """The first line from `since` on that holds all the words."""
        end = time.monotonic() + seconds
        with self.news:
            seen = since
            while True:
                for line in self.lines[seen:]:
                    if all(word in line for word in words):
                        return line
                seen = len(self.lines)
                left = end - time.monotonic()
                if left <= 0 or self.over:
                    tail = "\n".join(self.lines[-15:])
                    raise AssertionError(f"{self.nick} was never told {words}; last:\n{tail}")
                self.news.wait(left)

    def count(self, *words, since=0):
        with self.news:
            return sum(all(word in line for word in words) for line in self.lines[since:])

    def settle(self):
        """Back when the server has answered all that went before."""
        mark = self.mark()
        self.say(f"PING settle{mark}")
        self.wait("PONG", f"settle{mark}", since=mark)

    def join(self, channel):
        mark = self.mark()
        self.say(f"JOIN {channel}")
        self.wait(" 366 ", channel, since=mark)

    def names(self, channel):
        """Who is in the channel, with prefixes, by the server's own account."""
        mark = self.mark()
        self.say(f"NAMES {channel}")
        self.wait(" 366 ", since=mark)
        with self.news:
            return {name for line in self.lines[mark:] if " 353 " in line
                    for name in line.split(" :", 1)[1].split()}

    def whois(self, nick, number):
        """The line of that number in what the server says of somebody; "" where there is none."""
        mark = self.mark()
        self.say(f"WHOIS {nick}")
        self.wait(" 318 ", since=mark)
        with self.news:
            return next((line for line in self.lines[mark:] if number in line), "")

    def tell(self, target, text):
        self.say(f"PRIVMSG {target} :{text}")

    def leave(self):
        with contextlib.suppress(OSError):   # the server may have closed it already
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
