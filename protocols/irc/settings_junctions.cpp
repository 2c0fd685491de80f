// SPDX-License-Identifier: Apache-2.0
// [junction]: channels of several networks that are one, and who has a say there.
#include <algorithm>
#include <utility>

#include "protocols/irc/limits.h"
#include "protocols/irc/settings_read.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

bool is_channel_name(std::string_view text) {
  constexpr std::string_view never(" ,:\a\0\r\n", 7);
  return text.size() > 1 && text.front() == '#' && text.size() <= limits::channel_name_bytes_max &&
         text.find_first_of(never) == std::string_view::npos;
}

std::uint8_t read_claim(std::string_view text) {
  constexpr std::pair<std::string_view, Claim> names[] = {{"topic", Claim::topic},
                                                          {"kick", Claim::kick},
                                                          {"modes", Claim::modes},
                                                          {"ranks", Claim::ranks},
                                                          {"bans", Claim::bans}};
  if (text == "all") return every_claim;
  for (const auto& [name, claim] : names) {
    if (text == name) return claim_bit(claim);
  }
  return 0;
}

Result<void> read_claims(const Settings& table, const std::string& where, const IrcSettings& all,
                         Junction& out) {
  const auto member = [&](std::string_view network) {
    return std::ranges::find_if(out.members, [&](const Junction::Member& one) {
      return all.networks[one.network].name == network;
    });
  };
  const bool has_owner = table.has("owner");
  if (has_owner) {
    const auto owner = member(table.text("owner"));
    if (owner == out.members.end()) return problem(where, "owner", "none of its networks");
    for (Junction::Member& one : out.members)
      one.grants = one.network == owner->network ? every_claim : 0;
    out.owner = owner->network;
  }
  if (!table.has("grants")) return {};
  if (!has_owner) return problem(where, "grants", "needs an owner");
  for (const std::string& text : table.list("grants")) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    const std::uint8_t claim = read_claim(std::string_view(text).substr(0, percent));
    const auto holder = percent == text.size() ? out.members.end()
                                               : member(std::string_view(text).substr(percent + 1));
    if (claim == 0 || holder == out.members.end())
      return problem(where, "grants", "expected WHAT%NETWORK, a network of the junction: " +
                                          escape_text(text));
    holder->grants |= claim;
  }
  return {};
}

Result<Junction> read_junction(const Settings& table, const IrcSettings& all) {
  Junction out;
  out.name = table.name;
  const std::string where = "junction." + escape_text(table.name);
  for (const std::string& text : table.list("members")) {
    const std::size_t percent = text.rfind('%');
    if (!text.starts_with("irc:") || percent == std::string::npos)
      return problem(where, "members", "expected irc:CHANNEL%NETWORK: " + escape_text(text));
    Junction::Member member;
    member.channel = text.substr(4, percent - 4);
    if (!is_channel_name(member.channel))
      return problem(where, "members", "no channel: " + escape_text(member.channel));
    const std::string network = text.substr(percent + 1);
    const auto found = std::ranges::find(all.networks, network, &NetworkSettings::name);
    if (found == all.networks.end())
      return problem(where, "members", "no [irc.network." + escape_text(network) + "]");
    member.network = static_cast<std::size_t>(found - all.networks.begin());
    for (const Junction::Member& other : out.members) {
      if (other.network == member.network)
        return problem(where, "members", "two channels of one network");
    }
    out.members.push_back(std::move(member));
  }
  if (out.members.size() < 2) return problem(where, "members", "needs two at least");
  if (Result<void> read = read_claims(table, where, all, out); !read) return read.error();
  return out;
}

// What is known of it before there is a link.
Casemap casemap_of(const NetworkSettings& network) {
  return network.dialect == DialectKind::solanum ? Casemap::rfc1459 : Casemap::ascii;
}

}  // namespace

std::vector<std::string> channels_that_fold(const IrcSettings& settings, std::size_t network,
                                            Casemap casemap) {
  std::vector<std::string> out;
  std::vector<std::pair<std::string, const Junction*>> seen;
  for (const Junction& junction : settings.junctions) {
    for (const Junction::Member& member : junction.members) {
      if (member.network != network) continue;
      for (const auto& [channel, other] : seen) {
        if (same_name(casemap, channel, member.channel))
          out.push_back(escape_text(channel) + " of junction " + other->name + " and " +
                        escape_text(member.channel) + " of junction " + junction.name +
                        " are one channel on " + settings.networks[network].name);
      }
      seen.emplace_back(member.channel, &junction);
    }
  }
  return out;
}

Result<void> read_junctions(const Configuration& configuration, IrcSettings& out) {
  for (const Settings& table : configuration.tables("junction")) {
    Result<Junction> junction = read_junction(table, out);
    if (!junction) return junction.error();
    for (const Junction& other : out.junctions) {
      for (const Junction::Member& theirs : other.members) {
        for (const Junction::Member& ours : junction->members) {
          if (ours.network == theirs.network &&
              same_name(casemap_of(out.networks[ours.network]), ours.channel, theirs.channel))
            return problem("junction." + junction->name, "members",
                           escape_text(ours.channel) + " is in junction." + other.name + " too");
        }
      }
    }
    out.junctions.push_back(*std::move(junction));
  }
  return {};
}

}  // namespace hanse::irc
