// SPDX-License-Identifier: Apache-2.0
// What changes about a person, and of a puppet that has lost its name.
#include <algorithm>

#include "protocols/irc/limits.h"
#include "protocols/irc/puppet_names.h"
#include "protocols/irc/relay.h"
#include "server/base/text.h"

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
      const Timestamp at = name_time(*other, now_());
      other->write(NickChanged{other->party_of(puppet), nick, at});
      model.rename(puppet, nick, at);
      break;
    }
  }
}

// What he is called there; empty: all he could have are taken. One that was fought over is left.
std::string Relay::free_nick(const Person& person, const Side& to) {
  const std::string& network = strands_[person.strand].network;
  const std::string native = nick_at_home(*sides_[person.home], person.user, person.strand);
  const auto choice = [&](unsigned attempt) {
    return puppet_nick(native, network, to.facts(), attempt, network + native);
  };
  const unsigned first = person.abroad[to.index()].fights;
  for (unsigned attempt = first; attempt < first + limits::nick_attempts_max; ++attempt) {
    std::string nick = choice(attempt);
    if (to.model().find_nick(nick) != no_id) continue;
    if (attempt > first)
      note(Level::warning, "irc.same_name",
           choice(0) + " is on " + to.settings().name + " already");
    return nick;
  }
  note(Level::warning, "irc.no_nick", native + " of " + network + " is not on " +
                                          to.settings().name + ": all nicks are taken");
  return {};
}

void Relay::warn_of_short_nicks(const Side& side) {
  const std::size_t most = side.facts().nick_bytes_max;
  for (const auto& other : sides_) {
    const std::string& name = other->settings().name;
    if (other.get() == &side || !share_a_junction(side, *other) ||
        most >= name.size() + 1 + limits::nick_signs_wanted)
      continue;
    note(Level::warning, "irc.short_nicks",
         side.settings().name + " has nicks of " + std::to_string(most) + ": of people of " + name +
             " hardly anything is left");
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

void Relay::visibility_changed(Side& side, UserId user) {
  const PersonId id = persons_.find(side.index(), user);
  if (id == no_id) return;
  const bool invisible = side.model().user(user).invisible;
  for (const auto& other : sides_) {
    if (other.get() == &side || !other->linked()) continue;
    const UserId puppet = persons_.on(id, other->index());
    if (puppet == no_id || other->model().user(puppet).invisible == invisible) continue;
    other->model().set_invisible(puppet, invisible);
    other->write(VisibilityChanged{other->party_of(puppet), invisible});
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
      abroad[side].fights = back->second.abroad[side].fights;
      abroad[side].lost_at = back->second.abroad[side].lost_at;
      abroad[side].back_at = back->second.abroad[side].back_at;
      if (abroad[side].losses > 0) killed_[{id, side}];
    }
  }
  ledger_.erase(back);
  return id;
}

namespace {

struct Changeable {
  UserText text;
  UserTextChanged::What what;
  std::string_view reason;   // of a QUIT, where there is no line for it; empty: not worth one
};
constexpr Changeable changeable[] = {
    {UserText::shown_host, UserTextChanged::What::shown_host, "Changing host"},
    {UserText::ident, UserTextChanged::What::ident, "Changing user name"},
    {UserText::realname, UserTextChanged::What::realname, "Changing real name"},
    {UserText::account, UserTextChanged::What::account, {}},
};

}  // namespace

// irc 9: a host that was hidden must not be seen elsewhere any longer.
void Relay::text_changed(Side& side, UserId user, UserText which) {
  const PersonId id = persons_.find(side.index(), user);
  const auto row = std::ranges::find(changeable, which, &Changeable::text);
  if (id == no_id || row == std::end(changeable)) return;
  for (const auto& other : sides_) {
    if (other.get() == &side || !other->linked()) continue;
    const UserId puppet = persons_.on(id, other->index());
    if (puppet == no_id) continue;
    const std::string value = text_there(id, *other, which);
    if (other->model().user(puppet).texts.get(which) == value) continue;
    if (other->write(UserTextChanged{pseudo_party(persons_.at(id).strand, *other),
                                     other->party_of(puppet), row->what, value})) {
      other->model().set_text(puppet, which, value);
    } else if (!row->reason.empty()) {
      const PuppetKey key{id, other->index()};
      Renewal& renewal = renewals_[key];
      renewal.due = true;
      renewal.of_host |= which == UserText::shown_host;
      renewal.reason = row->reason;
      renew(key, *other);
    }
  }
}

// He quits and comes as who he is now; not many times in a short while. To hide a host does not
// wait for what was about a name.
void Relay::renew(const PuppetKey& key, Side& to) {
  Renewal& renewal = renewals_[key];
  const Timestamp last = renewal.of_host ? renewal.host_at : renewal.at;
  if (!renewal.due || now_() - last < limits::puppet_renewal_seconds) return;
  renewal.at = now_();
  if (renewal.of_host) renewal.host_at = renewal.at;
  renewal.due = renewal.of_host = false;
  const PersonId id = key.first;
  const UserId puppet = persons_.on(id, to.index());
  if (puppet == no_id || !to.is_our_user(puppet)) return;
  const PackedTexts& texts = to.model().user(puppet).texts;
  const bool differs = std::ranges::any_of(changeable, [&](const Changeable& one) {
    return !one.reason.empty() && texts.get(one.text) != text_there(id, to, one.text);
  });
  if (!differs) return;
  withdraw(id, to, renewal.reason);
  if (introduce(id, to) == no_id) return;
  renewing_ = true;
  enter_again(id, to);
  renewing_ = false;
  if (!loners_.contains(key)) withdraw_idle(id, to, "kept out");
}

}  // namespace hanse::irc
