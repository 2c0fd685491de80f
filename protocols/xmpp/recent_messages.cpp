// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/recent_messages.h"

#include <algorithm>
#include <cstring>

#include "protocols/xmpp/names.h"
#include "server/base/digest.h"

namespace hanse::xmpp {

namespace {

std::int32_t seconds(Instant at) {
  return static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}

constexpr std::int32_t kept_seconds = static_cast<std::int32_t>(
    std::chrono::duration_cast<std::chrono::seconds>(limits::message_remembered_max).count());

}  // namespace

std::optional<RecentMessages::Digest> RecentMessages::digest(const xml::Element& stanza,
                                                             std::string_view bytes) {
  if (stanza.attribute("id").empty() && stanza.child(ns::stanza_id, "origin-id") == nullptr)
    return std::nullopt;
  const std::string whole = sha256(bytes);
  Digest out;
  std::memcpy(out.data(), whole.data(), out.size());
  return out;
}

std::size_t RecentMessages::place_of(const Digest& which) {
  std::uint32_t number = 0;
  std::memcpy(&number, which.data(), sizeof number);
  return number % places;
}

bool RecentMessages::has(const Digest& which, std::uint32_t stream, Instant now) const {
  const std::lock_guard lock(mutex_);
  if (table_ == nullptr) return false;
  const Place& place = (*table_)[place_of(which)];
  return std::any_of(place.begin(), place.end(), [&](const Entry& one) {
    return one.stream != 0 && one.stream != stream && one.which == which &&
           seconds(now) - one.second < kept_seconds;
  });
}

void RecentMessages::forget(const Digest& which) {
  const std::lock_guard lock(mutex_);
  if (table_ == nullptr) return;
  for (Entry& one : (*table_)[place_of(which)])
    if (one.which == which) one.stream = 0;
}

void RecentMessages::add(const Digest& which, std::uint32_t stream, Instant now) {
  const std::lock_guard lock(mutex_);
  if (table_ == nullptr) table_ = std::make_unique<std::array<Place, places>>();
  Place& place = (*table_)[place_of(which)];
  const auto age = [](const Entry& one) { return one.stream == 0 ? INT32_MIN : one.second; };
  const auto oldest = std::min_element(
      place.begin(), place.end(), [&](const Entry& a, const Entry& b) { return age(a) < age(b); });
  *oldest = {which, stream, seconds(now)};
}

}  // namespace hanse::xmpp
