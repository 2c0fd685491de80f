// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/auditor.h"

#include <algorithm>

#include "protocols/xmpp/sending.h"
#include "server/base/text.h"

namespace hanse::sim {

namespace {

constexpr std::uint64_t hops_max = 4;   // two nodes and a backup, with one to spare

bool is_fleeting(const Envelope& envelope) {
  return envelope.flow == Flow::live || envelope.flow == Flow::latest;
}


// How many Received fields stand before the original; nothing else may.
bool read_trace(std::string_view trace, std::uint64_t& hops) {
  hops = 0;
  while (!trace.empty()) {
    const std::size_t end = trace.find("\r\n");
    if (end == std::string_view::npos) return false;
    if (trace.starts_with("Received:")) {
      ++hops;
    } else if (hops == 0 || (trace.front() != ' ' && trace.front() != '\t')) {
      return false;
    }
    trace.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace

bool Auditor::is_report(const std::string& token) { return token.starts_with(report_mark); }

std::string Auditor::quoted(const std::string& token, const std::string& to) {
  return token + " to " + to;
}

std::string Auditor::token_of(const Envelope& envelope) {
  if (envelope.from.protocol == "xmpp")
    return (envelope.is_report ? std::string(report_mark) : "") + envelope.key.native_id;
  if (!envelope.from.empty()) return envelope.from.local;
  return std::string(report_mark) + (envelope.to.empty() ? "" : envelope.to.front().local);
}

void Auditor::fail(const std::string& what) {
  if (!failure_.empty()) return;
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
      timeline_.now().time_since_epoch());
  failure_ = what + " (at " + std::to_string(time.count()) + " ms)";
}

void Auditor::check(bool holds, const char* what) {
  if (!holds) fail(what);
}

// ---- the senders ----

void Auditor::sent(const std::string& token, std::string content, const std::vector<Address>& to) {
  messages_[token].content = std::move(content);
  for (const Address& each : to) books_[{token, to_text(each)}];
}

// ---- streams ----

void Auditor::attempt(std::uint64_t stream, int node, const Envelope& envelope,
                      const Address& to) {
  if (is_fleeting(envelope)) return;
  Transfer& transfer = transfers_[{stream, token_of(envelope), to_text(to)}];
  transfer.node = node;
  ++transfer.attempts;
}

void Auditor::outcome(std::uint64_t stream, int node, const Envelope& envelope, const Address& to,
                      const Outcome& outcome, bool stored) {
  if (is_fleeting(envelope)) return;
  const std::string token = token_of(envelope);
  const std::string address = to_text(to);
  timeline_.mix(token);
  timeline_.mix(static_cast<std::uint64_t>(outcome.disposition));
  Transfer& transfer = transfers_[{stream, token, address}];
  Book& book = books_[{token, address}];
  ++transfer.answered;
  if (outcome.disposition != Disposition::delivered) {
    if (outcome.ambiguous) ++transfer.unsure;
    if (node == sender) ++(outcome.ambiguous ? book.unknown : book.refused);
    return;
  }
  if (outcome.reply == xmpp::known_later) {
    claimed_later(stream, token, address);
  } else if (transfer.claimed < transfer.accepted) {
    ++transfer.claimed;
  } else if (envelope.from.protocol != "xmpp" || !known_from_before(node, token, address)) {
    fail("claimed as delivered, accepted by nobody: " + quoted(token, address));
  }
  if (node != sender) {
    if (stored) ++unrecorded_[{node, {token, address}}];
    return;
  }
  ++book.acknowledged;
  stanzas_.acknowledged(token);
  if (book.begun == 0 && !book.told)  // D1
    fail("acknowledged before it was committed: " + quoted(token, address));
}

// ---- nodes ----

void Auditor::submitting(int node, std::uint64_t stream, const Envelope& envelope) {
  submitting_[node].push_back({stream, token_of(envelope), envelope.to});
}

void Auditor::refused(int node, std::uint64_t stream, const Envelope& envelope) {
  const std::string token = token_of(envelope);
  std::erase_if(submitting_[node], [&](const Submitting& each) {
    return each.stream == stream && each.token == token;
  });
}

void Auditor::committed(int node, const Envelope& envelope) {
  const std::string token = token_of(envelope);
  std::deque<Submitting>& waiting = submitting_[node];
  const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const Submitting& each) {
    return each.token == token && each.to == envelope.to;
  });
  if (found != waiting.end()) {
    for (const Address& to : found->to) accepted(found->stream, token, to);
    stanzas_.went_by_id(node, found->stream, token);
    waiting.erase(found);
    return;
  }
  if (!envelope.is_report) fail("a node committed what nobody sent: " + token);
  for (const Address& to : envelope.to) ++books_[{token, to_text(to)}].begun;
}

void Auditor::accepted(std::uint64_t stream, const std::string& token, const Address& to) {
  const std::string address = to_text(to);
  timeline_.mix(token);
  timeline_.mix(address);
  Transfer& transfer = transfers_[{stream, token, address}];
  ++transfer.accepted;
  if (transfer.attempts == 0) fail("accepted, but never sent: " + quoted(token, address));
  if (transfer.node == sender) ++books_[{token, address}].begun;
}

void Auditor::leg(int node, DeliveryId id, const Envelope& envelope, const Address& to,
                  bool claimed) {
  Item& item = legs_[{node, id}];
  if (claimed && item.token.empty()) found_after_all(node, envelope);
  item = {token_of(envelope), to_text(to)};
}

void Auditor::doubtful(int node, const Envelope& envelope) {
  const std::string token = token_of(envelope);
  std::deque<Submitting>& waiting = submitting_[node];
  const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const Submitting& each) {
    return each.token == token && each.to == envelope.to;
  });
  const bool sent = found != waiting.end();
  doubtful_[node].push_back({sent ? found->stream : 0, token, envelope.to});
  if (sent) waiting.erase(found);
}

