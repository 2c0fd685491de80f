# SPDX-License-Identifier: Apache-2.0
"""Plants one breach of each rule in a scratch copy of the tree: tidy must name its file and line.
Plants harmless things too, which must stay unnoticed."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile

import rules
from tidy import record

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


def append(line):
    """Adds a line at the end; the breach is there."""
    def plant(text):
        return text + line + "\n", text.count("\n") + 1
    return plant


def prepend(line):
    """Adds a line where the first include stands; the breach is there."""
    def plant(text):
        at = text.index("#include")
        return text[:at] + line + "\n" + text[at:], text[:at].count("\n") + 1
    return plant


def remove(line):
    def plant(text):
        return text.replace(line, "", 1), 1
    return plant


def pad(length):
    """Fills up with empty lines to that length; the breach is at its last line."""
    def plant(text):
        return text + "\n" * (length - text.count("\n")), length
    return plant


def create(content):
    def plant(_):
        return content, 1
    return plant


def cpp_function(length):
    return append("int grow(int a,\n         std::vector<int> b = {1, 2}) {\n"
                  + "  // }\n" * (length - 3) + "}")


def cpp_constructor(length):
    return append("Thing::Thing(int a) : a_{a}, b_(a) {\n" + "  a_ += '}';\n" * (length - 2) + "}")


def python_function(length):
    return append("def grow():\n" + "    pass\n" * (length - 2) + "    return 1")


BREACHES = [
    ("licence", "server/base/text.cpp", remove(LICENCE)),
    ("licence", "tests/tidy/source.py", remove(LICENCE.replace("//", "#"))),
    ("pragma_once", "server/base/text.h", remove("#pragma once\n")),
    ("using_namespace", "server/base/text.h", append("using namespace std;")),
    ("using_namespace", "server/base/text.cpp", append("  using  namespace hanse::limits;")),
    ("own_header_first", "server/base/text.cpp", prepend("#include <string>")),
    ("includes_downwards", "federation/routes.h", append('#include "store/store.h"')),
    ("includes_downwards", "server/base/log.h", append('#include "server/net/shard.h"')),
    ("includes_downwards", "store/store.h", append('#include "protocols/engine.h"')),
    ("includes_downwards", "protocols/engine.h", append('# include "store/store.h"')),
    ("includes_downwards", "server/console/cli.h", append('#include "server/net/shard.h"')),
    ("includes_downwards", "server/net/shard.h", append('#include "tests/catch.h"')),
    ("includes_downwards", "server/net/shard.h", append('#include "shard.h"')),
    ("protocols_closed", "server/session/session.h", append('#include "protocols/smtp/reply.h"')),
    ("protocols_closed", "protocols/wire/dns_message.h",
     append('#include "protocols/smtp/reply.h"')),
    ("libraries", "server/session/session.h", append("#include <asio/post.hpp>")),
    ("libraries", "server/net/shard.h", append("#include <sqlite3.h>")),
    ("libraries", "server/net/shard.h", append("#include <openssl/ssl.h>")),
    ("libraries", "server/net/shard.h", append("#include <ares.h>")),
    ("libraries", "server/net/shard.h", append("#include <boost/asio.hpp>")),
    ("libraries", "server/net/shard.h", append("#include <curses.h>")),
    ("libraries", "protocols/wire/xml_writer.h", append("#include <libxml/parser.h>")),
    ("libraries", "store/store.h", append("#include <nlohmann/json.hpp>")),
    ("file_length", "server/base/text.cpp", pad(401)),
    ("file_length", "server/base/text.h", pad(201)),
    ("file_length", "protocols/smtp/inbound.cpp", pad(351)),
    ("file_length", "server/session/session.cpp", pad(351)),
    ("file_length", "tests/tidy/source.py", pad(401)),
    ("line_length", "server/base/text.h", append("//" + "x" * 99)),
    ("function_length", "server/base/text.cpp", cpp_function(71)),
    ("function_length", "server/base/text.cpp", cpp_constructor(71)),
    ("function_length", "tests/tidy/source.py", python_function(71)),
    ("dead_headers", "server/base/nobody.h", create(LICENCE + "#pragma once\n")),
    ("dead_sources", "tests/unit/lost.cpp", create(LICENCE)),
    ("dead_sources", "tests/harness/" + "lost_script.py", create("")),
    ("top_level", "notes.txt", create("")),
    ("core_names_no_protocol", "server/base/limits.h", append("constexpr int smtp_port = 25;")),
    ("core_names_no_protocol", "store/store.h", append('constexpr auto at = "listen.xmpp";')),
    ("core_names_no_protocol", "federation/routes.h", append("class IrcRoute;")),
    ("events_documented", "server/base/text.cpp", append('auto event = "conn.unheard_of";')),
    ("events_documented", "docs/events.md", append("| `conn.unheard_of` | info | | |")),
    ("metrics_documented", "server/base/text.cpp", append('auto metric = "hanse_unheard_of";')),
    ("metrics_documented", "docs/metrics.md", append("| `hanse_unheard_of` | gauge | | |")),
    ("no_sleep", "tests/unit/base/text_test.cpp", append("std::this_thread::sleep_for(1s);")),
    ("no_sleep", "tests/unit/base/text_test.cpp", append("usleep(5);")),
    ("forbidden_text", "server/base/text.h", append("// TO" + "DO: later")),
    ("forbidden_text", "Makefile", append("# /wo" + "rk/main")),
    ("forbidden_text", "docs/how-it-works.md", append("http" + "s://packages.invalid/x")),
    ("forbidden_text", "docs/how-it-works.md", append("http" + "://www.jabber.org/x")),
    ("forbidden_text", "tests/tidy/source.py", append('A = "mx.exam' + 'ple.com"')),
]

HARMLESS = [
    ("using_namespace", "server/base/text.h", append("using namespace std::string_literals;")),
    ("function_length", "server/base/text.cpp", cpp_function(70)),
    ("function_length", "server/base/text.cpp", cpp_constructor(70)),
    ("function_length", "server/base/text.cpp",
     append("constexpr int table[] = {\n" + "    f(1),\n" * 90 + "};")),
    ("core_names_no_protocol", "server/base/limits.h", append("// smtp M-13 decides this")),
    ("core_names_no_protocol", "server/base/limits.h", append("constexpr int circle = 1;")),
    ("no_sleep", "tests/unit/base/text_test.cpp", append("int sleep(int micros) {}")),
    ("no_sleep", "tests/unit/base/text_test.cpp", append("// never sleep_for(1s)")),
    ("forbidden_text", "docs/how-it-works.md", append("http" + "s://a.example:8443/x 192.0.2.1")),
    ("forbidden_text", "docs/how-it-works.md", append("http" + "://jabber.org/protocol/x")),
    ("line_length", "server/base/text.h", append("//" + "\u00fc" * 98)),
    ("libraries", "server/net/tls.h", append("#include <openssl/ssl.h>")),
    ("events_documented", "server/base/text.cpp", append('auto key = "smtp.hosts";')),
]


@functools.lru_cache(maxsize=None)
def tidy_before(scratch, rule):
    return tidy(scratch, rule)[0]


def tidy(scratch, rule):
    """The breaches tidy finds, each as "path:line: rule:", and whether it failed."""
    quiet = {name: value for name, value in os.environ.items() if name != "HANSE_RESULTS"}
    run = subprocess.run([sys.executable, os.path.join(HERE, "tidy.py"), scratch, rule],
                         env=quiet, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    found = {line.split(f" {rule}:")[0] for line in run.stdout.splitlines()}
    return found, run.returncode != 0


def changed(scratch, rule, path, plant):
    """What tidy says after the plant and did not say before; where the plant is; red or not."""
    place = os.path.join(scratch, path)
    before = tidy_before(scratch, rule)
    original = None
    if os.path.exists(place):
        with open(place, encoding="utf-8") as source:
            original = source.read()
    text, line = plant(original)
    with open(place, "w", encoding="utf-8") as out:
        out.write(text)
    after, red = tidy(scratch, rule)
    if original is None:
        os.remove(place)
    else:
        with open(place, "w", encoding="utf-8") as out:
            out.write(original)
    new = {found for found in after - before if found.endswith(":") and found.count(":") >= 2}
    return new, f"{path}:{line}:", red


def main():
    scratch = os.path.join(tempfile.mkdtemp(), "tree")
    shutil.copytree(ROOT, scratch, ignore=lambda folder, names: [
        name for name in names if name in (".git", "__pycache__")
        or folder == ROOT and (name.startswith("build") or name == "run")])
    passed = failed = 0

    def tell(good, name):
        nonlocal passed, failed
        passed += good
        failed += not good
        record("pass" if good else "fail", f"selftest: {name}")
        if not good:
            print(f"fail {name}")

    for rule, path, plant in BREACHES:
        new, where, red = changed(scratch, rule, path, plant)
        tell(red and where in new, f"{rule} is found at {where}")
    for rule, path, plant in HARMLESS:
        new, where, _ = changed(scratch, rule, path, plant)
        tell(not new, f"{rule} leaves {where} alone")
    untried = {rule.__name__ for rule in rules.ALL} - {rule for rule, _, _ in BREACHES}
    tell(not untried, "every rule has a breach planted")
    shutil.rmtree(os.path.dirname(scratch))
    print(f"tidy selftest: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
