// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "protocols/irc/network.h"
#include "protocols/irc/strand.h"

namespace hanse::irc {

using PersonId = std::uint32_t;

// One user of one side and the puppets that stand for it on others.
struct Person {
  struct Puppet {
    UserId user = no_id;           // no_id: not there now
    Timestamp lost_at = 0;         // when it was thrown out last
    Timestamp back_at = 0;         // when it came back after that, last
    std::uint8_t losses = 0;
    std::uint8_t fights = 0;       // those of them that were about its name
    bool told = false;             // that nobody hears it there

    void forgive(Timestamp now);   // what was long ago
    void lose(Timestamp now, bool name_wanted);
    bool may_return(Timestamp now) const { return losses == 0 || now >= returns_at(); }
    Timestamp returns_at() const;
  };
  std::size_t home = 0;
  StrandId strand = 0;
  UserId user = no_id;             // no_id: this slot is free
  std::vector<Puppet> abroad;      // by side
};

// Who is relayed. Pure bookkeeping: the models are told by whoever calls.
class Persons {
 public:
  explicit Persons(std::size_t sides) : sides_(sides), by_user_(sides) {}

  PersonId find(std::size_t side, UserId user) const {   // at home or as a puppet
    const std::vector<PersonId>& known = by_user_[side];
    return user < known.size() ? known[user] : no_id;
  }
  PersonId find_or_add(std::size_t home, StrandId strand, UserId user);
  Person& at(PersonId id) { return persons_[id]; }
  const Person& at(PersonId id) const { return persons_[id]; }
  // Who it is on that side; no_id: nobody.
  UserId on(PersonId id, std::size_t side) const {
    const Person& person = persons_[id];
    return person.home == side ? person.user : person.abroad[side].user;
  }
  void appear(PersonId id, std::size_t side, UserId puppet);
  void vanish(PersonId id, std::size_t side);
  void forget(PersonId id);                              // once no puppet is left

  std::size_t size() const { return persons_.size(); }   // ids are below it; some may be free
  bool is_free(PersonId id) const { return persons_[id].user == no_id; }

 private:
  void note(std::size_t side, UserId user, PersonId id);

  const std::size_t sides_;
  std::vector<Person> persons_;
  std::vector<PersonId> free_;
  std::vector<std::vector<PersonId>> by_user_;           // by side and user
};

}  // namespace hanse::irc
