# SPDX-License-Identifier: Apache-2.0
"""hanse (a.example) among Prosody, ejabberd and jabberd2, found by SRV, on the loopback of a
network namespace that this test makes.

    xmpp.py [WORDS] [--stand-in]   only tests with these words; Prosody in hanse's place
"""

import sys

from tests.harness import dns, results
from tests.harness.workspace import Workspace
from tests.interop import xmpp_faults, xmpp_matrix
from tests.interop.xmpp_world import World

WORLD = None


def main():
    global WORLD
    stand_in = "--stand-in" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--stand-in"]
    tests, impossible = xmpp_matrix.cells(lambda: WORLD)
    tests += xmpp_faults.TESTS
    with Workspace("xmpp") as workspace:
        try:
            if not dns.available():
                raise results.Skip("NSD is not installed: `make deps-test` installs it")
            WORLD = World(workspace, stand_in).start()
            xmpp_faults.begin(WORLD)
        except results.Skip as skip:
            for test in tests:
                results.record("skip", f"interop XMPP: {test.__doc__}")
            print(f"interop: XMPP: skipped: {skip}")
            return 0
        outcome = results.run_all("interop XMPP", tests)
        for name, why in impossible:
            print(f"n/a interop XMPP: {name} ({why})")
        return outcome


if __name__ == "__main__":
    sys.exit(main())
