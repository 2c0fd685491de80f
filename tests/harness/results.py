# SPDX-License-Identifier: Apache-2.0
"""Runs the test functions of a script, prints one line each, and records them for the runner.
A test that cannot run here raises Skip with one clear line."""

import os
import signal
import sys
import time
import traceback


class Skip(Exception):
    pass


def record(outcome, name, why=""):
    path = os.environ.get("HANSE_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as out:
            out.write(f"{outcome} {name}{why}\n")


def reason(error):
    """One line: where in the test it failed, and what was wrong."""
    frames = traceback.extract_tb(error.__traceback__)
    where = frames[min(1, len(frames) - 1)]
    said = " ".join((str(error) or where.line or "").split())[:300]
    return f" ({os.path.basename(where.filename)}:{where.lineno}: {type(error).__name__}: {said})"


def wanted(suite, tests):
    """Those that the words of the command line choose."""
    words = sys.argv[1] if len(sys.argv) > 1 else ""
    return [test for test in tests if words in name_of(suite, test) or words in test.__name__]


def name_of(suite, test):
    return f"{suite}: {test.__doc__.strip().splitlines()[0]}"


def skip_all(suite, tests, why):
    for test in tests:
        record("skip", name_of(suite, test))
    print(f"{suite}: skipped: {why}")
    return 0


def run_all(suite, tests):
    """`tests` is a list of functions; their doc strings are their names."""
    # A shell's background command ignores SIGINT, and so would every program started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    counts = {"pass": 0, "fail": 0, "skip": 0}
    for test in wanted(suite, tests):
        name = name_of(suite, test)
        start = time.monotonic()
        outcome, why = "pass", ""
        try:
            test()
        except Skip as skip:
            outcome, why = "skip", f" ({skip})"
        except Exception as error:  # a failing test must not hide the next one
            outcome, why = "fail", reason(error)
            traceback.print_exc()
        counts[outcome] += 1
        record(outcome, name, why if outcome == "fail" else "")
        print(f"{outcome} {name}{why} [{time.monotonic() - start:.1f} s]", flush=True)
    print(f"{suite}: {counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped")
    return 1 if counts["fail"] else 0
