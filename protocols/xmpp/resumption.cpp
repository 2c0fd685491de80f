// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/resumption.h"

#include <chrono>

#include "protocols/wire/xml_writer.h"
#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/names.h"
#include "server/base/digest.h"
#include "server/base/encoding.h"

namespace hanse::xmpp {

namespace {

constexpr std::size_t session_id_characters = 32;

std::string begin_of(std::string_view name) {
  return "<" + std::string(name) + " xmlns='" + std::string(ns::management) + "'";
}

void put(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("='");
  xml::escape_into(value, out);
  out += '\'';
}

}  // namespace

std::size_t LostStream::bytes() const {
  std::size_t out = sizeof(LostStream) + id.size();
  for (const Pair& one : pairs)
    out += sizeof pairs.front() + one.pair.local.size() + one.pair.remote.size() + one.peer.size();
  for (const auto& [number, which] : sent.open) out += sizeof sent.open.front() + which.size();
  for (const std::string& which : sent.arrived) out += sizeof which + which.size();
  return out;
}

void Session198::begin(std::string id, LegacyKey key, Outbox& out) {
  id_ = std::move(id);
  key_ = std::move(key);
  out.promise(*key_);
}

void Session198::end(Outbox& out) {
  if (!key_ || lost_ != nullptr) return;
  out.leave(*key_, nullptr);
  key_.reset();
}

void Session198::lose(std::unique_ptr<LostStream> left) {
  if (!runs()) return;
  lost_ = std::move(left);
  lost_->id = id_;
}

void Session198::settle(bool commits_open, std::uint32_t handled, Outbox& out) {
  if (!key_ || lost_ == nullptr || commits_open) return;
  lost_->handled = handled;
  out.leave(*key_, std::move(lost_));
  key_.reset();
}

LegacyKey accepted_key(std::string_view local, std::string_view remote, std::string_view id) {
  return {"xmpp", std::string(remote) + ">" + std::string(local) + "?resume", std::string(id)};
}

LegacyKey opened_key(std::string_view lane) { return {"xmpp", std::string(lane), {}}; }

std::string make_session_id(std::string_view nonce) {
  return hex(hmac_sha256(nonce, "session")).substr(0, session_id_characters);
}

std::string write_enabled(const std::string& id) {
  std::string out = begin_of("enabled");
  if (!id.empty()) {
    const auto most =
        std::chrono::duration_cast<std::chrono::seconds>(limits::stream_resume_max).count();
    put(out, "id", id);
    put(out, "resume", "true");
    put(out, "max", std::to_string(most));
  }
  return out + "/>";
}

std::string write_resume(const LostStream& lost) {
  std::string out = begin_of("resume");
  put(out, "h", std::to_string(lost.handled));
  put(out, "previd", lost.id);
  return out + "/>";
}

std::string write_resumed(const std::string& id, std::uint32_t handled) {
  std::string out = begin_of("resumed");
  put(out, "h", std::to_string(handled));
  put(out, "previd", id);
  return out + "/>";
}

std::string write_failed(std::string_view condition, std::optional<std::uint32_t> handled) {
  std::string out = begin_of("failed");
  if (handled) put(out, "h", std::to_string(*handled));
  return out + "><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
}

bool wants_resumption(const xml::Element& enable) {
  const std::string_view resume = enable.attribute("resume");
  return resume == "true" || resume == "1";
}

}  // namespace hanse::xmpp
