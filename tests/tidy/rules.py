# SPDX-License-Identifier: Apache-2.0
"""The rules. Each is a generator of (path, line, message); its doc string is its name."""

import ast
import fnmatch
import os
import re

import floors
from source import functions, line_at

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)


def includes(tree, path):
    """Triples (line, header in angle brackets or None, header in quotes or None)."""
    for match in INCLUDE.finditer(tree.code(path)):
        yield line_at(tree.code(path), match.start()), match[1], match[2]


def room_of(path):
    """The longest room that holds this path, or None (tests)."""
    rooms = [room for room in floors.FLOORS if path.startswith(room + "/")]
    return max(rooms, key=len, default=None)


def cpp(tree):
    return tree.with_suffix(".h", ".cpp")


def licence(tree):
    """every file starts with its licence"""
    for path in tree.with_suffix(".h", ".cpp", ".py", ".sh", ".toml", ".service", ".sql") + [
            path for path in tree.paths if os.path.basename(path) in ("Makefile", "run")]:
        lines = tree.text(path).splitlines()[:2]
        at = 1 if lines and lines[0].startswith("#!") else 0
        mark = "// " if path.endswith((".h", ".cpp")) else "-- " if path.endswith(".sql") else "# "
        if lines[at:at + 1] != [mark + "SPDX-License-Identifier: Apache-2.0"]:
            yield path, at + 1, f'must be "{mark}SPDX-License-Identifier: Apache-2.0"'


def pragma_once(tree):
    """headers say #pragma once"""
    for path in tree.with_suffix(".h"):
        if not re.search(r"^#pragma once$", tree.text(path), re.MULTILINE):
            yield path, 1, "no #pragma once"


def using_namespace(tree):
    """no using namespace in headers and in the daemon, except for literals"""
    for path in cpp(tree):
        if path.startswith("tests/") and path.endswith(".cpp"):
            continue
        for number, line in enumerate(tree.bare(path).splitlines(), 1):
            match = re.search(r"\busing\s+namespace\s+([\w:]+)", line)
            if match and not match[1].endswith("literals"):
                yield path, number, f"using namespace {match[1]}"


def own_header_first(tree):
    """a .cpp includes its own header first"""
    for path in tree.with_suffix(".cpp"):
        own = path[:-4] + ".h"
        first = next(includes(tree, path), None)
        if own in tree.paths and first is not None and first[2] != own:
            yield path, first[0], f'the first include must be "{own}"'


def includes_downwards(tree):
    """rooms include downwards only"""
    for path in cpp(tree):
        room = room_of(path)
        for line, _, header in includes(tree, path):
            if header is None:
                continue
            if header not in tree.paths:
                yield path, line, f'"{header}" is not a path from the top of the tree'
            elif room is not None:
                target = room_of(header)
                if target is None:
                    yield path, line, f'{room} includes "{header}" of the tests'
                elif target != room and floors.FLOORS[target] >= floors.FLOORS[room]:
                    yield path, line, (f'{room} (floor {floors.FLOORS[room]}) includes "{header}" '
                                       f"of {target} (floor {floors.FLOORS[target]})")


def protocol_of(path):
    parts = path.split("/")
    if parts[0] != "protocols" or len(parts) < 3 or parts[1] in floors.PROTOCOLS_OPEN:
        return None
    return parts[1]


def protocols_closed(tree):
    """only the registry sees a protocol's folder"""
    for path in cpp(tree):
        if path.startswith("tests/") or path == floors.PROTOCOLS_REGISTRY:
            continue
        for line, _, header in includes(tree, path):
            protocol = protocol_of(header or "")
            if protocol is not None and protocol_of(path) != protocol:
                yield path, line, f'"{header}" belongs to {protocol} alone'


