// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/edge.h"

#include <utility>

namespace hanse::sim {

// Answers the questions of one session.
// Lives until all is answered, as a connection does.
class Edge::Mailbox final : public Services, public std::enable_shared_from_this<Mailbox> {
 public:
  Mailbox(Edge& edge, Stream& stream) : edge_(edge), stream_(stream.weak_from_this()),
                                        number_(stream.number()) {}

  void answer(Ask ask, std::function<void(Answer)> reply) override {
    if (std::holds_alternative<Verify>(ask)) {
      TrustDecision decision;
      decision.verdict = Verdict::accept;
      reply(std::move(decision));
    } else if (auto* permit = std::get_if<Permit>(&ask)) {
      reply(judge(permit->question));
    } else if (auto* keep = std::get_if<Keep>(&ask)) {
      if (keep->blob == 0) keep->blob = ++last_blob_;
      blobs_[keep->blob] += keep->bytes;
      later([reply = std::move(reply), blob = keep->blob] { reply(Kept{blob}); });
    } else if (auto* submit = std::get_if<Submit>(&ask)) {
      take(std::move(submit->submission), std::move(reply));
    } else {
      reply(Error{Fault::try_later, "an edge does not answer this"});
    }
  }

  void pass(Submission&&) override {}
  void wake(const std::string&, const std::string&) override {}
  void discard(std::int64_t blob) override { blobs_.erase(blob); }

 private:
  Permission judge(const PermissionQuestion& question) {
    Permission permission;
    permission.answer = Permission::Answer::yes;
    if (question.to.local.starts_with(dead_mark)) {
      permission.answer = Permission::Answer::no_such_address;
    } else if (edge_.chance(edge_.manner_.recipient_later)) {
      permission.answer = Permission::Answer::not_now;
    }
    return permission;
  }

  void take(Submission submission, std::function<void(Answer)> reply) {
    const EdgeManner& manner = edge_.manner_;
    std::string content = submission.body.bytes ? *submission.body.bytes
                                                : std::exchange(blobs_[submission.body.blob], {});
    if (!submission.envelope.from.empty() && edge_.chance(manner.message_never)) {
      reply(Error{Fault::never, "an edge that does not like it"});
    } else if (edge_.chance(manner.message_later)) {
      reply(Error{Fault::try_later, "an edge that is not in the mood"});
    } else if (edge_.chance(manner.vanishes)) {
      if (edge_.chance(50)) keep(submission.envelope, content);
      if (const std::shared_ptr<Stream> stream = stream_.lock()) stream->cut();
    } else {
      keep(submission.envelope, content);
      later([reply = std::move(reply)] { reply(Submitted{"kept"}); });
    }
  }

  void keep(const Envelope& envelope, const std::string& content) {
    for (const Address& to : envelope.to) edge_.auditor_.arrived(number_, envelope, to, content);
  }

  void later(std::function<void()> work) {
    const auto most = static_cast<std::uint64_t>(edge_.manner_.thinks_max.count());
    edge_.executor_.after(Duration(edge_.random_.below(most + 1)),
                          [self = shared_from_this(), work = std::move(work)] { work(); });
  }

  Edge& edge_;
  const std::weak_ptr<Stream> stream_;
  const std::uint64_t number_;
  std::map<std::int64_t, std::string> blobs_;
  std::int64_t last_blob_ = 0;
};

Edge::Edge(Timeline& timeline, Network& network, Auditor& auditor, Log& log, Random& random,
           std::string address, std::shared_ptr<const ProtocolRoom> room)
    : auditor_(auditor),
      random_(random),
      clock_(timeline, from_unix_ms(0)),
      executor_(timeline, clock_),
      doors_({executor_, clock_, log, auditor}, [room](std::string_view) { return room; },
             [this](Stream& stream) { return std::make_shared<Mailbox>(*this, stream); }) {
  network.listen(address, 25, [this](End end) { accept(std::move(end)); });
}

void Edge::accept(End end) {
  if (chance(manner_.closes)) return;   // the end goes out of scope: a reset
  doors_.adopt(std::move(end), "smtp", {chance(manner_.busy), true});
}

}  // namespace hanse::sim
