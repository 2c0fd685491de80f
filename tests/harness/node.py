# SPDX-License-Identifier: Apache-2.0
"""One hanse daemon under test: its configuration, its log, its console."""

import contextlib
import json
import os
import re
import signal
import subprocess

from tests.harness.workspace import HANSE, PATIENCE, eventually, stop, wait_until

# What the configurations of the tests begin with, a TOML text to be formatted. More keys of [node]
# may follow at once.
GROUND = """
[control]
socket = "{{folder}}/control.sock"
[tls]
cert = "file:{cert}"
key = "file:{key}"
ca = "{ca}"
[node]
domain = "{domain}"
data_dir = "{{folder}}/data"
"""

# The console gives up by itself after 30 s, and says why.
CONSOLE_SECONDS = 120


class Node:
    def __init__(self, workspace, name, config, binary=HANSE):
        """`config` is TOML text; {folder} in it becomes the node's own folder."""
        self.workspace, self.name, self.binary = workspace, name, binary
        self.folder = workspace.folder(name)
        self.log_name = f"{name}/log.jsonl"
        self.log_path = workspace.file(self.log_name)
        self.config = workspace.file(f"{name}/hanse.toml",
                                     config.replace("{folder}", self.folder))
        self.process = None
        self.log_start = 0

    def start(self, wrapper=(), ready_seconds=PATIENCE, **options):
        self.log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        self.process = self.workspace.start(
            [*wrapper, self.binary, "run", "--config", self.config], self.log_name, **options)
        wait_until(lambda: self.event("node.ready") or self.process.poll() is not None,
                   ready_seconds, f"{self.name} is ready")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended at once:\n{self.log_text()[-2000:]}")
        return self

    def stop(self):
        return stop(self.process, 40)

    def kill(self):
        self.process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def halted(self):
        """Nothing of it runs meanwhile: a thread may go on for a while after the signal."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            eventually(lambda: set(self._thread_states()) == {"T"}, "all threads stand still")
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _thread_states(self):
        folder = f"/proc/{self.process.pid}/task"
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/stat", encoding="ascii", errors="replace") as stat:
                yield stat.read().rsplit(") ", 1)[1][0]

    def log_text(self):
        with open(self.log_path, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")

    def events(self, name=None):
        """The log of the run under way, one dict a line."""
        found = []
        for line in self.log_text().splitlines():
            if name is not None and f'"{name}"' not in line:
                continue
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if name is None or event.get("ev") == name:
                found.append(event)
        return found

    def event(self, name):
        found = self.events(name)
        return found[-1] if found else None

    def console(self, *words, check=True):
        """Runs a console command with --json; returns its objects."""
        done = subprocess.run([self.binary, "--config", self.config, "--json", *words],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=CONSOLE_SECONDS)
        if check and done.returncode != 0:
            raise AssertionError(f"hanse {' '.join(words)}: exit {done.returncode}: "
                                 f"{done.stdout.decode()}{done.stderr.decode()}")
        return [json.loads(line) for line in done.stdout.decode().splitlines() if line.strip()]

    def say(self, *words):
        """Runs a console command as a person would; returns (exit code, stdout, stderr)."""
        done = subprocess.run([self.binary, "--config", self.config, *words],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=CONSOLE_SECONDS)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def waits(self, what, suits=lambda row: True):
        """Until something in the queue that suits waits for its next try: this is in the store, so
        commands reach it, which is not so yet when the log tells how the last try ended."""
        return eventually(lambda: [row for row in self.console("queue", "list")
                                   if row.get("state") in ("ready", "deferred") and suits(row)],
                          what)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024
