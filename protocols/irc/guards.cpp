// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/guards.h"

#include <algorithm>

#include "protocols/irc/puppet_names.h"

namespace hanse::irc {

bool is_listed(const Visitor& who, const Side& to, const Channel& place, Mode list,
               BanEffect effect) {
  const auto means = [&](const BanMeaning& one) {
    const auto fits = [&](const std::string& text) {
      return matches(to.facts().casemap, one.value, text);
    };
    switch (one.match) {
      case BanMatch::mask:
        return fits(who.name) || (!who.usual_name.empty() && fits(who.usual_name));
      case BanMatch::account: return !who.account.empty() && fits(who.account);
      case BanMatch::no_account: return who.account.empty();
      case BanMatch::realname: return fits(who.realname);
      case BanMatch::channel: {
        const ChannelId other = to.model().find_channel(one.value);
        return who.there != no_id && other != no_id &&
               to.model().membership(who.there, other) != nullptr;
      }
    }
    return false;
  };
  return std::ranges::any_of(place.lists, [&](const ListEntry& one) {
    if (one.list != list) return false;
    const std::optional<BanMeaning> meaning = read_ban(to.facts(), one.list, one.mask);
    return meaning && meaning->effect == effect && means(*meaning);
  });
}

// Where his own channel was moderated too, his own server has let him talk.
bool needs_rank(const Visitor& who, const Channel& place) {
  return place.has(Mode::moderated) && who.door && !who.door->moderated;
}

bool is_muted(const Visitor& who, const Side& to, const Channel& place) {
  const auto muted = [&](Mode list) { return is_listed(who, to, place, list, BanEffect::talk); };
  return (muted(Mode::quiet) || muted(Mode::ban)) &&
         !is_listed(who, to, place, Mode::ban_exception, BanEffect::entry);
}

Visitor visitor_of(const LateLine& line, const Side& to) {
  const std::string name = puppet_nick(line.nick, line.home, to.facts(), 0, line.home + line.nick)
                               .append("!").append(puppet_ident(line.ident, to.facts()))
                               .append("@").append(puppet_host(line.host, to.facts()));
  return {no_id, name, puppet_account(line.account, line.home), line.realname, {}, line.door};
}

bool is_guarded(const Side& to, ChannelId there) {
  if (there == no_id) return false;
  const Channel& place = to.model().channel(there);
  return !place.lists.empty() || place.has(Mode::invite_only) || !place.key.empty() ||
         place.has(Mode::moderated);
}

}  // namespace hanse::irc
