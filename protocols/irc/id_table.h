// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace hanse::irc {

// From a name to the id of what bears it. The names stay with their owner: a slot is four octets,
// where a map of strings would take more than the user it finds. Linear probing, at most 3/4 full.
template <class NameOf>  // std::string_view-like (std::uint32_t id)
class IdTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit IdTable(NameOf name_of) : name_of_(std::move(name_of)) {}

  std::uint32_t find(std::string_view name) const {
    if (slots_.empty()) return none;
    for (std::size_t at = home(name);; at = next(at)) {
      if (slots_[at] == none || name_of_(slots_[at]) == name) return slots_[at];
    }
  }

  void add(std::uint32_t id) {  // no id with that name is in the table
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    ++count_;
    place(id);
  }

  void remove(std::string_view name) {
    if (slots_.empty()) return;
    std::size_t hole = home(name);
    while (slots_[hole] != none && name_of_(slots_[hole]) != name) hole = next(hole);
    if (slots_[hole] == none) return;
    --count_;
    for (std::size_t at = next(hole); slots_[at] != none; at = next(at)) {
      const std::size_t wanted = home(name_of_(slots_[at]));
      // Moves back what would not be found any more across the hole.
      if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = none;
  }

  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  std::size_t home(std::string_view name) const {
    return std::hash<std::string_view>{}(name) & mask();
  }
  void place(std::uint32_t id) {
    std::size_t at = home(name_of_(id));
    while (slots_[at] != none) at = next(at);
    slots_[at] = id;
  }
  void grow() {
    std::vector<std::uint32_t> old(slots_.empty() ? 16 : slots_.size() * 2, none);
    old.swap(slots_);
    for (const std::uint32_t id : old) {
      if (id != none) place(id);
    }
  }

  NameOf name_of_;
  std::vector<std::uint32_t> slots_;
  std::size_t count_ = 0;
};

}  // namespace hanse::irc
