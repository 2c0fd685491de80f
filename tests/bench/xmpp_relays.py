# SPDX-License-Identifier: Apache-2.0
"""The three servers measured side by side over XMPP, all in one network namespace, and the load
generator that speaks to them."""

import json
import os
import subprocess

from tests.harness import dns, namespace, pki
from tests.harness.dns import srv
from tests.harness.node import Node
from tests.harness.results import Skip
from tests.harness.workspace import BUILD, free_port
from tests.harness.xmpp import SECRET
from tests.harness.xmpp_peers import COMPONENT_PORT, Ejabberd, Prosody

LOAD = os.path.join(BUILD, "bench-xmpp")
SINK = "127.0.77.50"
HOSTS = {"a": "127.0.77.1", "b": "127.0.77.2", "c": "127.0.77.3"}

HANSE = """
[node]
domain = "a.example"
data_dir = "{{folder}}/data"
[listen.xmpp]
addr = ["{host}:5269", "{host}:5270"]
[control]
socket = "{{folder}}/control.sock"
[dns]
servers = ["127.0.0.1:53"]
[tls]
cert = "file:{cert}"
key = "file:{key}"
ca = "{ca}"
[policy]
unknown_peers = "open"
[limits]
connections_per_prefix_max = 10000
connections_per_prefix_per_minute_max = 0
[metrics]
addr = "127.0.0.1:{metrics}"
[log]
level = "info"
[store]
destination_messages_max = 500000
[xmpp]
hosts = ["a.example"]
trust = "verify"
loopback_addresses = true
retry = ["1s"]
{components}
[[certificate]]
cert = "file:{far_cert}"
key = "file:{far_key}"
[[route]]
match = "far.example"
protocol = "xmpp"
via = "{sink}:5269"
"""

HANSE_COMPONENT = """
[component."{name}"]
role = "accept"
addr = "{host}:{port}"
secret = "file:{secret}"
"""


class World:
    """Certificates and names: load.example sends, out.example receives, far.example lies behind
    hanse as behind an edge relay, and dN.many.example are many."""

    def __init__(self, workspace):
        if not os.path.exists(LOAD):
            raise Skip("the load generator is not built: `make bench` builds it")
        if not dns.available():
            raise Skip("NSD is not installed: `make deps-test` installs it")
        self.workspace = workspace
        namespace.enter(workspace)
        self.ca = pki.Authority(workspace.folder("pki"))
        self.load = self.ca.issue("load.example", "*.load.example")
        self.sink = self.ca.issue("out.example", "*.many.example", "far.example")
        found = [f"xmpp.{name} A {host}" for name, host in HOSTS.items()]
        for name in HOSTS:
            found += [srv(prefix + name, f"xmpp.{name}") for prefix in ("", "gw.", "in.")]
        found += [f"sink A {SINK}", srv("out", "sink"), "*.many SRV 10 0 5269 sink",
                  srv("far", "xmpp.a")]
        self.dns = dns.DnsServer(workspace, found)

    def certificate(self, name):
        return self.ca.issue(f"{name}.example", f"*.{name}.example")


class Server:
    """`gw.DOMAIN` takes out, `in.DOMAIN` puts in; each is a component's domain."""

    def __init__(self, world, letter):
        self.world, self.letter, self.host = world, letter, HOSTS[letter]
        self.components = [f"gw.{letter}.example", f"in.{letter}.example"]

    def place(self, domain):
        return f"{self.host}:{self.port_of(domain)}"

    def port_of(self, domain):
        return COMPONENT_PORT + self.components.index(domain)

    def pid(self):
        return self.process.pid


class PeerServer(Server):
    def __init__(self, world, letter, kind, name, level):
        super().__init__(world, letter)
        self.name = name
        self.peer = kind(world.workspace, self.host, f"{letter}.example",
                         world.certificate(letter), world.ca.certificate, self.components,
                         level=level, bare=True)

    def port_of(self, domain):
        return self.peer.port_of(domain)

    @property
    def process(self):
        return self.peer.process

    def start(self):
        self.peer.start()

    def stop(self):
        self.peer.stop()


class HanseServer(Server):
    name = "hanse"

    def __init__(self, world):
        super().__init__(world, "a")
        workspace = world.workspace
        secret = workspace.file("hanse/secret", SECRET, 0o600)
        cert, key = world.certificate("a")
        far_cert, far_key = world.ca.issue("far.example", file="edge")
        self.node = Node(workspace, "hanse", HANSE.format(
            host=self.host, metrics=free_port(), cert=cert, key=key, sink=SINK,
            ca=world.ca.certificate, far_cert=far_cert, far_key=far_key,
            components="".join(HANSE_COMPONENT.format(
                name=name, host=self.host, port=self.port_of(name), secret=secret)
                for name in self.components)))

    @property
    def process(self):
        return self.node.process

    def start(self):
        self.node.start(ready_seconds=60)

    def stop(self):
        self.node.stop()


def prosody(world):
    return PeerServer(world, "b", Prosody, "Prosody", "error")


def ejabberd(world):
    return PeerServer(world, "c", Ejabberd, "ejabberd", 1)


def component_out(server):
    """Server to server in, component out."""
    world, domain = server.world, server.components[0]
    return {"in": "s2s", "in-at": f"{server.host}:5269", "from": "load.example", "to": domain,
            "out": "component", "out-at": server.place(domain), "cert": world.load[0],
            "key": world.load[1]}


def stream_out(server, to="out.example"):
    """Component in, server to server out."""
    world, domain = server.world, server.components[1]
    return {"in": "component", "in-at": server.place(domain), "from": domain, "to": to,
            "out": "s2s", "out-at": f"{SINK}:5269", "cert": world.sink[0], "key": world.sink[1]}


def relayed(server):
    """Server to server in and out: what only a relay does."""
    world = server.world
    return {"in": "s2s", "in-at": f"{server.host}:5269", "from": "load.example",
            "to": "far.example", "out": "s2s", "out-at": f"{SINK}:5269", "cert": world.load[0],
            "key": world.load[1]}


def words(options):
    return [LOAD, f"secret={SECRET}", *(f"{name}={value}" for name, value in options.items())]


class Beat:
    """One stanza each 50 ms over a stream that stands; `end` tells how long they took."""

    def __init__(self, server):
        self.process = subprocess.Popen(words({**component_out(server), "every": 50}),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline(), "the first stanza of the beat did not arrive"

    def end(self):
        self.process.stdin.close()
        found = json.loads(self.process.stdout.readline())
        assert self.process.wait(60) == 0, "stanzas of the beat came in disorder"
        return found


def push(options, **more):
    """Runs the generator once; returns its figures. Anything lost or out of order is an error."""
    done = subprocess.run(words({**options, **more}), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"the generator: exit {done.returncode}: {done.stdout.decode()}"
                             f"{done.stderr.decode()}")
    return json.loads(done.stdout)