def libraries(tree):
    """each library has its place"""
    for path in cpp(tree):
        for line, header, _ in includes(tree, path):
            if header is None or "." not in header and "/" not in header:
                continue
            if header in floors.SYSTEM_HEADERS:
                continue
            places = [place for pattern, allowed in floors.LIBRARIES.items()
                      if fnmatch.fnmatch(header, pattern) for place in allowed]
            if not any(fnmatch.fnmatch(path, place) for place in places):
                where = ", ".join(places) or "nowhere: it is not in the table"
                yield path, line, f"<{header}> is allowed in {where}"


def file_length(tree):
    """files stay below their cap"""
    for path in tree.paths:
        for pattern, most in floors.FILE_MAX:
            if fnmatch.fnmatch(path, pattern):
                count = len(tree.text(path).splitlines())
                if count > most:
                    yield path, most + 1, f"{count} lines, at most {most}"
                break


def line_length(tree):
    """lines stay below their cap"""
    for path in tree.with_suffix(".h", ".cpp", ".py", ".sh", "Makefile"):
        for number, line in tree.lines(path):
            if len(line) > floors.LINE_MAX:
                yield path, number, f"{len(line)} characters, at most {floors.LINE_MAX}"


def function_length(tree):
    """functions stay below their cap"""
    for path in cpp(tree):
        for first, last in functions(tree.bare(path)):
            yield from too_long(path, first, last)
    for path in tree.with_suffix(".py"):
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from too_long(path, node.lineno, node.end_lineno)


def too_long(path, first, last):
    if last - first + 1 > floors.FUNCTION_MAX:
        yield path, first, (f"a function of {last - first + 1} lines, "
                            f"at most {floors.FUNCTION_MAX}")


def dead_headers(tree):
    """every header is included by somebody else than its own .cpp, and not by tests alone"""
    used = {header for path in cpp(tree) for _, _, header in includes(tree, path)
            if header is not None and path != header[:-2] + ".cpp" and
            (header.startswith("tests/") or not path.startswith("tests/"))}
    for path in tree.with_suffix(".h"):
        if path not in used:
            yield path, 1, "nobody, or none but tests, includes this header"


def dead_sources(tree):
    """every .cpp is in a room the Makefile builds, every .py is used"""
    makefile = tree.text("Makefile").replace("\\\n", " ")
    rooms = re.search(r"^ROOMS\s*:=(.*)$", makefile, re.MULTILINE)[1].split()
    units = re.search(r"^UNITS\s*:=(.*)$", makefile, re.MULTILINE)[1].split()
    built = [room + "/*" for room in rooms] + [f"tests/unit/{unit}/*" for unit in units]
    for path in tree.with_suffix(".cpp"):
        deep = any(fnmatch.fnmatch(path, pattern) for pattern in built)
        flat = os.path.dirname(path) in ("server", "tests/sim", "tests/fuzz")
        if not deep and not flat and path not in makefile:
            yield path, 1, "no room of the Makefile builds this file"
    callers = tree.with_suffix(".py", ".sh", "Makefile", "run")
    for path in tree.with_suffix(".py"):
        name = os.path.basename(path)[:-3]
        dotted = path[:-3].replace("/", ".")
        word = re.compile(rf"\b{re.escape(dotted)}\b|{re.escape(path)}|"
                          rf"^\s*(?:from|import)\b.*\b{name}\b", re.MULTILINE)
        if name != "__init__" and not any(
                word.search(tree.text(other)) for other in callers if other != path):
            yield path, 1, "nobody imports or runs this file"


def top_level(tree):
    """nothing unknown stands at the top of the tree"""
    for name in tree.top:
        if name not in floors.TOP_LEVEL and not any(
                fnmatch.fnmatch(name, pattern) for pattern in floors.TOP_LEVEL_PATTERNS):
            yield name, 1, "not in the list of what stands at the top"


