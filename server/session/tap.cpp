// SPDX-License-Identifier: Apache-2.0
#include "server/session/tap.h"

#include <algorithm>
#include <utility>

#include "federation/lane_name.h"
#include "server/base/limits.h"

namespace hanse {

namespace {

constexpr std::size_t names_shown_max = 8;    // of one kind in one certificate

bool knows(const TraceFeed& feed, const std::vector<std::string>& names) {
  return feed.wish().peer.empty() ||
         std::any_of(names.begin(), names.end(),
                     [&feed](const std::string& name) { return feed.names(name); });
}

void add_names(std::string& out, const std::vector<std::string>& names, std::string_view kind) {
  for (std::size_t i = 0; i < std::min(names.size(), names_shown_max); ++i)
    out += (out.empty() ? "" : ", ") + std::string(kind) + " " + names[i];
  if (names.size() > names_shown_max)
    out += ", and " + std::to_string(names.size() - names_shown_max) + " more";
}

std::string certificate_text(const CertificateFacts& facts) {
  std::string out;
  add_names(out, facts.dns_names, "DNS");
  std::vector<std::string> others;
  for (const OtherName& name : facts.other_names) others.push_back(name.type + " " + name.text);
  add_names(out, others, "other");
  add_names(out, facts.ip_addresses, "IP");
  if (out.empty()) out = "no name but CN " + facts.common_name;
  return out + "; valid from " + format_utc(facts.not_before) + " to " +
         format_utc(facts.not_after) + "; SHA-256 " + facts.sha256 + "; key " + facts.key_sha256;
}

}  // namespace

bool Tap::may_watch(const TraceFeed& feed, const TapPlace& place) {
  return !feed.closed() && feed.wants(place.protocol) &&
         (place.may_name_itself || knows(feed, place.names));
}

Tap::Tap(std::shared_ptr<TraceFeed> feed, std::unique_ptr<Redactor> redactor, TapPlace place,
         const Clock& clock)
    : feed_(std::move(feed)), redactor_(std::move(redactor)), place_(std::move(place)),
      clock_(clock) {
  if (!place_.names.empty()) peer_ = place_.names.front();
  if (!knows(*feed_, place_.names))
    interest_ = feed_->begin_holding() ? Interest::holding : Interest::waiting;
}

Tap::~Tap() { stop_holding(); }

void Tap::stop_holding() {
  if (interest_ != Interest::holding) return;
  feed_->end_holding();
  held_.clear();
  interest_ = Interest::waiting;
}

void Tap::put(TraceLine::Kind kind, std::string text, bool good) {
  if (interest_ == Interest::waiting) return;
  TraceLine line{clock_.utc(), kind, place_.protocol, place_.connection, peer_, std::move(text),
                 good};
  if (interest_ == Interest::yes) return feed_->put(std::move(line));
  if (held_.size() == limits::trace_lines_held_max) held_.pop_front();
  if (line.text.size() > limits::trace_line_bytes_max)
    line.text.resize(limits::trace_line_bytes_max);
  held_.push_back(std::move(line));
}

// It has said who it is: then what was held is of interest, or nothing more is held.
void Tap::named(std::string_view name) {
  if (name.empty() || interest_ == Interest::yes) return;
  if (!feed_->names(name)) return stop_holding();
  const std::deque<TraceLine> held = std::exchange(held_, {});
  stop_holding();
  interest_ = Interest::yes;
  peer_ = name;
  for (TraceLine line : held) {
    line.peer = peer_;
    feed_->put(std::move(line));
  }
}

void Tap::opened(std::string_view text) { put(TraceLine::Kind::opened, std::string(text)); }

void Tap::octets(bool from_peer, std::string_view bytes) {
  if (feed_->closed()) return;
  const auto kind = from_peer ? TraceLine::Kind::received : TraceLine::Kind::sent;
  if (redactor_ == nullptr) return put(kind, "[" + std::to_string(bytes.size()) + " octets]");
  std::vector<std::string> lines;
  redactor_->read(from_peer, bytes, lines);
  for (std::string& line : lines) put(kind, std::move(line));
}

void Tap::tls(const TlsFacts& facts) {
  put(TraceLine::Kind::tls,
      facts.version + " " + facts.cipher + (facts.alpn.empty() ? "" : ", ALPN " + facts.alpn) +
          (facts.server_name.empty() ? "" : ", asked for " + facts.server_name));
  if (!facts.chain || facts.chain->certificates.empty())
    return put(TraceLine::Kind::certificate, "none was shown");
  const CertificateChain& chain = *facts.chain;
  put(TraceLine::Kind::certificate,
      certificate_text(chain.certificates.front()) + "; chain of " +
          std::to_string(chain.certificates.size()) +
          (chain.valid ? ", leads to a known authority" : ", not valid: " + chain.error),
      chain.valid);
}

void Tap::asked(const Verify& question) { named(question.claim.domain); }

void Tap::decided(const TrustDecision& decision) {
  named(decision.peer);
  std::string text = decision.why;
  for (const Evidence& one : decision.evidence)
    text += "; " + std::string(one.kind) + (one.passed ? " yes" : " no") +
            (one.detail.empty() ? "" : ": " + one.detail);
  const bool good = decision.verdict == Verdict::accept;
  put(TraceLine::Kind::trust, (good ? "trusted: " : "not trusted: ") + text, good);
}

// Who proved itself in the protocol's own way, with no question of trust, is known by its lane.
void Tap::serves(std::string_view lane) {
  named(split_lane(lane.substr(0, lane.find('?'))).target);
}

void Tap::note(std::string_view event, std::string_view text) {
  put(TraceLine::Kind::note, std::string(event) + ": " + std::string(text));
}

void Tap::closed(std::string_view why) { put(TraceLine::Kind::closed, std::string(why)); }

}  // namespace hanse
