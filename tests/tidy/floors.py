# SPDX-License-Identifier: Apache-2.0
"""The floors of the house as tables: who may include what, and how long things may get."""

# A room may include itself and the rooms on lower floors. Rooms of one floor do not see each other.
FLOORS = {
    "server/base": 0,
    "federation": 1,
    "store": 2,
    "protocols": 2,
    "server/session": 3,
    "server/config": 3,
    "server/net": 4,
    "server/console": 4,
    "server": 5,
}

# Inside protocols/ each protocol's folder is closed; wire/ and the contract are open to all of
# them and know none. The registry alone names them.
PROTOCOLS_OPEN = {"wire"}
PROTOCOLS_REGISTRY = "protocols/registry.cpp"

# A library's headers (as they are included) and the places (path patterns) that may see them.
LIBRARIES = {
    "asio.hpp": ["server/net/asio_seam.h"],
    "asio/*": ["server/net/asio_seam.h"],
    "sqlite3.h": ["store/*", "tests/unit/store/*", "tests/sim/sim_disk*", "tests/sim/sim_vfs*"],
    "openssl/*": ["server/net/tls*", "server/base/digest.*", "server/base/secret.cpp",
                   "tests/unit/net/*", "tests/bench/*"],
    "ares.h": ["server/net/resolver_channel.cpp"],
    "toml++/*": ["server/config/toml_reader.cpp"],
    "nlohmann/*": ["server/console/*", "server/config/*", "tests/unit/console/*",
                   "tests/unit/config/*"],
    "CLI/*": ["server/console/*"],
    "libxml/*": ["protocols/wire/xml_stream_parser.cpp"],
    "idn2.h": ["server/base/idna.*"],
    "unicode/*": ["protocols/xmpp/precis.cpp", "server/base/lookalike.cpp"],
    "catch2/*": ["tests/catch.h"],
}

# Headers of the C library and the system. C++ headers have no dot and are free to all.
SYSTEM_HEADERS = {
    "arpa/inet.h", "dirent.h", "fcntl.h", "grp.h", "malloc.h", "net/if.h", "netdb.h",
    "netinet/in.h", "netinet/tcp.h", "poll.h", "pthread.h", "pwd.h", "signal.h", "stdio.h",
    "sys/auxv.h", "sys/eventfd.h", "sys/file.h", "sys/ioctl.h", "sys/mman.h", "sys/resource.h",
    "sys/socket.h", "sys/stat.h", "sys/statvfs.h", "sys/time.h", "sys/types.h", "sys/uio.h",
    "sys/un.h", "sys/wait.h", "termios.h", "time.h", "unistd.h",
}

LINE_MAX = 100
FUNCTION_MAX = 70
# First match counts. Engines and the session are held tighter: they are where giants grow.
FILE_MAX = [
    ("*.h", 200),
    ("server/session/*.cpp", 350),
    ("protocols/*/inbound*.cpp", 350),
    ("protocols/*/outbound*.cpp", 350),
    ("*.cpp", 400),
    ("*.py", 400),
    ("*.sh", 400),
    ("Makefile", 400),
]

TOP_LEVEL = {"Makefile", "README.md", "LICENSE", ".gitignore", ".gitattributes", ".ci", "server",
             "protocols", "federation", "store", "conf", "tests", "docs"}
TOP_LEVEL_PATTERNS = [".clang-*"]

# The core speaks of messages, peers and lanes; these words belong to the rooms of protocols.
CORE = ["server/", "federation/", "store/"]
PROTOCOL_WORDS = {"smtp", "esmtp", "lmtp", "xmpp", "jabber", "irc", "nntp", "usenet",
                  "activitypub", "matrix", "sip"}

# Words of a time that has passed before the commit, of one machine, and names that are not ours
# to use in examples. Written so that this table does not find itself.
FORBIDDEN = [
    (r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b", "a note to oneself: do it or leave it"),
    (r"(?<![\w.])/(?:[w]ork|[h]ome|[r]oot)/", "a path of one machine"),
    (r"\b[\w-]+\.ex[a]mple\.(?:com|org|net)\b|\bex[a]mple\.(?:com|org|net)\b",
     "documentation uses names in .example"),
]
# Whom a URL may name: ourselves, examples, where standards and licences stand, and the hosts in
# names of XML namespaces, which nobody ever asks.
URL_HOSTS = [r"127\.\d+\.\d+\.\d+", r"\[::1\]", "localhost", r"(?:[\w-]+\.)*example",
             r"192\.0\.2\.\d+", r"www\.apache\.org", r"www\.rfc-editor\.org", r"\w(?:[/\\].*)?",
             r"[{$%<].*", r"www\.w3\.org", r"jabber\.org", r"etherx\.jabber\.org"]
