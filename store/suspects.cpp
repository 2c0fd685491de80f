// SPDX-License-Identifier: Apache-2.0
#include "store/suspects.h"

namespace hanse::store {

Suspects::Suspects(Database& database)
    : all_(database, "SELECT message, count FROM crash"),
      forget_(database, "DELETE FROM crash WHERE message = ?") {}

void Suspects::read() {
  crashes_.clear();
  for (all_.query(); all_.row();) crashes_[all_.integer(0)] = all_.integer(1);
}

void Suspects::rolled_back() {
  now_ = before_;
  read();
}

bool Suspects::may_leave(std::int64_t message) const {
  return now_.out == 0 || now_.out == message || !suspect(message);
}

void Suspects::left(std::int64_t message, std::size_t legs) {
  if (!suspect(message)) return;
  now_.out = message;
  now_.legs += legs;
}

void Suspects::came_back(std::int64_t message, bool tried) {
  if (tried && crashes_.erase(message) != 0) forget_.run(message);
  if (now_.out == message && --now_.legs == 0) now_.out = 0;
}

bool Suspects::suspect(std::int64_t message) const {
  const auto found = crashes_.find(message);
  return found != crashes_.end() && found->second >= crashes_until_suspect;
}

}  // namespace hanse::store
