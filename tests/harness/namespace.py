# SPDX-License-Identifier: Apache-2.0
"""A network namespace of this test's own: port 25 and port 53 of its loopback are free, and its
resolver asks the test's own DNS server."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess

from tests.harness.results import Skip

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 1 << 18, 4096
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1


def private_mounts(network=0):
    """Mounts from here on are this process's own; they go with it."""
    if os.geteuid() != 0:
        raise Skip("needs root for a namespace of its own")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | network) != 0:
        raise Skip(f"no namespaces here: {os.strerror(ctypes.get_errno())}")
    return check(libc, libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))


def may_have_mounts():
    """Skips the test where no program of it may have mounts of its own."""
    if os.geteuid() != 0:
        raise Skip("needs root for mounts of its own")
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise Skip(f"no mounts of its own here: {tried.stderr.strip()}")


def enter(workspace):
    """Moves this process, and so all it starts, into a new namespace with only a loopback."""
    libc = private_mounts(CLONE_NEWNET)
    resolv = workspace.file("resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n")
    target = os.path.realpath("/etc/resolv.conf")
    check(libc, libc.mount(resolv.encode(), target.encode(), None, MS_BIND, None))
    with socket.socket() as probe:
        flags = struct.unpack("16sh", fcntl.ioctl(
            probe, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def add_address(address, number=1):
    """Gives the loopback of this namespace one more IPv4 address, its `number`th."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, SIOCSIFADDR, struct.pack(
            "16sHH4s8x", f"lo:{number}".encode(), socket.AF_INET, 0, socket.inet_aton(address)))


def add_user(workspace, name, number):
    """Makes a user known inside the namespace only: some daemons insist on their own."""
    libc = ctypes.CDLL(None, use_errno=True)
    for path, line in (("/etc/passwd", f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n"),
                       ("/etc/group", f"{name}:x:{number}:\n")):
        with open(path, encoding="utf-8") as original:
            text = original.read()
        if f"\n{name}:" in text:
            continue
        copy = workspace.file(os.path.basename(path), text + line)
        check(libc, libc.mount(copy.encode(), path.encode(), None, MS_BIND, None))


def check(libc, result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return libc
