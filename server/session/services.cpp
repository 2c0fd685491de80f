// SPDX-License-Identifier: Apache-2.0
#include "server/session/services.h"

namespace hanse {

namespace {

using Reply = std::function<void(Answer)>;

// Hands a Result on as an Answer: its value in the shape the engine expects, or its Error.
template <class Shape, class Value>
std::function<void(Result<Value>)> shaped(Reply reply) {
  return [reply = std::move(reply)](Result<Value> result) {
    if (result) {
      reply(Shape{std::move(result).value()});
    } else {
      reply(std::move(result).error());
    }
  };
}

// One overload per question.
struct Answerer {
  Exchange& exchange;
  Resolver& resolver;
  Blobs& blobs;
  Reply reply;

  void operator()(Verify ask) { reply(exchange.verify(ask.claim, ask.evidence, ask.size_bytes)); }
  void operator()(Permit ask) { reply(exchange.permit(ask.question)); }
  void operator()(Submit ask) {
    exchange.submit(std::move(ask.submission), shaped<Submitted, std::string>(std::move(reply)));
  }
  void operator()(Convey ask) {
    exchange.convey(std::move(ask.submission), shaped<Conveyed, Outcome>(std::move(reply)));
  }
  void operator()(Lookup ask) {
    resolver.lookup(std::move(ask.question), shaped<DnsAnswer, DnsAnswer>(std::move(reply)));
  }
  void operator()(Keep ask) {
    blobs.append(ask.blob, std::move(ask.bytes), shaped<Kept, std::int64_t>(std::move(reply)));
  }
  void operator()(Heed ask) {
    ask.bell->wait(exchange.door(), [reply = std::move(reply)] { reply(Heard{}); });
  }
  void operator()(Inherit ask) {
    exchange.legacies().inherit(ask.key, [reply = std::move(reply)](
                                             std::shared_ptr<const Legacy> legacy) {
      reply(Inherited{std::move(legacy)});
    });
  }
  void operator()(Fetch ask) {
    blobs.fetch(ask.blob, ask.offset, ask.most, shaped<Fetched, std::string>(std::move(reply)));
  }
};

}  // namespace

void NodeServices::answer(Ask ask, std::function<void(Answer)> reply) {
  std::visit(Answerer{exchange_, resolver_, blobs_, std::move(reply)}, std::move(ask));
}

void NodeServices::pass(Submission&& submission) {
  exchange_.pass(std::move(submission));
}

}  // namespace hanse
