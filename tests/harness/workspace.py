# SPDX-License-Identifier: Apache-2.0
"""A test's own temporary folder, free ports and processes; everything ends with the test."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HANSE_BUILD", os.path.join(ROOT, "build"))
HANSE = os.path.join(BUILD, "hanse")
# The peers that are unpacked instead of installed; one copy for every build of the daemon.
PEERS = os.environ.get("HANSE_PEERS", os.path.join(BUILD, "peers"))
# Below those that the kernel gives to whoever connects. Each that a test has is claimed among all
# tests of its network namespace by a socket of that number's name, which goes with the program.
PORTS, CLAIMS = range(10240, 32000), []
# Of whoever waits for what will come: nothing but a fault makes it last so long. Another time is
# waited only where it is what is tested.
PATIENCE = 60


class Workspace:
    """Use as a context manager. Processes are ended by their own pid, newest first."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f"hanse-{name}-")
        os.chmod(self.path, 0o755)  # the peers run as users of their own
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            stop(process)
        if kind is None or os.environ.get("HANSE_KEEP") != "1":
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"kept {self.path}")

    def file(self, name, text=None, mode=0o644):
        path = os.path.join(self.path, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(path, mode)
        return path

    def folder(self, name, mode=0o755):
        path = os.path.join(self.path, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    def start(self, arguments, log, **options):
        """Starts a program with its output in the file `log` of this folder."""
        with open(self.file(log), "ab") as out:
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=out, **options)
        self.processes.append(process)
        return process


def stop(process, grace_seconds=8.0):
    """SIGTERM, then SIGKILL when it does not end in time. Returns the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(grace_seconds)
        process.kill()
    return process.wait()


def free_port(hosts=("127.0.0.1",)):
    """A TCP port that is free on every one of the hosts, and that nobody else is given while this
    program runs: it may be closed and opened again meanwhile, or stay closed."""
    for port in random.sample(PORTS, 100):
        claim = bound(f"\0hanse-tests-port-{port}", socket.AF_UNIX)
        if claim is None:
            continue
        if all(port_is_free(host, port) for host in hosts):
            CLAIMS.append(claim)
            return port
        claim.close()
    raise RuntimeError("no free port found")


def port_is_free(host, port):
    probe = bound((host, port))
    if probe is not None:
        probe.close()
    return probe is not None


def bound(address, family=socket.AF_INET):
    """A socket at that address, or None where there is one already."""
    one = socket.socket(family)
    try:
        one.bind(address)
    except OSError:
        one.close()
        return None
    return one


def wait_until(condition, seconds, what):
    """Polls a condition of another process; raises with `what` when the time is over. One that
    itself waited in vain for an answer may come true the next time."""
    end = time.monotonic() + seconds
    while True:
        value, trouble = None, None
        try:
            value = condition()
        except AssertionError as error:
            trouble = error
        if value:
            return value
        if time.monotonic() > end:
            more = f"; {trouble}" if trouble else ""
            raise AssertionError(f"not within {seconds} s: {what}{more}") from trouble
        time.sleep(0.02)


def eventually(condition, what):
    """Waits for a condition of another process, however slow the machine is."""
    return wait_until(condition, PATIENCE, what)


def answers(host, port):
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def swallowing(host, port):
    """Meanwhile attempts to connect there get no answer at all."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trap, contextlib.ExitStack() as held:
        trap.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trap.bind((host, port))
        trap.listen(0)
        for _ in range(4):  # its backlog is full then
            filler = held.enter_context(socket.socket(family))
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield
