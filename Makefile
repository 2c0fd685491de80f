# SPDX-License-Identifier: Apache-2.0
# One Makefile, no recursion. `make help` says what it can do.

BUILD  ?= build
OPT    ?= -O2
CXX    ?= g++
ifeq ($(origin CXX),default)
  CXX := g++
endif
ifeq ($(filter -j%,$(MAKEFLAGS)),)
  MAKEFLAGS += -j$(shell nproc)
endif

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CPPFLAGS += -DASIO_STANDALONE -DASIO_NO_DEPRECATED -DTOML_HEADER_ONLY=1 -I. \
            -isystem /usr/include/libxml2
CXXFLAGS += -std=c++20 $(WARN) $(HARDEN) -g1 -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread
LIBS     := -lcares -lsqlite3 -lssl -lcrypto -lidn2 -licui18n -licuuc -lxml2
# Version 3 of Catch2 has a library, version 2 is all header.
CATCH_LIBS := $(if $(wildcard /usr/include/catch2/catch_all.hpp),-lCatch2Main -lCatch2)

# The rooms, highest floor first: the order in which they are linked.
ROOMS := server/console server/config server/net server/session protocols store federation \
         server/base
sources = $(shell find $(1) -name '*.cpp' 2>/dev/null | LC_ALL=C sort)

# Unit tests: one program a room, linked with that room and the floors below it.
UNIT_base       := server/base
UNIT_federation := federation server/base
UNIT_store      := store federation server/base
UNIT_protocols  := server/session protocols federation server/base
UNIT_session    := server/session protocols federation server/base
UNIT_config     := server/config protocols store federation server/base
UNIT_net        := server/net server/session protocols federation server/base
UNIT_console    := server/console server/config server/session protocols store federation \
                   server/base
UNITS           := base federation store protocols session config net console
# The store's crash tests run on the simulator's disk.
EXTRA_store     := $(wildcard tests/sim/sim_disk*.cpp tests/sim/sim_vfs*.cpp)
SIM_ROOMS       := server/session server/config protocols store federation server/base

# Fuzz targets: one program each, with a fuzzer around it or with a main that replays files.
FUZZ        := smtp_commands smtp_replies header_block dns_answer config control_request \
               xmpp_jid xml_stream srv_merge xmpp_stanza xmpp_dialback redactors irc_link http_get
FUZZ_ROOMS  := server/config server/session protocols store federation server/base
FUZZ_CXX    ?= clang++-14
fuzz_parts   = $(call objects,$(1),tests/fuzz/$(2).cpp tests/fuzz/session_world.cpp $(3) \
                 server/console/request.cpp server/console/json_text.cpp \
                 server/console/http.cpp) \
               $(foreach room,$(FUZZ_ROOMS),$(call archive,$(1),$(room)))

# Three ways to build the same things: plain, with address and undefined behaviour sanitizers,
# with the thread sanitizer. $(1): its folder, $(2): its compiler flags, $(3): its linker flags,
# $(4): "precompiled" where the standard headers most files use are parsed once for all; the
# other builds show that each file includes what it uses. $(5): rooms to take from the plain build.
# $(6): the folder whose objects the tests themselves are.
PRECOMPILED := algorithm array atomic charconv chrono cstddef cstdint cstring deque functional \
               map memory optional set span string string_view unordered_map utility variant vector
objects = $(patsubst %.cpp,$(1)/obj/%.o,$(2))
archive = $(1)/$(subst /,-,$(2)).a
unit_room = $(call archive,$(if $(filter $(3),$(2)),$(BUILD),$(1)),$(2))
# One file names the commit, and is compiled anew when that is another one.
COMMIT := $(shell git -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null)
$(shell mkdir -p $(BUILD) && echo '$(COMMIT)' | cmp -s - $(BUILD)/commit || \
  echo '$(COMMIT)' >$(BUILD)/commit)
%/server/base/version.o: CPPFLAGS += $(if $(COMMIT),-DHANSE_COMMIT='"$(COMMIT)"')
define variant
$(1)/obj/precompiled.h.gch: | setup
	@mkdir -p $$(@D)
	@printf '#include <%s>\n' $(PRECOMPILED) >$(1)/obj/precompiled.h
	@$$(CXX) $$(CPPFLAGS) $$(CXXFLAGS) $(2) -x c++-header -o $$@ $(1)/obj/precompiled.h
