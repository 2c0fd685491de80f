// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/modes.h"

#include <algorithm>

#include "protocols/irc/limits.h"

namespace hanse::irc {
namespace {

bool takes_parameter(ModeKind kind, bool add) {
  return kind == ModeKind::rank || kind == ModeKind::always || kind == ModeKind::list ||
         (kind == ModeKind::on_set && add);
}

struct NamedMode {
  std::string_view name;
  Mode mode;
};
constexpr NamedMode named_modes[] = {
    {"voice", Mode::voice}, {"halfop", Mode::halfop}, {"op", Mode::op}, {"admin", Mode::admin},
    {"founder", Mode::owner}, {"ban", Mode::ban}, {"banexception", Mode::ban_exception},
    {"invex", Mode::invite_exception}, {"key", Mode::key}, {"limit", Mode::limit},
    {"secret", Mode::secret}, {"private", Mode::is_private}, {"inviteonly", Mode::invite_only},
    {"moderated", Mode::moderated}, {"noextmsg", Mode::no_external},
    {"topiclock", Mode::topic_lock}, {"reginvite", Mode::registered_join},
    {"regmoderated", Mode::registered_speak}, {"sslonly", Mode::tls_only},
    {"permanent", Mode::permanent}, {"c_registered", Mode::registered},
    {"blockcolor", Mode::no_color}, {"stripcolor", Mode::strip_color},
    {"noctcp", Mode::no_ctcp}, {"operonly", Mode::oper_only},
};

}  // namespace

Mode mode_named(std::string_view name) {
  for (const NamedMode& one : named_modes) {
    if (one.name == name) return one.mode;
  }
  return Mode::other;
}

const ModeRow* ModeTable::by_letter(char letter) const {
  const auto found = std::ranges::find(rows_, letter, &ModeRow::letter);
  return found == rows_.end() ? nullptr : &*found;
}

const ModeRow* ModeTable::by_mode(Mode mode) const {
  if (mode == Mode::other) return nullptr;
  const auto found = std::ranges::find(rows_, mode, &ModeRow::mode);
  return found == rows_.end() ? nullptr : &*found;
}

const ModeRow* ModeTable::by_prefix(char prefix) const {
  const auto found = std::ranges::find(rows_, prefix, &ModeRow::prefix);
  return prefix == 0 || found == rows_.end() ? nullptr : &*found;
}

bool ModeTable::read(std::string_view letters, std::span<const std::string_view> parameters,
                     std::vector<ModeChange>& out) const {
  const bool adds_up = parameters_of(letters) >= parameters.size();
  bool add = true, sure = true, whole = true;
  std::size_t next = 0;
  for (const char letter : letters) {
    if (letter == '+' || letter == '-') {
      add = letter == '+';
      continue;
    }
    const ModeRow* row = by_letter(letter);
    ModeChange change{add, row == nullptr ? Mode::other : row->mode, letter, {}};
    if (row == nullptr) {
      sure = sure && adds_up;   // or one of the parameters is its own
    } else if (takes_parameter(row->kind, add)) {
      const bool is_there = sure && next < parameters.size();
      if (is_there) change.parameter = parameters[next++];
      if (!is_there && (!sure || row->kind != ModeKind::list)) {
        whole = false;
        continue;
      }
    }
    out.push_back(change);
  }
  return whole;
}

std::size_t ModeTable::parameters_of(std::string_view letters) const {
  bool add = true;
  std::size_t count = 0;
  for (const char letter : letters) {
    if (letter == '+' || letter == '-') add = letter == '+';
    const ModeRow* row = by_letter(letter);
    if (row != nullptr && takes_parameter(row->kind, add)) ++count;
  }
  return count;
}

ModeTable::Written ModeTable::write(std::span<const ModeChange> changes, std::size_t& at) const {
  Written out;
  std::size_t bytes = 0;
  char sign = 0;
  for (; at < changes.size(); ++at) {
    const ModeChange& change = changes[at];
    const ModeRow* row = by_mode(change.mode);
    if (row == nullptr) continue;
    const bool parameter = takes_parameter(row->kind, change.add);
    if (parameter && change.parameter.empty()) continue;
    bytes += change.parameter.size() + 3;
    if (!out.letters.empty() && (out.parameters.size() == parameters_max_ ||
                                 bytes > limits::mode_line_bytes_max)) {
      break;
    }
    const char wanted = change.add ? '+' : '-';
    if (sign != wanted) out.letters += sign = wanted;
    out.letters += row->letter;
    if (parameter) out.parameters.push_back(change.parameter);
  }
  return out;
}

std::uint8_t ModeTable::status_of(std::string_view letters) const {
  unsigned status = 0;
  for (const char letter : letters) {
    const ModeRow* row = by_letter(letter);
    if (row != nullptr && is_rank(row->mode)) status |= rank_bit(row->mode);
  }
  return static_cast<std::uint8_t>(status);
}

std::string ModeTable::status_letters(std::uint8_t status) const {
  std::string out;
  for (const ModeRow& row : rows_) {
    if (is_rank(row.mode) && (status & rank_bit(row.mode)) != 0) out += row.letter;
  }
  return out;
}

std::string ModeTable::status_prefixes(std::uint8_t status) const {
  std::string out;
  for (const ModeRow& row : rows_) {
    const bool has = is_rank(row.mode) && (status & rank_bit(row.mode)) != 0;
    if (has && row.prefix != 0) out += row.prefix;
  }
  return out;
}

}  // namespace hanse::irc
