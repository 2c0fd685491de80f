# SPDX-License-Identifier: Apache-2.0
"""Services that link to hanse as they would to a server of their network, each in its own words."""

import time

from tests.harness import results
from tests.harness.irc_peers import HOST, OUR_NAME
from tests.harness.irc_services import Anope, Atheme
from tests.harness.node import Node
from tests.harness.workspace import Workspace, eventually, free_port, wait_until
from tests.interop.irc_world import HANSE

# The protocol module of each, and the dialect it is here.
KINDS = [(Atheme, "inspircd", "inspircd"), (Atheme, "charybdis", "solanum"),
         (Atheme, "ngircd", "ngircd"), (Anope, "inspircd3", "inspircd"),
         (Anope, "hybrid", "hybrid"), (Anope, "ngircd", "ngircd")]
ALIVE_SECONDS = 60
SERVICES, NODE = [], None


def rows():
    return {row["network"]: row for row in NODE.console("irc", "networks")}


def all_link():
    """Atheme and Anope link, in every protocol they have in common with us"""
    eventually(lambda: all(row["state"] == "linked" for row in rows().values()) or missing(),
               "all are linked")
    seen = rows()
    for one in SERVICES:
        assert seen[one.name]["state"] == "linked", f"{one.name}: {seen}\n{one.output()}"
        assert seen[one.name]["users"] >= 1, f"{one.name} has brought nobody: {seen}"


def missing():
    return [one for one in SERVICES if one.process.poll() is not None]


# Asked after five silent seconds, a link ends at the second answer that is missing.
def all_stay():
    """they stay, and answer when they are asked whether they are there"""
    until = time.monotonic() + ALIVE_SECONDS
    wait_until(lambda: missing() or NODE.events("irc.end") or time.monotonic() > until,
               ALIVE_SECONDS + 5, "the time is over")
    gone = missing()
    assert not gone, f"{gone[0].name} has left: {gone[0].output()}"
    assert not NODE.events("irc.end"), NODE.events("irc.end")
    assert all(row["state"] == "linked" for row in rows().values()), rows()


def nothing_is_dropped():
    """no line of theirs was one that must not be"""
    assert not NODE.events("irc.dropped"), NODE.events("irc.dropped")


def main():
    global SERVICES, NODE
    tests = [all_link, all_stay, nothing_is_dropped]
    if not results.wanted("interop IRC services", tests):
        return 0
    with Workspace("services") as workspace:
        port = free_port()
        text = HANSE.format(us=OUR_NAME, host=HOST, port=port, tls="", listen="addr")
        text += 'ping_after = "5s"\n'
        SERVICES = [kind(workspace, *words) for kind, *words in KINDS]
        NODE = Node(workspace, "hanse-services",
                    text + "".join(one.hanse_network() for one in SERVICES))
        try:
            NODE.start()
            for one in SERVICES:
                one.start(port)
        except results.Skip as skip:
            return results.skip_all("interop IRC services", tests, skip)
        outcome = results.run_all("interop IRC services", tests)
        if outcome:
            print(NODE.log_text()[-3000:])
        return outcome
