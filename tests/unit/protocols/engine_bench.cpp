// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/engine_bench.h"

#include <algorithm>
#include <set>

namespace hanse::test {

// A bell that is heeded anew rings another time.
void EngineBench::answer_all(const Answerer& answerer) {
  std::set<const Bell*> heard;
  std::deque<Question> anew;
  while (!open_.empty()) {
    const Heed* const heed = std::get_if<Heed>(&open_.front().ask);
    if (heed == nullptr || heard.insert(heed->bell.get()).second) {
      answer_first(answerer(open_.front().ask));
    } else {
      anew.push_back(std::move(open_.front()));
      open_.pop_front();
    }
  }
  open_ = std::move(anew);
}

void EngineBench::answer_first(Answer answer) {
  const AskId id = open_.front().id;
  open_.pop_front();
  event(Answered{id, std::move(answer)});
}

void EngineBench::pass(Duration time) {
  const Instant end = now_ + time;
  for (;;) {
    const auto earliest = std::min_element(timers_.begin(), timers_.end());
    if (*earliest > end) break;
    now_ = std::max(now_, *earliest);
    *earliest = Instant::max();
    event(Rang{static_cast<TimerId>(earliest - timers_.begin())});
  }
  now_ = end;
}

std::string EngineBench::body_of(const Submission& submission) const {
  if (submission.body.bytes != nullptr) return *submission.body.bytes;
  const auto found = blobs_.find(submission.body.blob);
  return found == blobs_.end() ? "no such blob" : found->second;
}

void EngineBench::send(std::string_view bytes) {
  output_.append(bytes);
  ++writes_;
}

AskId EngineBench::ask(Ask ask) {
  if (Keep* keep = std::get_if<Keep>(&ask)) {
    if (keep->blob == 0) blobs_[first_blob].clear();
    blobs_[keep->blob == 0 ? first_blob : keep->blob].append(keep->bytes);
  }
  open_.push_back({++last_ask_, std::move(ask)});
  return last_ask_;
}

void EngineBench::note(Level, std::string_view event, std::string_view text) {
  log_.append(event).append(" ").append(text).append("\n");
}

namespace {

std::string in_brackets(const Address& address) {
  return "<" + (address.empty() ? std::string() : address.local + "@" + address.domain) + ">";
}

struct Describer {
  std::string operator()(const Verify& ask) const {
    std::string out = "verify " + ask.claim.name + " " + ask.claim.address;
    for (const Evidence& one : ask.evidence)
      out.append(" ").append(one.kind).append(one.passed ? "+" : "-");
    if (ask.size_bytes > 0) out += " size " + std::to_string(ask.size_bytes);
    return out;
  }
  std::string operator()(const Permit& ask) const {
    const PermissionQuestion& question = ask.question;
    return "permit " + in_brackets(question.from) + " -> " + in_brackets(question.to) +
           (question.peer.empty() ? "" : " peer " + question.peer);
  }
  std::string operator()(const Submit& ask) const { return handed("submit ", ask.submission); }
  std::string operator()(const Convey& ask) const { return handed("convey ", ask.submission); }

  std::string handed(std::string_view how, const Submission& submission) const {
    const Envelope& envelope = submission.envelope;
    std::string out = std::string(how) + in_brackets(envelope.from) + " ->";
    for (const Address& to : envelope.to) out += " " + in_brackets(to);
    return out + " size " + std::to_string(submission.body.size) +
           (envelope.native.empty() ? "" : " " + envelope.native);
  }
  std::string operator()(const Lookup& ask) const {
    return "lookup " + ask.question.name + " " + std::string(dns_type_name(ask.question.type));
  }
  std::string operator()(const Keep& ask) const {
    return "keep " + std::to_string(ask.bytes.size());
  }
  std::string operator()(const Heed&) const { return "heed"; }
  std::string operator()(const Inherit& ask) const { return "inherit " + ask.key.place; }
  std::string operator()(const Fetch& ask) const { return "fetch " + std::to_string(ask.most); }
};

}  // namespace

std::string describe(const Ask& ask) { return std::visit(Describer{}, ask); }

}  // namespace hanse::test
