// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/irc/limits.h"

namespace hanse::irc {

// Modes of channels by what they mean; the letters are each dialect's own (irc 10).
enum class Mode : std::uint8_t {
  voice, halfop, op, admin, owner,                    // ranks
  ban, ban_exception, invite_exception, quiet,        // lists
  key, limit,
  secret, is_private, invite_only, moderated, no_external, topic_lock, registered_join,
  registered_speak, tls_only, permanent, registered, no_color, strip_color, no_ctcp, oper_only,
  other,                                              // something this node has no name for
};

enum class ModeKind : std::uint8_t {
  rank,    // a parameter always: a member
  list,    // a parameter, or none to ask for the list
  always,  // a parameter to set and to clear
  on_set,  // a parameter to set only
  flag,
};

struct ModeRow {
  char letter = 0;
  Mode mode = Mode::other;
  ModeKind kind = ModeKind::flag;
  char prefix = 0;  // of a rank: '@'
};

struct ModeChange {
  bool add = true;
  Mode mode = Mode::other;
  char letter = 0;                // as it was read
  std::string_view parameter{};
};

inline bool is_rank(Mode mode) { return mode <= Mode::owner; }
inline bool is_list(Mode mode) { return mode >= Mode::ban && mode <= Mode::quiet; }
inline std::uint32_t mode_bit(Mode mode) { return 1u << static_cast<unsigned>(mode); }
inline std::uint8_t rank_bit(Mode rank) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(rank));
}

// The modes of one network's channels. A letter that is in no row is taken for a flag of that
// network's own; where the parameters show that it is none, what needs one behind it is left out.
class ModeTable {
 public:
  ModeTable() = default;
  explicit ModeTable(std::span<const ModeRow> rows, std::size_t parameters_max = 0)
      : rows_(rows.begin(), rows.end()) {
    if (parameters_max != 0) parameters_max_ = parameters_max;
  }

  std::span<const ModeRow> rows() const { return rows_; }
  void add(ModeRow row) { rows_.push_back(row); }
  void drop(Mode mode) {
    std::erase_if(rows_, [mode](const ModeRow& one) { return one.mode == mode; });
  }
  const ModeRow* by_letter(char letter) const;
  const ModeRow* by_mode(Mode mode) const;      // null: this network has no such mode
  const ModeRow* by_prefix(char prefix) const;

  // "+ov-b" and its parameters, appended; false: one was left out.
  bool read(std::string_view letters, std::span<const std::string_view> parameters,
            std::vector<ModeChange>& out) const;

  // As many of the changes from `at` on as fit one line; `at` moves behind them. Those that this
  // network has no letter for are left out.
  struct Written {
    std::string letters;
    std::vector<std::string_view> parameters;
  };
  Written write(std::span<const ModeChange> changes, std::size_t& at) const;

  std::uint8_t status_of(std::string_view letters) const;  // those of ranks
  std::string status_letters(std::uint8_t status) const;   // "ov"
  std::string status_prefixes(std::uint8_t status) const;  // "@+"

 private:
  std::size_t parameters_of(std::string_view letters) const;   // of those that are in a row

  std::vector<ModeRow> rows_;
  std::size_t parameters_max_ = limits::mode_parameters_max;   // of one line that is written
};

// The name InspIRCd gives a mode in CAPAB CHANMODES.
Mode mode_named(std::string_view name);

}  // namespace hanse::irc
