# SPDX-License-Identifier: Apache-2.0
"""Holds the rules of the house. Prints file:line for each breach, exit 1 when there is one.
    tidy.py [ROOT] [RULE...]"""

import os
import sys

import rules
from source import Tree


def record(outcome, name):
    path = os.environ.get("HANSE_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as out:
            out.write(f"{outcome} tidy: {name}\n")


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    tree = Tree(arguments[0] if arguments else os.path.dirname(os.path.dirname(here)))
    wanted = [rule for rule in rules.ALL if not arguments[1:] or rule.__name__ in arguments[1:]]
    failed = 0
    for rule in wanted:
        breaches = list(rule(tree))
        for path, line, message in breaches:
            print(f"{path}:{line}: {rule.__name__}: {message}")
        failed += bool(breaches)
        record("fail" if breaches else "pass", rule.__doc__)
    print(f"tidy: {len(wanted) - failed} passed, {failed} failed")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