// Who sent it heard no yes, perhaps a no: one more may come.
void Auditor::found_after_all(int node, const Envelope& envelope) {
  const std::string token = token_of(envelope);
  std::deque<Submitting>& doubts = doubtful_[node];
  const auto found = std::find_if(doubts.begin(), doubts.end(), [&](const Submitting& each) {
    return each.token == token && each.to == envelope.to;
  });
  if (found == doubts.end()) return;
  for (const Address& to : found->to) {
    if (found->stream == 0) {
      ++books_[{token, to_text(to)}].begun;
    } else {
      ++transfers_[{found->stream, token, to_text(to)}].unsure;
      accepted(found->stream, token, to);
    }
  }
  doubts.erase(found);
}

void Auditor::doubtful_result(int node, DeliveryId id, Disposition disposition) {
  const auto leg = legs_.find({node, id});
  if (leg != legs_.end() && disposition == Disposition::failed) ++books_[leg->second].failures;
}

void Auditor::recorded(int node, DeliveryId id, Disposition disposition) {
  const auto leg = legs_.find({node, id});
  if (leg == legs_.end()) return fail("settled a leg nobody has seen");
  const Item& item = leg->second;
  if (disposition == Disposition::failed) ++books_[item].failures;
  if (disposition != Disposition::delivered) return;
  if (--unrecorded_[{node, item}] < 0)
    fail("recorded as delivered, but not delivered: " + quoted(item.token, item.to));
}

void Auditor::expired(int node) {
  timeline_.mix(static_cast<std::uint64_t>(node));
  expired_ = true;
}

void Auditor::crashed(int node) {
  submitting_.erase(node);
  for (auto each = unrecorded_.begin(); each != unrecorded_.end();) {
    if (each->first.first != node) {
      ++each;
      continue;
    }
    books_[each->first.second].windows += static_cast<unsigned>(std::max(each->second, 0));
    each = unrecorded_.erase(each);
  }
}

void Auditor::ended_cleanly(int node) {
  for (const auto& [key, waiting] : unrecorded_)
    if (key.first == node && waiting > 0)
      fail("a clean exit forgot a result: " + quoted(key.second.token, key.second.to));
  crashed(node);
}

// ---- edges ----

void Auditor::arrived(std::uint64_t stream, const Envelope& envelope, const Address& to,
                      const std::string& content) {
  const std::string token = token_of(envelope);
  accepted(stream, token, to);
  Book& book = books_[{token, to_text(to)}];
  ++book.arrived;
  if (book.begun == 0) fail("arrived, but was never accepted: " + quoted(token, to_text(to)));
  if (envelope.from.protocol == "xmpp") return;   // the book of stanzas has its own checks
  if (is_report(token)) {
    read_report(envelope, content);
  } else {
    check_content(token, content);
  }
}

