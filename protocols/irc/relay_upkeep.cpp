// SPDX-License-Identifier: Apache-2.0
// What is due after a while, without anybody doing anything.
#include <vector>

#include "protocols/irc/limits.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

void Relay::upkeep(Side& side) {
  if (!side.linked()) return;
  const auto is_stale = [&](const PuppetKey& key) {
    return key.first >= persons_.size() || persons_.is_free(key.first);
  };
  // Who was killed and heard all the same what is said is seen again.
  std::vector<PuppetKey> killed;
  for (const auto& [key, words] : killed_) killed.push_back(key);
  for (const PuppetKey& key : killed) {
    if (key.second != side.index()) continue;
    const bool over = is_stale(key) || persons_.on(key.first, side.index()) != no_id ||
                      persons_.at(key.first).abroad[side.index()].losses == 0;
    if (!over && !persons_.at(key.first).abroad[side.index()].may_return(now_())) continue;
    killed_.erase(key);
    if (!over) enter_again(key.first, side);
  }
  for (auto& [key, renewal] : renewals_) {
    if (key.second == side.index() && !is_stale(key)) renew(key, side);
  }
  std::erase_if(renewals_, [&](const auto& one) {
    return one.first.second == side.index() &&
           (is_stale(one.first) || now_() - one.second.at >= limits::puppet_renewal_seconds);
  });
  std::vector<PersonId> idle;
  std::erase_if(loners_, [&](const auto& one) {
    const auto& [key, spoken_at] = one;
    if (key.second != side.index()) return false;
    const UserId puppet = is_stale(key) ? no_id : persons_.on(key.first, side.index());
    if (puppet == no_id || !side.is_our_user(puppet)) return true;
    if (now_() - spoken_at < limits::puppet_idle_seconds) return false;
    if (!side.model().user(puppet).channels.empty()) return true;
    idle.push_back(key.first);
    return true;
  });
  for (const PersonId id : idle) withdraw_idle(id, side, "nothing was said for a while");
}

// He is in no channel there if he is in none at home that both have.
void Relay::enter_again(PersonId id, Side& to) {
  const StrandId strand = persons_.at(id).strand;
  if (!is_attached(strand, to)) return;
  const Side& home = home_of(strand);
  const UserId native = persons_.at(id).user;
  const std::vector<Membership> places = home.model().user(native).channels;
  for (const Membership& place : places) {
    const Junction* junction = junction_of(home, place.channel);
    if (junction == nullptr) continue;
    for (const Junction::Member& member : junction->members) {
      if (member.network == to.index())
        bring(strand, *junction, place.channel, to, member.channel, {&native, 1});
    }
  }
}

}  // namespace hanse::irc
