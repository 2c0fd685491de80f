// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/persons.h"

#include "protocols/irc/limits.h"

namespace hanse::irc {

void Person::Puppet::forgive(Timestamp now) {
  if (now - lost_at >= limits::puppet_forgiven_seconds) losses = fights = 0;
}

void Person::Puppet::lose(Timestamp now, bool name_wanted) {
  forgive(now);
  if (losses < limits::puppet_losses_max) {
    ++losses;
    if (name_wanted) ++fights;
  }
  lost_at = now;
  told = false;
}

// irc 9: who was thrown out comes back after a minute, and in the end after longer.
Timestamp Person::Puppet::returns_at() const {
  return lost_at + (losses >= limits::puppet_losses_max ? limits::puppet_forgiven_seconds
                                                        : limits::puppet_pause_seconds);
}

PersonId Persons::find_or_add(std::size_t home, StrandId strand, UserId user) {
  if (const PersonId known = find(home, user); known != no_id) return known;
  if (free_.empty()) {
    free_.push_back(static_cast<PersonId>(persons_.size()));
    persons_.emplace_back();
  }
  const PersonId id = free_.back();
  free_.pop_back();
  persons_[id].home = home;
  persons_[id].strand = strand;
  persons_[id].user = user;
  persons_[id].abroad.assign(sides_, {});
  note(home, user, id);
  return id;
}

void Persons::appear(PersonId id, std::size_t side, UserId puppet) {
  persons_[id].abroad[side].user = puppet;
  note(side, puppet, id);
}

void Persons::vanish(PersonId id, std::size_t side) {
  UserId& puppet = persons_[id].abroad[side].user;
  if (puppet != no_id) by_user_[side][puppet] = no_id;
  puppet = no_id;
}

void Persons::forget(PersonId id) {
  Person& person = persons_[id];
  for (std::size_t side = 0; side < sides_; ++side) vanish(id, side);
  by_user_[person.home][person.user] = no_id;
  person = Person();
  free_.push_back(id);
}

void Persons::note(std::size_t side, UserId user, PersonId id) {
  std::vector<PersonId>& known = by_user_[side];
  if (user >= known.size()) known.resize(user + 1, no_id);
  known[user] = id;
}

}  // namespace hanse::irc
