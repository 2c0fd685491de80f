// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/line_reader.h"

#include <algorithm>
#include <charconv>

#include "server/base/text.h"

namespace hanse::irc {
namespace {

NetworkEvent said(const Line& line, Said::Kind kind) {
  return Said{{line.source, {}}, line.at(0), line.at(1), kind, line.tags};
}

struct Shared {
  std::string_view word;
  std::size_t parameters_min;
  NetworkEvent (*read)(const Line&);
};

// In the order of how often they come.
constexpr Shared shared_commands[] = {
    {"PRIVMSG", 2, [](const Line& line) { return said(line, Said::Kind::message); }},
    {"NOTICE", 2, [](const Line& line) { return said(line, Said::Kind::notice); }},
    {"TAGMSG", 1, [](const Line& line) { return said(line, Said::Kind::only_tags); }},
    {"QUIT", 0,
     [](const Line& line) -> NetworkEvent { return UserLeft{{line.source, {}}, line.at(0)}; }},
    {"PART", 1,
     [](const Line& line) -> NetworkEvent {
       return ChannelLeft{{line.source, {}}, line.at(0), line.at(1)};
     }},
    {"NICK", 2,
     [](const Line& line) -> NetworkEvent {
       return NickChanged{{line.source, {}}, line.at(0), seconds_of(line.at(1))};
     }},
    // InspIRCd: the number of the membership stands before the reason when it is forwarded.
    {"KICK", 2,
     [](const Line& line) -> NetworkEvent {
       return Kicked{{line.source, {}}, line.at(0), {line.at(1), {}},
                     line.parameters > 2 ? line.all().back() : std::string_view()};
     }},
    {"INVITE", 2,
     [](const Line& line) -> NetworkEvent {
       return Invited{{line.source, {}}, {line.at(0), {}}, line.at(1), seconds_of(line.at(2))};
     }},
    {"KILL", 1,
     [](const Line& line) -> NetworkEvent {
       return UserKilled{{line.source, {}}, {line.at(0), {}}, line.at(1)};
     }},
    {"SAVE", 2,
     [](const Line& line) -> NetworkEvent {
       return NickSaved{{line.source, {}}, {line.at(0), {}}, seconds_of(line.at(1))};
     }},
    {"TOPIC", 2,
     [](const Line& line) -> NetworkEvent {
       return TopicSet{{line.source, {}}, line.at(0), 0, 0, {}, line.at(1)};
     }},
    {"SQUIT", 1,
     [](const Line& line) -> NetworkEvent {
       return ServerLeft{{line.source, {}}, {line.at(0), {}}, line.at(1)};
     }},
    {"ERROR", 0, [](const Line& line) -> NetworkEvent { return LinkError{line.at(0)}; }},
};

}  // namespace

Timestamp seconds_of(std::string_view text) {
  Timestamp value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : 0;
}

bool is_number(std::string_view command) {
  return command.size() == 3 && std::ranges::all_of(command, [](char sign) {
    return sign >= '0' && sign <= '9';
  });
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::optional<bool> invisible_by(std::string_view letters) {
  std::optional<bool> out;
  bool add = true;
  for (const char letter : letters) {
    if (letter == '+' || letter == '-') add = letter == '+';
    else if (letter == 'i') out = add;
  }
  return out;
}

NetworkEvent visibility_of(std::string_view who, std::string_view letters) {
  const std::optional<bool> invisible = invisible_by(letters);
  if (!invisible) return Ignored{};
  return VisibilityChanged{{who, {}}, *invisible};
}

NetworkEvent away_of(const Line& line) { return AwaySet{{line.source, {}}, line.at(0)}; }

void read_member_list(const ModeTable& modes, std::string_view list, char separator,
                      std::vector<ChannelMember>& out) {
  out.clear();
  for (std::string_view one : split(list, separator)) {
    ChannelMember member;
    while (!one.empty()) {
      const ModeRow* row = modes.by_prefix(one.front());
      if (row == nullptr) break;
      member.status = static_cast<std::uint8_t>(member.status | rank_bit(row->mode));
      one.remove_prefix(1);
    }
    member.who.id = one;
    if (!one.empty()) out.push_back(member);
  }
}

std::optional<NetworkEvent> read_query(const Line& line) {
  constexpr std::size_t none = SIZE_MAX;
  struct Query {
    std::string_view word;
    std::size_t target, subject;   // where they stand
  };
  static constexpr Query queries[] = {
      {"WHOIS", 0, 1},   {"WHOWAS", 2, 0},    {"VERSION", 0, none}, {"TIME", 0, none},
      {"STATS", 1, 0},   {"ADMIN", 0, none},  {"INFO", 0, none},    {"MOTD", 0, none},
      {"LUSERS", 1, 0},  {"LINKS", 0, 1},     {"TRACE", 0, none},   {"USERS", 0, none}};
  for (const Query& one : queries) {
    if (one.word != line.command) continue;
    const auto word = [&line](std::size_t at) {
      return at == none ? std::string_view() : line.at(at);
    };
    return Queried{{line.source, {}}, one.word, word(one.target), word(one.subject)};
  }
  return std::nullopt;
}

std::optional<NetworkEvent> read_shared(const Line& line) {
  for (const Shared& one : shared_commands) {
    if (one.word != line.command) continue;
    return line.parameters < one.parameters_min ? missing : one.read(line);
  }
  return std::nullopt;
}

}  // namespace hanse::irc
