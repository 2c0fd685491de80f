# SPDX-License-Identifier: Apache-2.0
# One Makefile, no recursion. `make help` lists what it can do.

comma    := ,
BUILD    ?= build
SAN      ?=
OPT      ?= -O2
CXX      ?= g++
CXXSTD   := -std=c++20
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now
ifneq ($(SAN),)
  OUT      := $(BUILD)/$(subst $(comma),-,$(SAN))
  SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
  OPT      := -O1
else
  OUT      := $(BUILD)
  HARDEN   += -D_FORTIFY_SOURCE=2
endif
CXXFLAGS += $(CXXSTD) $(WARN) $(HARDEN) $(OPT) -g1 -pthread -I. $(SANFLAGS)
CPPFLAGS += -DASIO_STANDALONE -DASIO_NO_DEPRECATED -DTOML_HEADER_ONLY=1
LDFLAGS  += $(LDHARDEN) -pthread $(SANFLAGS)
LIBS     := -lcares -lsqlite3 -lssl -lcrypto -lidn2

# The rooms, highest floor first: the order in which they are linked.
ROOMS    := server/console server/net server/config server/session protocols store federation server/base
sources   = $(shell find $(1) -name '*.cpp' | LC_ALL=C sort)
objects   = $(patsubst %.cpp,$(OUT)/obj/%.o,$(1))
archive   = $(OUT)/$(subst /,-,$(1)).a
ARCHIVES := $(foreach room,$(ROOMS),$(call archive,$(room)))

.PHONY: all
all: $(OUT)/hanse

define room_rules
$(call archive,$(1)): $(call objects,$(call sources,$(1)))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))
%.a:
	@rm -f $@
	@ar rcs $@ $^

MAIN_SOURCES := $(wildcard server/*.cpp)
$(OUT)/hanse: $(call objects,$(MAIN_SOURCES)) $(ARCHIVES)
	@echo "link $@"
	@$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/obj/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "c++  $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: one program a room, linked with that room and the floors below it.
UNIT_base       := server/base
UNIT_federation := federation server/base
UNIT_store      := store federation server/base
UNIT_protocols  := server/session protocols federation server/base
UNIT_session    := server/session protocols federation server/base
UNIT_config     := server/config protocols store federation server/base
UNIT_net        := server/net server/session protocols federation server/base
UNIT_console    := server/console server/config server/session protocols store federation server/base
UNITS := base federation store protocols session config net console
define unit_rules
$(OUT)/test-$(1): $(call objects,tests/unit/main.cpp $(call sources,$(wildcard tests/unit/$(1))) $(EXTRA_$(1))) $(foreach room,$(UNIT_$(1)),$(call archive,$(room)))
	@echo "link $$@"
	@$$(CXX) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach unit,$(UNITS),$(eval $(call unit_rules,$(unit))))

SIM_SOURCES := $(wildcard tests/sim/*.cpp)
$(OUT)/sim: $(call objects,$(SIM_SOURCES)) $(foreach room,server/session server/config protocols store federation server/base,$(call archive,$(room)))
	@echo "link $@"
	@$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
