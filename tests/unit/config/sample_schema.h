// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/config.h"

// A small schema with every type and every shape, so that these tests do not move when a room
// changes its tables.
namespace hanse::config {

inline constexpr Option host_options[] = {
    {.key = "name", .type = OptionType::text, .fallback = "\"a.example\"", .help = "A name.",
     .required = true},
    {.key = "loud", .type = OptionType::boolean, .fallback = "false", .help = "Loud or not."},
    {.key = "port", .type = OptionType::integer, .fallback = "25", .help = "A port.",
     .least = 1, .most = 65535},
    {.key = "wait", .type = OptionType::duration, .fallback = "\"30s\"", .help = "A time.",
     .least = 1, .most = 60},
    {.key = "size", .type = OptionType::bytes, .fallback = "\"25MiB\"", .help = "A size.",
     .least = 1024},
    {.key = "level", .type = OptionType::choice, .fallback = "\"may\"", .help = "A level.",
     .choices = "off|may|encrypt|verify"},
    {.key = "key", .type = OptionType::secret, .help = "A secret.",
     .applies = Applies::restart},
    {.key = "hosts", .type = OptionType::text_list, .fallback = "[]", .help = "Names."},
    {.key = "retry", .type = OptionType::duration_list, .fallback = "[\"5m\", \"1h\"]",
     .help = "Times."},
};
inline constexpr Option listen_options[] = {
    {.key = "addr", .type = OptionType::text_list, .fallback = "[]", .help = "Addresses."},
};
inline constexpr Option peer_options[] = {
    {.key = "state", .type = OptionType::choice, .fallback = "\"active\"", .help = "A state.",
     .choices = "active|blocked"},
};
inline constexpr Option route_options[] = {
    {.key = "match", .type = OptionType::text, .help = "A domain.", .required = true},
};
inline constexpr OptionTable sample_tables[] = {
    {"host", TableShape::single, "The host.", host_options},
    {"listen.mail", TableShape::single, "A listener.", listen_options},
    {"peer", TableShape::keyed, "A peer.", peer_options},
    {"route", TableShape::array, "A route.", route_options},
};

inline const Schema& sample_schema() {
  static const Schema schema = [] {
    Schema made;
    made.add(sample_tables);
    return made;
  }();
  return schema;
}

inline Loaded parse_sample(std::string_view text) {
  const SecretReader secrets = [](std::string_view reference) -> Result<std::string> {
    if (reference == "env:GOOD") return std::string("hush");
    return Error{Fault::never, "no such secret"};
  };
  return parse(text, "t.toml", sample_schema(), secrets);
}

// Every problem on one line each.
inline std::string problems_of(std::string_view text) {
  std::string out;
  for (const Problem& problem : parse_sample(text).problems) {
    out += (out.empty() ? "" : "\n") + problem_text(problem);
  }
  return out;
}

}  // namespace hanse::config
