// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/management.h"

#include <charconv>

#include "protocols/xmpp/names.h"

namespace hanse::xmpp {

void Unacknowledged::sent(std::vector<DeliveryId> targets, std::string which, bool fleeting) {
  ++sent_;
  if (!targets.empty())
    waiting_.push_back({sent_, std::move(targets), std::move(which), fleeting});
}

Sent Unacknowledged::left() const {
  Sent out{sent_, handled_, {}, {}};
  for (const Stanza& one : waiting_) out.open.emplace_back(one.number, one.which);
  return out;
}

std::optional<Handled> handled_of(const Sent& sent, std::uint32_t handled) {
  const std::uint32_t advance = handled - sent.acknowledged;
  if (advance > sent.count - sent.acknowledged) return std::nullopt;
  Handled out;
  for (const auto& [number, which] : sent.open)
    (number - sent.acknowledged <= advance ? out.yes : out.no).push_back(which);
  return out;
}

// XEP-0198 section 4: numbers are compared by their distance, since they begin again after 2^32.
std::optional<std::vector<DeliveryId>> Unacknowledged::acknowledged(std::uint32_t handled) {
  const std::uint32_t advance = handled - handled_;
  if (advance > sent_ - handled_) return std::nullopt;
  std::vector<DeliveryId> out;
  while (!waiting_.empty() && waiting_.front().number - handled_ <= advance) {
    const std::vector<DeliveryId>& targets = waiting_.front().targets;
    out.insert(out.end(), targets.begin(), targets.end());
    waiting_.pop_front();
  }
  handled_ = handled;
  return out;
}

void Unacknowledged::count_anew() {
  for (Stanza& one : waiting_) one.number = 0;
  sent_ = handled_ = 0;
}

std::vector<Unacknowledged::Open> Unacknowledged::take_only() {
  return open() == 1 && waiting_.size() == 1 ? rest() : std::vector<Open>();
}

std::vector<Unacknowledged::Open> Unacknowledged::rest() {
  std::vector<Open> out;
  for (const Stanza& one : waiting_)
    for (const DeliveryId id : one.targets) out.push_back({id, one.fleeting});
  waiting_.clear();
  return out;
}

std::string write_enable() {
  return "<enable xmlns='" + std::string(ns::management) + "' resume='true'/>";
}

std::string write_request() { return "<r xmlns='" + std::string(ns::management) + "'/>"; }

std::string write_answer(std::uint32_t handled) {
  return "<a xmlns='" + std::string(ns::management) + "' h='" + std::to_string(handled) + "'/>";
}

std::optional<std::uint32_t> read_handled(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return out;
}

}  // namespace hanse::xmpp
