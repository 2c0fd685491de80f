# SPDX-License-Identifier: Apache-2.0
"""The node under the limits of its unit file: what the hardening forbids must not blind it."""

import atexit
import ctypes
import functools
import os
import re
import resource
import shutil
import struct
import subprocess
import sys

from tests.harness import dns, mail, namespace, pki, results
from tests.harness.node import GROUND, Node
from tests.harness.results import Skip
from tests.harness.workspace import ROOT, Workspace, eventually

UNIT = os.path.join(ROOT, "conf", "hanse.service")
CONFIG = GROUND + """shards = {shards}
[listen.smtp]
addr = ["0.0.0.0:25"]
[dns]
servers = ["127.0.0.1:53"]
[smtp]
hosts = ["a.example"]
relay_from = ["127.0.0.0/8"]
reverse_names = false
check_sender_domain = false
private_addresses = true
[[route]]
match = "a.example"
protocol = "smtp"
via = "127.0.0.1:2525"
tls = "off"
"""
OWN = "192.0.2.2"
NOBODY = 65534
RECORDS = ["loop MX 10 self", f"self A {OWN}",
           "both MX 10 two", "two A 192.0.2.9", "two AAAA 2001:db8::5"]

# operations 9: each must stand in the unit; a word behind "=" is its value.
HARDENING = """
NoNewPrivileges=yes ProtectSystem=strict StateDirectory= ProtectHome=yes PrivateTmp=yes
PrivateDevices=yes ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes
ProtectControlGroups=yes ProtectClock=yes ProtectProc=invisible RestrictAddressFamilies=
RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes LockPersonality=yes
MemoryDenyWriteExecute=yes SystemCallFilter=@system-service SystemCallArchitectures=native
CapabilityBoundingSet=CAP_NET_BIND_SERVICE UMask=0077 LimitNOFILE=65536 TasksMax= MemoryHigh=
User= Type=notify""".split()

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06        # BPF: LD|W|ABS, JMP|JEQ|K, RET|K
ALLOW, REFUSE = 0x7fff0000, 0x00050000 | 97        # EAFNOSUPPORT, as systemd says it
NUMBER_AT, ARGUMENTS_AT = 0, 16                    # in struct seccomp_data
CALLS = {"x86_64": {"socket": 41, "ioctl": 16},
         "aarch64": {"socket": 198, "ioctl": 29}}.get(os.uname().machine)
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
SIOCGIFCONF = 0x8912


def unit_values(key):
    with open(UNIT, encoding="ascii") as unit:
        return re.findall(rf"^{key}=(.*)$", unit.read(), re.M)


def confine(call, argument, values, fate):
    """From here on this process, and what it starts, may make `call` only with one of `values` as
    its argument (`fate` "allowed"), or with any other ("refused")."""
    if CALLS is None:
        raise Skip("the numbers of the system calls are not known for this machine")
    listed, other = (ALLOW, REFUSE) if fate == "allowed" else (REFUSE, ALLOW)
    program = [(LOAD, 0, 0, NUMBER_AT), (JUMP_EQUAL, 0, len(values) + 3, CALLS[call]),
               (LOAD, 0, 0, ARGUMENTS_AT + 8 * argument)]
    program += [(JUMP_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    program += [(RETURN, 0, 0, other), (RETURN, 0, 0, listed), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    whole = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    namespace.check(libc, libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    namespace.check(libc, libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0))


@functools.cache
def own_namespace():
    """Once for all tests: what it mounts must outlive each of them."""
    ground = Workspace("confined-net")
    atexit.register(shutil.rmtree, ground.path, ignore_errors=True)
    namespace.enter(ground)
    namespace.add_address(OWN)


def confined(workspace, shards=2):
    own_namespace()
    authority = pki.Authority(workspace.folder("pki"))
    cert, key = authority.issue("mx.a.example")
    dns.DnsServer(workspace, RECORDS)
    return Node(workspace, "node", CONFIG.format(
        domain="mx.a.example", cert=cert, key=key, ca=authority.certificate, shards=shards))


def as_the_unit_says():
    names = unit_values("RestrictAddressFamilies")[0].split()
    confine("socket", 0, [FAMILIES[name] for name in names], "allowed")


def knows_its_addresses():
    """under the address families of the unit a node knows its own addresses (M-6, M-8)"""
    with Workspace("confined") as workspace:
        node = confined(workspace).start(preexec_fn=as_the_unit_says)
        assert not node.events("node.addresses_unknown"), node.log_text()
        data = mail.message("edge", "u@a.example", ["v@loop.example"], "hello")
        mail.send("127.0.0.1", 25, "u@a.example", ["v@loop.example"], data)
        event = eventually(lambda: node.event("msg.bounced"), "the bounce")
        assert event["status"] == "5.4.6" and "loops back" in event["msg"], event
        # No global IPv6 address here: such a one of a peer leads nowhere.
        said = str(node.console("explain", "smtp", "both.example", "--no-connect", check=False))
        assert "192.0.2.9" in said and "2001:db8::5" not in said, said


def says_when_it_does_not_know():
    """a node that cannot read its own addresses says so"""
    with Workspace("blind") as workspace:
        node = confined(workspace).start(
            preexec_fn=lambda: confine("ioctl", 1, [SIOCGIFCONF], "refused"))
        assert node.event("node.addresses_unknown"), node.log_text()


def threads_of_a_large_machine():
    """the unit allows the threads of the most shards; with too few the error says what to raise"""
    most = int(unit_values("TasksMax")[0])
    with Workspace("threads") as workspace:
        node = confined(workspace, shards=256).start(preexec_fn=as_the_unit_says)
        with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
            threads = int(re.search(r"^Threads:\s+(\d+)", status.read(), re.M).group(1))
        assert 256 < threads <= most - 32, (threads, most)
        node.stop()

        def few():
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            resource.setrlimit(resource.RLIMIT_NPROC, (40, 40))
        for folder, _, names in os.walk(workspace.path):
            for name in (".", *names):
                os.chown(os.path.join(folder, name), NOBODY, NOBODY)
        done = subprocess.run([node.binary, "run", "--config", node.config], timeout=30,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              preexec_fn=few)
        assert done.returncode == 1 and "TasksMax" in done.stderr, done


def hardening():
    """every line of hardening stands in the unit, and its exposure is at most 1.5"""
    with open(UNIT, encoding="ascii") as unit:
        lines = unit.read().splitlines()
    for wanted in HARDENING:
        name, value = wanted.split("=", 1)
        found = [line for line in lines if line.startswith(f"{name}=")]
        assert any(line == wanted if value else len(line) > len(wanted) for line in found), wanted
    rated = subprocess.run(["systemd-analyze", "security", "--offline=true", UNIT],
                           capture_output=True, text=True) if has_analyze() else None
    if rated is None:
        return
    figure = re.search(r"exposure level for .*: ([0-9.]+)", rated.stdout)
    assert figure and float(figure.group(1)) <= 1.5, rated.stdout[-400:] + rated.stderr


def has_analyze():
    return os.path.exists("/usr/bin/systemd-analyze")


TESTS = [hardening, knows_its_addresses, says_when_it_does_not_know, threads_of_a_large_machine]

if __name__ == "__main__":
    sys.exit(results.run_all("confined", TESTS))
