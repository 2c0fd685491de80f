// SPDX-License-Identifier: Apache-2.0
#include "store/selection.h"

#include "store/schema.h"

namespace hanse::store {

namespace {

constexpr char escape = '\\';

// "*" is the only wildcard people write.
std::string like_pattern(std::string_view text) {
  std::string pattern;
  for (char c : text) {
    if (c == '%' || c == '_' || c == escape) pattern.push_back(escape);
    pattern.push_back(c == '*' ? '%' : c);
  }
  return pattern;
}

class Terms {
 public:
  explicit Terms(Selection& selection) : selection_(selection) {}

  void add(std::string_view term) {
    if (!selection_.where.empty()) selection_.where += " AND ";
    selection_.where += term;
  }
  void add(std::string_view term, SqlValue value) {
    add(term);
    selection_.values.push_back(std::move(value));
  }
  void add_like(std::string_view expression, const std::string& wanted) {
    add(std::string(expression) + " LIKE ? ESCAPE '\\'", like_pattern(wanted));
  }

 private:
  Selection& selection_;
};

}  // namespace

Selection select_legs(const Selector& selector, UtcTime now) {
  Selection selection;
  Terms terms(selection);
  selection.from = "leg JOIN message ON message.id = leg.id / 1024";
  if (selector.id) {
    selection.from =
        "message JOIN leg ON leg.id BETWEEN message.id * 1024 AND message.id * 1024 + 1023";
    terms.add("message.qid >= ?", *selector.id);
    terms.add("message.qid < ?", *selector.id + "~");
  }
  if (selector.status) {
    terms.add("leg.state = ?", static_cast<std::int64_t>(*selector.status));
  } else if (!selector.id) {
    selection.from = "leg INDEXED BY leg_open JOIN message ON message.id = leg.id / 1024";
    terms.add("leg.state <= 4");
  }
  if (selector.dest) {
    const std::string pattern = like_pattern(*selector.dest);
    terms.add("(leg.lane LIKE ? ESCAPE '\\'", pattern);
    selection.where += " OR leg.domain LIKE ? ESCAPE '\\')";
    selection.values.push_back(pattern);
  }
  if (selector.protocol) terms.add("leg.protocol = ?", *selector.protocol);
  if (selector.from) terms.add_like("message.sender", *selector.from);
  if (selector.to) terms.add_like("(leg.local || '@' || leg.domain)", *selector.to);
  const auto before = [now](Duration age) {
    return to_unix_ms(now) - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
  };
  if (selector.older_than) terms.add("message.accepted < ?", before(*selector.older_than));
  if (selector.younger_than) terms.add("message.accepted > ?", before(*selector.younger_than));
  if (selector.larger_than) {
    terms.add("message.size > ?", static_cast<std::int64_t>(*selector.larger_than));
  }
  if (selector.smaller_than) {
    terms.add("message.size < ?", static_cast<std::int64_t>(*selector.smaller_than));
  }
  return selection;
}

QueueRow read_row(const Statement& statement) {
  const auto text = [&statement](int column) { return std::string(statement.text(column)); };
  QueueRow row;
  row.id = text(0);
  row.delivery = statement.integer(1);
  const std::string sender = text(2);
  if (const auto at = sender.rfind('@'); at != std::string::npos) {
    row.from = {text(3), sender.substr(0, at), sender.substr(at + 1)};
  }
  row.to = {text(3), text(4), text(5)};
  row.protocol = text(6);
  row.lane = text(7);
  row.route = text(8);
  row.state = static_cast<LegState>(statement.integer(9));
  row.size = static_cast<std::uint64_t>(statement.integer(10));
  row.attempts = static_cast<unsigned>(statement.integer(11));
  row.accepted = from_unix_ms(statement.integer(12));
  row.expires = from_unix_ms(statement.integer(13));
  if (const std::int64_t due = statement.integer(14); due != due_never) {
    row.next_try = from_unix_ms(due);
  }
  row.last_status = text(15);
  row.last_reply = text(16);
  row.last_remote = text(17);
  return row;
}

}  // namespace hanse::store
