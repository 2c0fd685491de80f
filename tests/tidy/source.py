# SPDX-License-Identifier: Apache-2.0
"""Reads the tree, and C++ as far as tidy needs it: without comments, without strings, and where
each function begins and ends."""

import functools
import os
import re

SKIPPED_FOLDERS = {".git", "__pycache__"}
TEXT_SUFFIXES = (".h", ".cpp", ".py", ".sh", ".toml", ".service", ".md", ".sql", ".yml")
TEXT_NAMES = {"Makefile", "run", ".gitignore", ".gitattributes"}


class Tree:
    """The files of a checkout, as paths from its top."""

    def __init__(self, root):
        self.root = root
        self.top = sorted(name for name in os.listdir(root) if not is_ignored_at_top(name))
        self.paths = sorted(self._walk())

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            at_top = folder == self.root
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS
                          and not (at_top and is_ignored_at_top(name))]
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), self.root)

    def with_suffix(self, *suffixes):
        return [path for path in self.paths if path.endswith(suffixes)]

    def texts(self):
        return [path for path in self.paths
                if path.endswith(TEXT_SUFFIXES) or os.path.basename(path) in TEXT_NAMES]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as source:
            return source.read()

    def lines(self, path):
        """Pairs of line number and line."""
        return enumerate(self.text(path).splitlines(), 1)

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        """C++ without comments; strings stay."""
        return TOKEN.sub(lambda match: blank(match) if match["comment"] else match[0],
                         self.text(path))

    @functools.lru_cache(maxsize=None)
    def bare(self, path):
        """C++ without comments, preprocessor lines and the inside of strings."""
        def strip(match):
            if match["comment"]:
                return blank(match)
            return '""' + newlines(match) if match["string"] else match[0]
        return DIRECTIVE.sub(blank, TOKEN.sub(strip, self.text(path)))


def is_ignored_at_top(name):
    """What .gitignore leaves out: build folders and scratch data."""
    return name in SKIPPED_FOLDERS or name.startswith("build") or name == "run"


TOKEN = re.compile(r"""
    (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
  | (?P<string>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | \d[\w'.]*
  | \w+
""", re.VERBOSE | re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*\#(?:\\\n|[^\n])*", re.MULTILINE)


def newlines(match):
    return "\n" * match[0].count("\n")


def blank(match):
    return " " + newlines(match)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(bare):
    """Pairs (first line, last line) of the function bodies in stripped C++."""
    found, heads = [], []  # heads: one entry per open brace: the start line of a function, or None
    inside = 0             # open braces since a function or an initialiser began
    start = parens = 0
    for token in re.finditer(r"[{}();]", bare):
        mark, at = token[0], token.start()
        if inside:
            inside += {"{": 1, "}": -1}.get(mark, 0)
            if inside == 0:
                first = heads.pop()
                if first is not None:
                    found.append((first, line_at(bare, at)))
                    start = at + 1
        elif mark in "()":
            parens += 1 if mark == "(" else -1
        elif mark == "{":
            head = bare[start:at]
            kind = brace_kind(head) if parens == 0 else "value"
            if kind == "scope":
                start = at + 1
            else:
                first = start + len(head) - len(head.lstrip())
                heads.append(line_at(bare, first) if kind == "function" else None)
                inside = 1
        elif parens == 0:  # a scope ends, or a declaration
            start = at + 1
    return found


def brace_kind(head):
    """What an opening brace after `head` opens: a scope, a function, or a value."""
    head = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=\w|\[)", "", head).strip()
    head = re.sub(r"\b(?:public|private|protected)\s*:(?!:)", "", head).strip()
    if re.search(r"\b(?:namespace|class|struct|union|enum)\b[^()=]*$", head):
        return "scope"
    if re.match(r'(?:extern\s*"")?$', head):
        return "scope"
    if "(" not in head or re.search(r"(?<![=!<>])=\s*$", head):
        return "value"
    after = head[head.rindex(")") + 1:]
    initialisers = re.search(r"\)[^()]*(?<!:):(?!:)", head)
    if initialisers and re.search(r"[\w>]\s*$", after) and not re.search(
            r"\b(?:const|noexcept|override|final|try)\s*$", after):
        return "value"  # a member initialiser: `: name_{...}`
    return "function"
