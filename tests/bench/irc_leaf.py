# SPDX-License-Identifier: Apache-2.0
"""The load generator for IRC: a server of one user or of very many at the end of a link, and what
it says and counts there. It speaks TS6 as ircd-hybrid does, which every hub measured takes."""

import multiprocessing
import select
import socket
import time

HOST = "127.0.0.1"
PASSWORD = "bench"
FORKED = multiprocessing.get_context("fork")  # a sender beside the receiver, on the same socket


class Leaf:
    def __init__(self, port, name, sid):
        self.name, self.sid = name, sid
        self.socket = socket.create_connection((HOST, port), timeout=30)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.held = b""
        self.say(f"PASS {PASSWORD}", "CAPAB :ENCAP TBURST EOB RHOST CLUSTER MLOCK HOP",
                 f"SERVER {name} 1 {sid} + :bench")
        self.wait_line(b" SVINFO ")
        self.say(f":{sid} SVINFO 6 6 0 :{int(time.time())}")

    def say(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def wait_line(self, *words, seconds=30, beside=()):
        """Reads on until a line has all the words; answers what is asked on the way, of the leaves
        `beside` too."""
        end = time.monotonic() + seconds
        while True:
            for line in self.lines():
                if line.startswith(b"ERROR"):
                    raise AssertionError(f"{self.name}: {line!r}")
                if all(word in line for word in words):
                    return line
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.name} waits for {words}; last {self.held!r}")
            all_of_them = {self.socket: self, **{one.socket: one for one in beside}}
            for ready in select.select(list(all_of_them), [], [], left)[0]:
                all_of_them[ready].read()
            for one in beside:
                for _ in one.lines():
                    pass

    def read(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise AssertionError(f"{self.name} was cut off")
        self.held += data

    def lines(self):
        """Takes the lines that are here one by one, PINGs answered."""
        while (end := self.held.find(b"\n")) >= 0:
            line, self.held = self.held[:end].rstrip(b"\r"), self.held[end + 1:]
            if line.startswith(b"PING") or b" PING " in line[:14]:
                self.say(f":{self.sid} PONG {self.name} :{line.split(b':')[-1].decode()}")
            yield line

    def uid(self, number):
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        out = ""
        for _ in range(6):
            out = digits[number % 26] + out
            number //= 26
        return self.sid + out

    def user(self, number, nick, now):
        return (f":{self.sid} UID {nick} 1 {now} +i {nick[:9]} host{number}.users.example "
                f"host{number}.users.example 0 {self.uid(number)} * :bench user {number}")

    def burst(self, nick, channel):
        """One user in one channel; back when the other side has taken it all."""
        now = int(time.time())
        self.say(self.user(0, nick, now), f":{self.sid} SJOIN {now} {channel} +nt :@{self.uid(0)}",
                 f":{self.sid} EOB")
        self.settle()

    def settle(self, seconds=60):
        self.say(f"PING :{self.sid}")
        self.wait_line(b" PONG ", seconds=seconds)

    def close(self):
        self.socket.close()


def talk(leaf, channel, count, octets=80):
    """`count` lines of so many octets, numbered, as one piece of memory."""
    start = f":{leaf.uid(0)} PRIVMSG {channel} :"
    room = octets - len(start) - 2 - 8
    return "".join(f"{start}{number:08d}{'x' * room}\r\n" for number in range(count)).encode()


def numbers_of(data):
    """Of the messages in what was received."""
    found = []
    for line in data.split(b"\n"):
        at = line.find(b" PRIVMSG ")
        if at >= 0:
            text = line[line.index(b" :", at) + 2:]
            found.append(int(text[:8]))
    return found


def push(sender, receiver, channel, count, seconds=120):
    """All lines at once; lines a second from the first byte out to the last line in. Every line
    must come once and in order."""
    data = talk(sender, channel, count)
    receiver.held = b""
    child = FORKED.Process(target=sender.socket.sendall, args=(data,))
    receiver.socket.settimeout(seconds)
    begin = time.monotonic()
    child.start()
    pieces, seen, tail = [], 0, b""
    while seen < count:
        piece = receiver.socket.recv(1 << 20)
        if not piece:
            raise AssertionError(f"{receiver.name} was cut off after {seen} lines")
        pieces.append(piece)
        # A word that two pieces share is counted with the second.
        joined = tail + piece
        seen += joined.count(b" PRIVMSG ")
        tail = joined[-8:]
    took = time.monotonic() - begin
    child.join(30)
    found = numbers_of(b"".join(pieces))
    if found != list(range(count)):
        raise AssertionError(f"{len(found)} of {count} lines, in order: {found == sorted(found)}")
    return count / took


def _pace(to, start, per_second, seconds):
    began = time.monotonic()
    said = 0
    while (passed := time.monotonic() - began) < seconds:
        wanted = int(passed * per_second)
        if wanted > said:
            to.sendall(b"".join(b"%s%d\r\n" % (start, time.monotonic_ns())
                                for _ in range(wanted - said)))
            said = wanted
        time.sleep(0.0005)
    to.sendall(start + b"end\r\n")


def delays(sender, receiver, channel, per_second, seconds):
    """Milliseconds each line was under way at that rate, sorted."""
    start = f":{sender.uid(0)} PRIVMSG {channel} :".encode()
    child = FORKED.Process(target=_pace, args=(sender.socket, start, per_second, seconds))
    receiver.held, found, over = b"", [], False
    receiver.socket.settimeout(30)
    child.start()
    while not over:
        receiver.read()
        now = time.monotonic_ns()
        for line in receiver.lines():
            if b" PRIVMSG " not in line:
                continue
            text = line.rsplit(b":", 1)[1]
            over = over or text == b"end"
            if not over:
                found.append((now - int(text)) / 1e6)
    child.join(30)
    return sorted(found)


def crowd(leaf, users, channels, members):
    """The burst of a large network: that many users, each channel with so many of them."""
    now = int(time.time())
    lines = [leaf.user(number, f"user{number}", now) for number in range(users)]
    for number in range(channels):
        here = [leaf.uid((number * 7 + step * 997) % users) for step in range(members)]
        for first in range(0, members, 40):
            lines.append(f":{leaf.sid} SJOIN {now} #room{number} +nt "
                         f":{' '.join(here[first:first + 40])}")
    lines.append(f":{leaf.sid} EOB")
    return "".join(line + "\r\n" for line in lines).encode()
