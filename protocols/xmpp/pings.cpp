// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/pings.h"

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view mark = "hanse-ping-";   // before the number

}  // namespace

OpenPing& OpenPing::operator=(OpenPing&& other) noexcept {
  std::swap(pings_, other.pings_);
  std::swap(pair_, other.pair_);
  std::swap(id_, other.id_);
  std::swap(answered_, other.answered_);
  return *this;
}

OpenPing::~OpenPing() {
  if (pings_ != nullptr) pings_->close(id_);
}

std::string OpenPing::iq(std::string_view from, std::string_view to) const {
  xml::Element out(ns::server, "iq");
  out.set("from", from);
  out.set("to", to);
  out.set("id", id_);
  out.set("type", "get");
  out.add(ns::ping, "ping");
  return stanza_bytes(out);
}

OpenPing Pings::open(const DomainPair& pair) {
  const std::lock_guard hold(lock_);
  OpenPing out;
  if (open_.size() >= limits::pings_open_max) return out;
  out.pair_ = pair;
  out.id_ = std::string(mark) + std::to_string(++count_);
  auto answered = std::make_shared<std::atomic<bool>>(false);
  out.answered_ = answered;
  open_.emplace(out.id_, Entry{pair, std::move(answered)});
  out.pings_ = shared_from_this();
  return out;
}

bool Pings::answered(const DomainPair& pair, std::string_view id) {
  if (!id.starts_with(mark)) return false;
  const std::lock_guard hold(lock_);
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.pair != pair) return false;
  *found->second.answered = true;
  return true;
}

void Pings::close(const std::string& id) {
  const std::lock_guard hold(lock_);
  open_.erase(id);
}

}  // namespace hanse::xmpp
