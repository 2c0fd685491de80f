# SPDX-License-Identifier: Apache-2.0
"""InspIRCd as hub under the same load. It takes what is in a socket in small pieces, each time it
is woken, and when nothing more comes it sleeps on the rest: it is waited for, not for ever."""

import time

from tests.bench.irc_leaf import FORKED, HOST, PASSWORD, Leaf, talk
from tests.harness.irc_peers import Inspircd
from tests.harness.workspace import wait_until

WAIT_SECONDS = 15  # the others need three at the most
LINK = """
<link name="{name}.leaf.example" ipaddr="{host}" port="1" allowmask="127.0.0.0/8"
 sendpass="{word}" recvpass="{word}" timeout="15">
"""


class InspLeaf(Leaf):
    """The same leaf in InspIRCd's own protocol."""

    def __init__(self, port, name, sid):
        self.hub = None
        super().__init__(port, name, sid)

    def say(self, *lines):
        if lines[0].startswith("PASS"):  # the handshake of the other protocol
            lines = ("CAPAB START 1205", "CAPAB CAPABILITIES :CASEMAPPING=rfc1459", "CAPAB END",
                     f"SERVER {self.name} {PASSWORD} 0 {self.sid} :bench")
        elif " SVINFO " in lines[0]:
            lines = (f":{self.sid} BURST {int(time.time())}",)
        super().say(*lines)

    def wait_line(self, *words, seconds=30, beside=()):
        if words != (b" SVINFO ",):
            return super().wait_line(*words, seconds=seconds, beside=beside)
        line = super().wait_line(b"SERVER ")
        self.hub = line.split(b" ")[4].decode()
        return line

    def lines(self):
        for line in super().lines():
            if b" PING " in line[:14]:
                super().say(f":{self.sid} PONG {self.hub}")
            yield line

    def user(self, number, nick, now):
        host = f"host{number}.users.example"
        return (f":{self.sid} UID {self.uid(number)} {now} {nick} {host} {host} {nick[:9]} 0.0.0.0 "
                f"{now} + :bench user {number}")

    def burst(self, nick, channel):
        now = int(time.time())
        self.say(self.user(0, nick, now),
                 f":{self.sid} FJOIN {channel} {now} +nt :o,{self.uid(0)}:0",
                 f":{self.sid} ENDBURST")
        self.settle()

    def settle(self, seconds=60):
        self.say(f":{self.sid} PING {self.hub}")
        self.wait_line(b" PONG ", seconds=seconds)


class InspircdHub(Inspircd):
    def __init__(self, workspace, name, leaves, buffer=""):
        self.leaves, self.buffer = leaves, buffer
        super().__init__(workspace, name)

    def configure(self):
        super().configure()
        with open(self.config, encoding="utf-8") as text:
            whole = text.read()
        if not self.buffer:  # what it has of itself
            whole = whole.replace('<performance netbuffersize="65534">', "")
        whole += "".join(LINK.format(name=one, host=HOST, word=PASSWORD) for one in self.leaves)
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(whole)


def pair(port, channel, names):
    def link(name, sid):
        try:
            return InspLeaf(port, f"{name}.leaf.example", sid)
        except (AssertionError, ConnectionError):
            return None
    sender = wait_until(lambda: link(names[0], "1LF"), 30, "the sender links")
    receiver = wait_until(lambda: link(names[1], "2LF"), 30, "the receiver links")
    receiver.burst("bob", channel)
    sender.burst("alice", channel)
    receiver.wait_line(b" FJOIN ", channel.encode(), beside=[sender])
    return sender, receiver


def came_in_time(sender, receiver, channel, count):
    """All lines at once; how many of them came, and after how many seconds the last of these."""
    child = FORKED.Process(target=sender.socket.sendall, args=(talk(sender, channel, count),))
    begin, last, seen, tail = time.monotonic(), 0.0, 0, b""
    child.start()
    try:
        while seen < count and (left := begin + WAIT_SECONDS - time.monotonic()) > 0:
            receiver.socket.settimeout(left)
            try:
                piece = receiver.socket.recv(1 << 20)
            except TimeoutError:
                break
            if not piece:
                break
            joined = tail + piece
            seen += joined.count(b" PRIVMSG ")
            tail = joined[-8:]
            last = time.monotonic() - begin
    finally:
        child.terminate()  # it may sit in a full socket
        child.join(30)
    return seen, last


def tell(workspace, names, count):
    """A row for InspIRCd as it comes, and one with the largest buffer it allows."""
    out = []
    for title, buffer in (("InspIRCd", ""), ("InspIRCd, netbuffersize 65534", "largest")):
        hub = InspircdHub(workspace, "hub-" + (buffer or "plain"), names, buffer).start()
        try:
            sender, receiver = pair(hub.servers, "#bench", names)
            seen, took = came_in_time(sender, receiver, "#bench", count)
            sender.close()
            receiver.close()
        finally:
            hub.stop()
        if seen == count:
            out.append(f"{title:<32}{count / took:>10.0f}")
        else:
            out.append(f"{title:<32}{'stalls':>10}   {seen} of {count} lines in {WAIT_SECONDS} s, "
                       f"the last after {took:.1f} s")
    return out