def words_of(line):
    """The words in a line of code, with snake_case and TitleCase taken apart."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", line)}


def core_names_no_protocol(tree):
    """the core names no protocol"""
    for path in cpp(tree):
        if not path.startswith(tuple(floors.CORE)):
            continue
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            for word in sorted(words_of(line) & floors.PROTOCOL_WORDS):
                yield path, number, f'names "{word}"'


EVENT = re.compile(r'"([a-z]+(?:\.[a-z_]+)+)"')
EVENT_ROOMS = ("server/", "protocols/", "federation/", "store/")


def event_areas(tree):
    """First words of events: those of the list, and the protocols' own names."""
    listed = re.findall(r'"([a-z]+)"', tree.code("server/base/log_areas.h"))
    return set(listed) | {path.split("/")[1] for path in tree.paths
                          if path.startswith("protocols/") and path.count("/") == 2}


def option_names(tree):
    """Whole names of options and of their tables, as "smtp.hosts"."""
    table = ""
    for _, line in tree.lines("docs/configuration.md"):
        if heading := re.match(r"## `\[+([a-z.]+)", line):
            table = heading[1].rstrip(".")
            yield table
        elif key := re.match(r"\| `(\w+)` \|", line):
            yield f"{table}.{key[1]}"


def events_documented(tree):
    """every event stands in docs/events.md, and none that is not written"""
    page = "docs/events.md"
    told = {match[1]: number for number, line in tree.lines(page)
            if (match := re.match(r"\| `([\w.]+)` \|", line))}
    areas, options, code = event_areas(tree), set(option_names(tree)), set()
    for path in cpp(tree):
        if not path.startswith(EVENT_ROOMS):
            continue
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            code.update(re.findall(r'"(audit\.)"', line))   # a command's name follows
            for event in EVENT.findall(line):
                if event.split(".")[0] not in areas or event in options:
                    continue
                code.add(event)
                if event not in told:
                    yield path, number, f"{page} does not explain {event}"
    for event, number in sorted(told.items()):
        if re.sub(r"[A-Z]+$", "", event) not in code:
            yield page, number, f"nothing writes {event}"


def metrics_documented(tree):
    """every metric stands in docs/metrics.md, and none that nobody keeps"""
    page = "docs/metrics.md"
    told = {match[1]: number for number, line in tree.lines(page)
            if (match := re.match(r"\| `(hanse_\w+)` \|", line))}
    kept = set()
    for path in cpp(tree):
        if not path.startswith(EVENT_ROOMS):
            continue
        for number, line in enumerate(tree.code(path).splitlines(), 1):
            for metric in re.findall(r'"(hanse_\w+)"', line):
                kept.add(metric)
                if metric not in told:
                    yield path, number, f"{page} does not explain {metric}"
    for metric, number in sorted(told.items()):
        if metric not in kept:
            yield page, number, f"nobody keeps {metric}"


def no_sleep(tree):
    """tests move the time instead of sleeping"""
    for path in cpp(tree):
        if path.startswith(("tests/unit/", "tests/sim/")):
            for number, line in enumerate(tree.bare(path).splitlines(), 1):
                if re.search(r"(?<!int )\b(?:sleep_for|sleep_until|u?sleep|nanosleep)\s*\(", line):
                    yield path, number, "sleeps"


def forbidden_text(tree):
    """no notes to oneself, no paths or hosts of one machine"""
    url = re.compile(r"https?://([^\s/\"'<>)]+)")
    known = re.compile("(?:" + "|".join(floors.URL_HOSTS) + r")(?::\S*)?")
    for path in tree.texts():
        for number, line in tree.lines(path):
            for pattern, why in floors.FORBIDDEN:
                if re.search(pattern, line):
                    yield path, number, why
            for match in url.finditer(line):
                if not known.fullmatch(match[1]):
                    yield path, number, f"a URL that names {match[1]}"


ALL = [licence, pragma_once, using_namespace, own_header_first, includes_downwards,
       protocols_closed, libraries, file_length, line_length, function_length, dead_headers,
       dead_sources, top_level, core_names_no_protocol, events_documented,
       metrics_documented, no_sleep, forbidden_text]