$(1)/obj/%.o: %.cpp $(if $(4),$(1)/obj/precompiled.h.gch) | setup
	@mkdir -p $$(@D)
	@echo "c++  $$<"
	@$$(CXX) $(if $(4),-include $(1)/obj/precompiled.h) $$(CPPFLAGS) $$(CXXFLAGS) $(2) \
	  -MMD -MP -c -o $$@ $$<
$(1)/obj/server/base/version.o: $(BUILD)/commit
$(foreach room,$(ROOMS),
$(call archive,$(1),$(room)): $(call objects,$(1),$(call sources,$(room)))
	@rm -f $$@
	@ar rcs $$@ $$^
)
$(1)/hanse: $(call objects,$(1),$(wildcard server/*.cpp)) \
            $(foreach room,$(ROOMS),$(call archive,$(1),$(room)))
	@echo "link $$@"
	@$$(CXX) $$(LDFLAGS) $(3) -o $$@ $$^ $$(LIBS)
$(foreach unit,$(UNITS),
$(1)/test-$(unit): $(call objects,$(6),tests/unit/main.cpp $(call sources,tests/unit/$(unit)) \
                     $(EXTRA_$(unit))) \
                   $(foreach room,$(UNIT_$(unit)),$(call unit_room,$(1),$(room),$(5)))
	@echo "link $$@"
	@$$(CXX) $$(LDFLAGS) $(3) -o $$@ $$^ $$(LIBS) $$(CATCH_LIBS)
)
$(1)/sim: $(call objects,$(6),$(wildcard tests/sim/*.cpp)) \
          $(foreach room,$(SIM_ROOMS),$(call archive,$(1),$(room)))
	@echo "link $$@"
	@$$(CXX) $$(LDFLAGS) $(3) -o $$@ $$^ $$(LIBS)
$(foreach target,$(FUZZ),
$(1)/replay-$(target): $(call fuzz_parts,$(1),$(target),tests/fuzz/replay_main.cpp)
	@echo "link $$@"
	@$$(CXX) $$(LDFLAGS) $(3) -o $$@ $$^ $$(LIBS)
)
endef

.PHONY: all
all: $(BUILD)/hanse

# What GCC 12 says of std::string and std::function, inlined, when their headers are precompiled or
# the sanitizers' code is between; the thread build looks for it in our own code.
NOISE := -Wno-maybe-uninitialized -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow \
         -Wno-stringop-overread
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer $(NOISE)
TSAN := -fsanitize=thread -fno-omit-frame-pointer -Wno-maybe-uninitialized \
        -DASIO_DISABLE_FENCED_BLOCK
$(eval $(call variant,$(BUILD),$(OPT) -D_FORTIFY_SOURCE=2 $(NOISE),,precompiled,,$(BUILD)))
# What the sanitizers look at is ours that runs; the tests that drive it need no look, and are half.
$(eval $(call variant,$(BUILD)/address-undefined,-Og $(ASAN),$(ASAN),precompiled,,$(BUILD)))
# Engines have no threads and no locks.
$(eval $(call variant,$(BUILD)/thread,-Og $(TSAN),$(TSAN),,protocols,$(BUILD)/thread))

# The fuzzers are a fourth way, by another compiler, whose further warnings stop nobody.
FUZZER := -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-sign-conversion -Wno-error
$(BUILD)/fuzz/%: override CXX := $(FUZZ_CXX)
$(eval $(call variant,$(BUILD)/fuzz,-O1 -fsanitize=fuzzer-no-link $(FUZZER),$(FUZZER),,,\
  $(BUILD)/fuzz))
$(foreach target,$(FUZZ),$(eval \
$(BUILD)/fuzz/$(target): $(call fuzz_parts,$(BUILD)/fuzz,$(target)) ; \
	@echo "link $$@" && $$(CXX) $$(LDFLAGS) -fsanitize=fuzzer $(FUZZER) -o $$@ $$^ $$(LIBS)))

# The load generator for XMPP: not a part of the daemon, shares no code with it.
BENCH_XMPP := tests/bench/xmpp_load.cpp tests/bench/xmpp_stream.cpp tests/bench/xmpp_wire.cpp
$(BUILD)/bench-xmpp: $(call objects,$(BUILD),$(BENCH_XMPP))
	@echo "link $@"
	@$(CXX) $(LDFLAGS) -o $@ $^ -lssl -lcrypto

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

# ---- what has to be there ----

DEPS_BUILD := g++ libasio-dev libssl-dev libc-ares-dev libsqlite3-dev libidn2-dev \
              libicu-dev libxml2-dev libtomlplusplus-dev nlohmann-json3-dev libcli11-dev catch2
DEPS_TRY   := python3 openssl
DEPS_DEMO  := $(DEPS_TRY) nsd
DEPS_TEST  := $(DEPS_DEMO) postfix strace libidn12 libgnutls-dane0
# Peers to test with, each by itself: one that cannot be had here stops nothing.
PEERS      := "prosody lua-sec lua-unbound" ejabberd jabberd2 inspircd ircd-hybrid libident m4 \
              atheme-services anope "unbound ldnsutils"
PEERS_DEMO := inspircd ircd-hybrid
# They conflict with another of them, so they are not installed but unpacked.
PEERS_BESIDE := ngircd ircd-irc2
DEPS_FUZZ  := clang-14 libclang-rt-14-dev
GOALS      := $(MAKECMDGOALS)
NEEDED     := $(DEPS_BUILD) \
              $(if $(filter deps run check tidy,$(GOALS)),$(DEPS_TRY)) \
              $(if $(filter demo,$(GOALS)),$(DEPS_DEMO)) \
              $(if $(filter test bench% interop% crash% deps-test,$(GOALS)),$(DEPS_TEST)) \
              $(if $(filter fuzz deps-fuzz,$(GOALS)),$(DEPS_FUZZ))
# A plain `make` only says what is missing; these install it, where they may.
INSTALLING := deps deps-test deps-fuzz demo run test bench% interop% crash% fuzz
SETUP      := $(if $(filter $(INSTALLING),$(GOALS)),install,say)

.PHONY: setup deps deps-test deps-fuzz
setup:
	@sh tests/setup.sh $(SETUP) $(NEEDED)
	@$(if $(filter test bench% interop% crash% deps-test,$(GOALS)), \
	  for peer in $(PEERS); do sh tests/setup.sh try $$peer; done; \
	  for peer in $(PEERS_BESIDE); do sh tests/setup.sh beside $(BUILD)/peers $$peer; done)
	@$(if $(filter demo,$(GOALS)),for peer in $(PEERS_DEMO); do sh tests/setup.sh try $$peer; done)
deps deps-test deps-fuzz: setup

# ---- trying it ----

PYTHON  := /usr/bin/python3
ROUNDS  ?= 1000
SEEDS   ?= 1000
NODES   ?= 5
SECONDS ?= 60

.PHONY: demo run
demo: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.demo.demo
run: all
	@sh conf/try.sh $(BUILD)/hanse

# ---- testing it ----

UNIT_PROGRAMS := $(foreach unit,$(UNITS),$(BUILD)/test-$(unit))
# What the fuzzers start from is replayed by every check: a contract they do not follow shows soon.
REPLAYS       := $(foreach target,$(FUZZ),$(BUILD)/replay-$(target))
ASAN_PROGRAMS := $(patsubst $(BUILD)/%,$(BUILD)/address-undefined/%,$(UNIT_PROGRAMS)) \
                 $(BUILD)/address-undefined/sim $(BUILD)/address-undefined/hanse \
                 $(foreach target,$(FUZZ),$(BUILD)/address-undefined/replay-$(target))
TSAN_PROGRAMS := $(foreach unit,base store net,$(BUILD)/thread/test-$(unit))

.PHONY: check test tidy sim crash system-xmpp crash-xmpp interop interop-xmpp \
        interop-irc bench bench-smtp bench-irc bench-xmpp fuzz
check: all $(UNIT_PROGRAMS) $(REPLAYS) $(BUILD)/sim
	@sh tests/run.sh check $(BUILD)
# The unit tests twice: as what is shipped, and under the sanitizers.
test: all $(BUILD)/sim $(UNIT_PROGRAMS) $(ASAN_PROGRAMS) $(TSAN_PROGRAMS)
	@sh tests/run.sh test $(BUILD)
tidy:
	@$(PYTHON) tests/tidy/tidy.py && $(PYTHON) tests/tidy/tidy_selftest.py
sim: $(BUILD)/sim
	@$(BUILD)/sim --seeds $(SEEDS) --nodes $(NODES)
	@$(BUILD)/sim --seeds $(SEEDS) --speaks irc
crash: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.crash.crash $(ROUNDS)
system-xmpp: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.system.xmpp_streams $(WORDS)
crash-xmpp: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.crash.xmpp_crash $(WORDS)
interop: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.interop.interop
interop-xmpp: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.interop.xmpp $(WORDS)
interop-irc: all
	@HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) -m tests.interop.irc $(WORDS)
fuzz: $(foreach target,$(FUZZ),$(BUILD)/fuzz/$(target))
	@sh tests/fuzz/run.sh $(BUILD) $(SECONDS) $(FUZZ)
BENCHES := tests.bench.bench tests.bench.xmpp_bench tests.bench.irc_bench
bench bench-smtp bench-xmpp bench-irc: all $(BUILD)/bench-xmpp
	@failed=; for part in $(BENCHES); do HANSE_BUILD=$(abspath $(BUILD)) $(PYTHON) \
	  -m $$part $(if $(filter file,$(origin ROUNDS)),,$(ROUNDS)) $(WORDS) || failed=1; \
	  done; [ -z "$$failed" ]
bench-smtp: BENCHES := tests.bench.bench
bench-xmpp: BENCHES := tests.bench.xmpp_bench
bench-irc:  BENCHES := tests.bench.irc_bench

# ---- pages made from the tables (a test fails when they drift) ----

.PHONY: docs
docs: all
	@$(BUILD)/hanse config default > conf/hanse.toml
	@$(BUILD)/hanse docs configuration > docs/configuration.md
	@$(BUILD)/hanse docs console > docs/console.md

# ---- installing it ----

PREFIX ?= /usr
.PHONY: install clean help
install: all
	install -D -m 755 $(BUILD)/hanse $(DESTDIR)$(PREFIX)/bin/hanse
	install -D -m 644 conf/hanse.service $(DESTDIR)/lib/systemd/system/hanse.service
	sed -i 's,^ExecStart=/usr/,ExecStart=$(PREFIX)/,' $(DESTDIR)/lib/systemd/system/hanse.service
	install -D -m 644 conf/hanse.sysusers $(DESTDIR)/usr/lib/sysusers.d/hanse.conf
	install -D -m 640 conf/hanse.toml $(DESTDIR)/etc/hanse/hanse.toml.sample
	install -D -m 644 conf/alerts.yml $(DESTDIR)$(PREFIX)/share/hanse/alerts.yml
	install -D -m 644 conf/dashboard.json $(DESTDIR)$(PREFIX)/share/hanse/dashboard.json

clean:
	rm -rf $(BUILD)

help:
	@echo "make              build $(BUILD)/hanse (make deps installs what that needs)"
	@echo "make demo         three nodes, a DNS server and a CA on loopback relay mail, XMPP and IRC"
	@echo "make run          one node in the foreground on high loopback ports"
	@echo "make test         set everything up, then every test (about half an hour)"
	@echo "make check        unit tests, transcripts, tidy and a few simulated worlds (2 minutes)"
	@echo "make sim          SEEDS=1000 NODES=5: the simulator"
	@echo "make crash        ROUNDS=1000: kill the real daemon again and again"
	@echo "make interop      against Postfix and Exim"
	@echo "make interop-xmpp WORDS=: against Prosody, ejabberd and jabberd2; crash-xmpp"
	@echo "make interop-irc  WORDS=: between InspIRCd, ircd-hybrid, ngIRCd and irc2; services"
	@echo "make bench        side by side with others, in three parts (docs/bench.md): bench-smtp"
	@echo "                  (ROUNDS=5): Postfix; bench-xmpp: Prosody, ejabberd; bench-irc: hybrid"
	@echo "make fuzz         SECONDS=60 for each parser"
	@echo "make tidy         the rules of the house"
	@echo "make docs         write conf/hanse.toml and the reference pages again"
	@echo "make install      DESTDIR= PREFIX=/usr"
	@echo "make deps         install what the build needs; deps-test, deps-fuzz: what those need"
