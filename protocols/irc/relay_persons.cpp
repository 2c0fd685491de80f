// SPDX-License-Identifier: Apache-2.0
// What changes about a person, and of a puppet that has lost its name.
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"

namespace hanse::irc {

void Relay::nick_changed(Side& side, UserId user) {
  const PersonId id = persons_.find(side.index(), user);
  if (id == no_id) return;
  const StrandId strand = persons_.at(id).strand;
  const std::string& network = strands_[strand].network;
  const std::string native = nick_at_home(side, user, strand);
  for (const auto& other : sides_) {
    if (other.get() == &side || !other->linked()) continue;
    const UserId puppet = persons_.on(id, other->index());
    if (puppet == no_id) continue;
    Network& model = other->model();
    for (unsigned attempt = 0; attempt < limits::nick_attempts_max; ++attempt) {
      const std::string nick =
          puppet_nick(native, network, other->facts(), attempt, network + native);
      const UserId holder = model.find_nick(nick);
      if (holder != no_id && holder != puppet) continue;
      if (model.user(puppet).texts.get(UserText::nick) == nick) break;
      const Timestamp at = now_();
      other->write(NickChanged{other->party_of(puppet), nick, at});
      model.rename(puppet, nick, at);
      break;
    }
  }
}

void Relay::away_set(Side& side, UserId user) {
  const PersonId id = persons_.find(side.index(), user);
  if (id == no_id) return;
  const std::string text(side.model().user(user).texts.get(UserText::away));
  for (const auto& other : sides_) {
    if (other.get() == &side || !other->linked()) continue;
    const UserId puppet = persons_.on(id, other->index());
    if (puppet == no_id) continue;
    other->model().set_text(puppet, UserText::away, text);
    other->write(AwaySet{other->party_of(puppet), text, now_()});
  }
}

// irc 4.3: only what is worth it. Where there are no ids a nick has to do.
void Relay::remember(PersonId id, const Side& home) {
  if (home.phase() == Side::Phase::down) return;
  const Timestamp now = now_();
  std::erase_if(ledger_, [now](const auto& one) {
    return now - one.second.at > limits::split_seconds;
  });
  const Person& person = persons_.at(id);
  const bool troubled = std::ranges::any_of(
      person.abroad, [](const Person::Puppet& one) { return one.losses > 0; });
  if (!troubled || ledger_.size() >= limits::split_remembered_max) return;
  ledger_[{home.index(), std::string(home.party_of(person.user).word())}] = {now, person.abroad};
}

PersonId Relay::person_of(const Side& home, UserId user) {
  const PersonId known = persons_.find(home.index(), user);
  if (known != no_id) return known;
  const PersonId id = persons_.find_or_add(home.index(), strand_of(home, user), user);
  if (ledger_.empty()) return id;
  const auto back = ledger_.find({home.index(), std::string(home.party_of(user).word())});
  if (back == ledger_.end()) return id;
  if (now_() - back->second.at <= limits::split_seconds) {
    std::vector<Person::Puppet>& abroad = persons_.at(id).abroad;
    for (std::size_t side = 0; side < abroad.size(); ++side) {
      abroad[side].losses = back->second.abroad[side].losses;
      abroad[side].lost_at = back->second.abroad[side].lost_at;
    }
  }
  ledger_.erase(back);
  return id;
}

void Relay::puppet_saved(Side& side, UserId puppet) {
  const PersonId id = persons_.find(side.index(), puppet);
  if (id == no_id) return;
  Person::Puppet& saved = persons_.at(id).abroad[side.index()];
  if (saved.losses < limits::puppet_losses_max) ++saved.losses;
  saved.lost_at = now_();
}

// irc 9: not at once, and never under the name that was fought over. Who loses again and again
// keeps his UID.
void Relay::name_again(Side& side) {
  Network& model = side.model();
  for (PersonId id = 0; id < persons_.size(); ++id) {
    if (persons_.is_free(id) || persons_.at(id).home == side.index()) continue;
    const Person& person = persons_.at(id);
    const Person::Puppet& puppet = person.abroad[side.index()];
    if (puppet.user == no_id || puppet.losses == 0 ||
        puppet.losses >= limits::puppet_losses_max ||
        now_() - puppet.lost_at < limits::puppet_unnamed_seconds ||
        model.user(puppet.user).texts.get(UserText::nick) !=
            model.user(puppet.user).texts.get(UserText::uid))
      continue;
    const Side& home = *sides_[person.home];
    const std::string native = nick_at_home(home, person.user, person.strand);
    const std::string& network = strands_[person.strand].network;
    for (unsigned attempt = puppet.losses; attempt < puppet.losses + limits::nick_attempts_max;
         ++attempt) {
      const std::string nick =
          puppet_nick(native, network, side.facts(), attempt, network + native);
      if (model.find_nick(nick) != no_id) continue;
      side.write(NickChanged{side.party_of(puppet.user), nick, now_()});
      model.rename(puppet.user, nick, now_());
      break;
    }
  }
}

void Relay::text_changed(Side& side, UserId user, UserText which) {
  const PersonId id = persons_.find(side.index(), user);
  if (id == no_id) return;
  const std::string text(side.model().user(user).texts.get(which));
  for (const auto& other : sides_) {
    if (other.get() == &side || !other->linked()) continue;
    const UserId puppet = persons_.on(id, other->index());
    if (puppet == no_id) continue;
    const bool account = which == UserText::account;
    const StrandId strand = persons_.at(id).strand;
    const std::string value = account ? puppet_account(text, strands_[strand].network)
                                      : puppet_host(text, other->facts());
    if (other->write(UserTextChanged{pseudo_party(strand, *other), other->party_of(puppet),
                                     account, value}))
      other->model().set_text(puppet, which, value);
  }
}

}  // namespace hanse::irc