void Auditor::check_content(const std::string& token, const std::string& content) {
  const std::string& original = messages_[token].content;
  std::uint64_t hops = 0;
  if (!content.ends_with(original) ||
      !read_trace(std::string_view(content).substr(0, content.size() - original.size()), hops))
    return fail("arrived changed below the trace header: " + token);
  hops_most_ = std::max(hops_most_, hops);
  if (hops == 0 || hops > hops_max)
    fail("arrived after " + std::to_string(hops) + " hops: " + token);
}

// The recipients a report names, as a sender's program would read them (RFC 3464 2.3.2).
void Auditor::read_report(const Envelope& envelope, const std::string& content) {
  constexpr std::string_view field = "Final-Recipient: rfc822;";
  const std::string token = envelope.to.front().local;
  unsigned named = 0;
  for (std::size_t at = content.find(field); at != std::string::npos;
       at = content.find(field, at + 1)) {
    const std::size_t begin = at + field.size();
    const std::string address(
        trim(std::string_view(content).substr(begin, content.find("\r\n", begin) - begin)));
    const auto book = books_.find({token, address});
    if (book == books_.end()) return fail("a report names a stranger: " + quoted(token, address));
    ++book->second.returned;
    ++named;
    if (book->second.failures == 0 && !expired_)
      fail("reported as failed, but did not fail: " + quoted(token, address));
  }
  if (named == 0) fail("a report names nobody: " + token);
}

// ---- the end ----

bool Auditor::is_missing(const Item& item, const Book& book) const {
  if (book.begun == 0 || book.arrived > 0 || book.returned > 0 || book.told) return false;
  if (is_report(item.token)) return !may_be_dropped(book);
  if (book.failures == 0 && !expired_) return true;
  // It failed, and so did every way to tell the sender (smtp B-5)?
  const std::string report = std::string(report_mark) + item.token;
  const auto told = books_.lower_bound({report, ""});
  return told == books_.end() || told->first.token != report || !may_be_dropped(told->second);
}

bool Auditor::may_be_dropped(const Book& report) const {
  return report.failures > 0 || (expired_ && report.begun > report.arrived);
}

std::vector<Auditor::Item> Auditor::missing() const {
  std::vector<Item> out;
  for (const auto& [item, book] : books_)
    if (is_missing(item, book)) out.push_back(item);
  return out;
}

bool Auditor::all_settled() const {
  return std::all_of(unrecorded_.begin(), unrecorded_.end(),
                     [](const auto& each) { return each.second == 0; }) &&
         std::none_of(books_.begin(), books_.end(),
                      [this](const auto& each) { return is_missing(each.first, each.second); });
}

void Auditor::conclude() {
  conclude_transfers();
  for (const auto& [item, book] : books_) conclude_item(item, book);
}

void Auditor::conclude_transfers() {
  for (const auto& [key, transfer] : transfers_) {
    const unsigned unclaimed = transfer.accepted - std::min(transfer.accepted, transfer.claimed);
    if (unclaimed == 0) continue;
    const std::string& token = std::get<1>(key);
    const std::string& to = std::get<2>(key);
    const unsigned unanswered = transfer.attempts - std::min(transfer.attempts, transfer.answered);
    if (unclaimed > transfer.unsure + unanswered)
      fail("accepted over there, taken for refused here: " + quoted(token, to));
    if (transfer.node != sender) books_[{token, to}].windows += unclaimed;
  }
}

void Auditor::conclude_item(const Item& item, const Book& book) {
  const std::string name = quoted(item.token, item.to);
  if (!is_report(item.token) && book.begun > 1) fail("taken in twice: " + name);
  if (book.arrived > book.begun + book.windows && !(is_report(item.token) && book.told))
    fail("arrived " + std::to_string(book.arrived) + " times with " +
         std::to_string(book.windows) + " windows: " + name);
  if (book.arrived > 0 && book.returned > 0 && book.windows == 0)
    fail("arrived and was returned: " + name);
}

Auditor::Figures Auditor::figures() const {
  Figures out;
  for (const auto& [item, book] : books_) {
    ++out.items;
    out.acknowledged += book.acknowledged;
    out.unknown += book.unknown;
    out.refused += book.refused;
    out.arrived += book.arrived > 0 ? 1 : 0;
    out.returned += book.returned > 0 ? 1 : 0;
    out.windows += book.windows;
    out.twice += book.arrived > 1 ? 1 : 0;
  }
  out.hops_most = hops_most_;
  out.claimed_later = claimed_later_;
  out.known = known_;
  return out;
}

}  // namespace hanse::sim
