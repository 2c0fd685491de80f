# SPDX-License-Identifier: Apache-2.0
"""Mail for tests: messages of our own making, a sender, and a sink that can misbehave."""

import hashlib
import random
import smtplib
import socket
import socketserver
import threading
import time

from tests.harness.workspace import PATIENCE

BOUNDARY = "=_hanse-part"


def message(subject, sender, recipients, body, extra=""):
    """A plain RFC 5322 message as bytes, CRLF throughout."""
    text = (f"From: {sender}\nTo: {', '.join(recipients)}\nSubject: {subject}\n"
            f"Date: Tue, 06 Jan 2026 11:02:10 +0000\n"
            f"Message-ID: <{hashlib.sha1(subject.encode()).hexdigest()[:16]}@a.example>\n"
            f"{extra}\n{body}\n")
    return text.replace("\n", "\r\n").encode("utf-8")


def with_attachment(subject, sender, recipients, octets, seed=1):
    """A multipart message with a base64 attachment of about `octets` octets."""
    rng = random.Random(seed)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    block = ["".join(rng.choices(alphabet, k=76)) for _ in range(64)]
    lines = [block[number % 64] for number in range(max(1, octets // 78))]
    body = (f"--{BOUNDARY}\nContent-Type: text/plain; charset=us-ascii\n\n"
            f"See the attachment.\n.\n..leading dots\n--{BOUNDARY}\n"
            "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
            'Content-Disposition: attachment; filename="data.bin"\n\n'
            + "\n".join(lines) + f"\n--{BOUNDARY}--")
    return message(subject, sender, recipients, body,
                   f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{BOUNDARY}"\n')


def send(host, port, sender, recipients, data, helo="client.example", timeout=PATIENCE):
    """One message in one session; returns the text of the final 250."""
    with smtplib.SMTP(host, port, local_hostname=helo, timeout=timeout) as session:
        session.ehlo()
        options = ["BODY=8BITMIME"] if max(data, default=0) > 127 else []
        code, text = session.mail(sender, options)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, text, sender)
        refused = {}
        for recipient in recipients:
            code, text = session.rcpt(recipient)
            if code != 250:
                refused[recipient] = (code, text)
        if len(refused) == len(recipients):
            raise smtplib.SMTPRecipientsRefused(refused)
        code, text = session.data(data)
        if code != 250:
            raise smtplib.SMTPDataError(code, text)
        return text.decode("ascii", "replace")


def below_trace(data):
    """The message without the Received fields at its top: what must be byte-exact."""
    while data.startswith(b"Received:"):
        end = data.index(b"\r\n")
        while data[end + 2:end + 3] in (b" ", b"\t"):
            end = data.index(b"\r\n", end + 2)
        data = data[end + 2:]
    return data


class Stored:
    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data
        self.at = time.time()

    def subject(self):
        for line in self.data.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
            if line.lower().startswith(b"subject: "):
                return line[9:].decode("utf-8", "replace")
        return ""


class Sink:
    """An SMTP server that keeps what it gets. `rules(verb, argument)` may return a reply to give
    instead of the usual one, or "drop" to cut the connection there."""

    def __init__(self, host, port, rules=None, tls=None):
        self.messages, self.rules, self.tls = [], rules or (lambda verb, argument: None), tls
        self.sessions = 0
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self):
                SinkSession(sink, self.connection).run()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self.server = Server((host, port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def subjects(self):
        return [stored.subject() for stored in list(self.messages)]


class SinkSession:
    def __init__(self, sink, connection):
        self.sink, self.connection = sink, connection
        self.connection.settimeout(60)
        self.stream = connection.makefile("rb")
        self.sender, self.recipients = None, []

    def run(self):
        self.sink.sessions += 1
        try:
            if not self.reply("connect", "", "220 sink.example ESMTP"):
                return
            while True:
                line = self.stream.readline(65536)
                if not line or not self.command(line.decode("utf-8", "replace").rstrip("\r\n")):
                    return
        except (OSError, socket.timeout, ValueError):
            return

    def reply(self, verb, argument, usual):
        text = self.sink.rules(verb, argument) or usual
        if text == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self.connection.sendall(text.encode() + b"\r\n")
        return not text.startswith("421")

    def command(self, line):
        verb = line.split(" ", 1)[0].upper()
        if verb in ("EHLO", "HELO"):
            extensions = ["PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES"]
            if self.sink.tls is not None and not hasattr(self.connection, "cipher"):
                extensions.append("STARTTLS")
            lines = ["sink.example", *extensions]
            usual = "\r\n".join(f"250{'-' if number < len(lines) - 1 else ' '}{text}"
                                for number, text in enumerate(lines))
            return self.reply(verb, line, usual if verb == "EHLO" else "250 sink.example")
        if verb == "MAIL":
            self.sender, self.recipients = address(line), []
            return self.reply(verb, line, "250 2.1.0 ok")
        if verb == "RCPT":
            return self.recipient(line)
        if verb == "DATA":
            return self.data()
        if verb == "STARTTLS" and self.sink.tls is not None:
            self.connection.sendall(b"220 2.0.0 go\r\n")
            self.connection = self.sink.tls.wrap_socket(self.connection, server_side=True)
            self.stream = self.connection.makefile("rb")
            return True
        if verb == "QUIT":
            self.reply(verb, line, "221 2.0.0 bye")
            return False
        return self.reply(verb, line, "250 2.0.0 ok")

    def recipient(self, line):
        text = self.sink.rules("RCPT", line) or "250 2.1.5 ok"
        if text.startswith("2"):
            self.recipients.append(address(line))
        if text == "drop":
            return False
        self.connection.sendall(text.encode() + b"\r\n")
        return True

    def data(self):
        if not self.recipients:
            return self.reply("DATA", "", "554 5.5.1 no valid recipients")
        if not self.reply("DATA", "", "354 go"):
            return False
        lines = []
        while True:
            line = self.stream.readline(1 << 20)
            if not line:
                return False
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        stored = Stored(self.sender, self.recipients, b"".join(lines))
        text = self.sink.rules("DOT", stored.subject()) or "250 2.0.0 kept"
        if text == "drop":
            return False
        if text == "keep and drop":
            self.sink.messages.append(stored)
            return False
        if text.startswith("2"):
            self.sink.messages.append(stored)
        self.connection.sendall(text.encode() + b"\r\n")
        return True


def address(line):
    return line[line.index("<") + 1:line.index(">")]
