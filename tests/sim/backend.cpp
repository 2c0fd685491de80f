// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/backend.h"

#include <algorithm>
#include <utility>

#include "federation/lane_name.h"
#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/names.h"
#include "protocols/xmpp/stanza.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t dial_again_max_ms = 8'000;
constexpr std::uint16_t starttls_port = 5269, direct_port = 5270;

}  // namespace

// Answers the questions of one session, or, without a stream, of those that it dials.
// Lives until they are answered, as a connection does.
class Backend::Inbox final : public Services, public std::enable_shared_from_this<Inbox> {
 public:
  explicit Inbox(Backend& backend) : backend_(backend) {}
  Inbox(Backend& backend, Stream& stream)
      : backend_(backend), stream_(stream.weak_from_this()), number_(stream.number()) {}

  void answer(Ask ask, std::function<void(Answer)> reply) override {
    if (auto* verify = std::get_if<Verify>(&ask)) {
      reply(judge(*verify));
    } else if (std::holds_alternative<Permit>(ask)) {
      Permission permission;
      permission.answer = Permission::Answer::yes;
      reply(std::move(permission));
    } else if (std::holds_alternative<Convey>(ask)) {
      Outcome valid;
      valid.disposition = Disposition::delivered;
      valid.reply = "valid";
      later([reply = std::move(reply), valid] { reply(Conveyed{valid}); });
    } else if (auto* submit = std::get_if<Submit>(&ask)) {
      take(submit->submission, std::move(reply));
    } else if (auto* inherit = std::get_if<Inherit>(&ask)) {
      auto found = backend_.left_.extract(inherit->key);
      reply(Inherited{found.empty() ? nullptr : std::move(found.mapped())});
    } else {
      reply(Error{Fault::try_later, "a backend does not answer this"});
    }
  }

  void pass(Submission&& submission) override {
    // A peer that proved itself by dialback has no XEP-0198, and nothing asks for an answer.
    if (submission.envelope.flow == Flow::swift && is_ours(submission)) return keep(submission);
    backend_.hear(number_, submission);
  }
  void wake(const std::string&, const std::string&) override {}
  void discard(std::int64_t) override {}
  void leave(const LegacyKey& key, std::shared_ptr<const Legacy> legacy) override {
    if (legacy != nullptr) backend_.left_[key] = std::move(legacy);
    else backend_.left_.erase(key);
  }

 private:
  // It believes everybody; whom it takes for pinned needs no dialback.
  TrustDecision judge(const Verify& verify) {
    TrustDecision decision;
    decision.verdict = Verdict::accept;
    decision.evidence = verify.evidence;
    decision.peer = verify.claim.domain;
    if (!backend_.chance(backend_.manner_.asks_back))
      decision.evidence.push_back({"pin", true, {}});
    return decision;
  }

  void take(const Submission& submission, std::function<void(Answer)> reply) {
    const BackendManner& manner = backend_.manner_;
    if (gone_) return;
    if (backend_.chance(manner.later)) {
      const Envelope& envelope = submission.envelope;
      backend_.auditor_.turned_down(number_, envelope.key.native_id,
                                    to_text(envelope.to.front()));
      reply(Error{Fault::overloaded, "a backend that is not in the mood"});
    } else if (backend_.chance(manner.vanishes)) {
      gone_ = true;
      if (backend_.chance(50)) keep(submission);
      if (const std::shared_ptr<Stream> stream = stream_.lock()) stream->cut();
    } else {
      keep(submission);
      later([reply = std::move(reply)] { reply(Submitted{"kept"}); });
    }
  }

  void keep(const Submission& submission) {
    for (const Address& to : submission.envelope.to)
      backend_.auditor_.arrived(number_, submission.envelope, to, {});
    backend_.hear(number_, submission);
  }

  void later(std::function<void()> work) {
    const auto most = static_cast<std::uint64_t>(backend_.manner_.thinks_max.count());
    backend_.executor_.after(Duration(backend_.random_.below(most + 1)),
                             [self = shared_from_this(), work = std::move(work)] { work(); });
  }

  bool is_ours(const Submission& submission) const {
    return submission.envelope.to.front().domain == node_domain(backend_.number_);
  }

  Backend& backend_;
  const std::weak_ptr<Stream> stream_;
  const std::uint64_t number_ = 0;
  bool gone_ = false;                 // it takes nothing more
};

Backend::Backend(Timeline& timeline, Network& network, Auditor& auditor, Log& log, Random& random,
                 int number, std::shared_ptr<const ProtocolRoom> room)
    : auditor_(auditor),
      random_(random),
      number_(number),
      clock_(timeline, from_unix_ms(0)),
      executor_(timeline, clock_),
      services_(std::make_shared<Inbox>(*this)),
      dialer_({{executor_, clock_, log, auditor},
               network,
               *services_,
               edge_address(number),
               Auditor::sender,
               [room](std::string_view) { return room; }}),
      doors_({executor_, clock_, log, auditor}, [room](std::string_view) { return room; },
             [this](Stream& stream) { return std::make_shared<Inbox>(*this, stream); }) {
  for (const std::uint16_t port : {starttls_port, direct_port})
    network.listen(edge_address(number), port,
                   [this, port](End end) { accept(std::move(end), port == direct_port); });
}

Backend::~Backend() = default;

void Backend::accept(End end, bool tls_first) {
  if (chance(manner_.closes)) return;   // the end goes out of scope: a reset
  InboundContext context{chance(manner_.busy), true};
  context.tls_first = tls_first;
  doors_.adopt(std::move(end), "xmpp", context);
}

// ---- what comes ----

void Backend::hear(std::uint64_t stream, const Submission& submission) {
  const Result<xml::Element> stanza = xmpp::read_stanza(*submission.body.bytes);
  if (!stanza) return auditor_.fail("a stanza that cannot be read: " + stanza.error().what);
  const Address& to = submission.envelope.to.front();
  if (to.domain != node_domain(number_)) {   // an error of our own engine's
    const std::string id(stanza->attribute("id")), from(stanza->attribute("from"));
    return send({{id, Speech::notice, from, std::string(stanza->attribute("to")),
                  *submission.body.bytes}, false});
  }
  const bool fresh = auditor_.stanzas().arrived(stream, *stanza, to.domain);
  if (fresh && stanza->name == "iq") answer(*stanza);
}

void Backend::answer(const xml::Element& question) {
  xml::Element out(xmpp::ns::server, "iq");
  out.set("from", question.attribute("to"));
  out.set("to", question.attribute("from"));
  out.set("id", question.attribute("id"));
  out.set("type", "result");
  send({{std::string(question.attribute("id")), Speech::notice,
         std::string(question.attribute("to")), std::string(question.attribute("from")),
         xmpp::stanza_bytes(out)}, false});
}

// ---- what goes ----

void Backend::say(std::vector<Stanza> stanzas) {
  for (Stanza& stanza : stanzas) send({std::move(stanza), true});
}

void Backend::send(Word word) {
  const Result<xmpp::Jid> to = xmpp::parse_jid(word.stanza.to);
  if (!to) return auditor_.fail("a stanza to nowhere: " + word.stanza.to);
  Way& way = ways_[to->domain];
  way.waiting.push_back(std::move(word));
  go_on(to->domain);
}

void Backend::go_on(const std::string& domain) {
  Way& way = ways_[domain];
  while (way.ready && !way.waiting.empty()) {
    Word word = std::move(way.waiting.front());
    way.waiting.pop_front();
    deliver(way, std::move(word));
  }
  if (way.waiting.empty() || way.link != nullptr || std::exchange(way.dial_due, true)) return;
  executor_.after(std::chrono::milliseconds(random_.below(dial_again_max_ms)), [this, domain] {
    ways_[domain].dial_due = false;
    dial(domain);
  });
}

void Backend::dial(const std::string& domain) {
  Way& way = ways_[domain];
  const std::string node = node_address(number_);
  const bool direct = random_.below(2) == 0;
  const std::uint16_t port = direct ? direct_port : starttls_port;
  way.stream = ++streams_;
  way.link = dialer_.dial({"xmpp", pair_lane(node_domain(number_), domain, node),
                           {node, node, port, {}, direct}, TlsLevel::may}, *this);
}

void Backend::deliver(Way& way, Word word) {
  const Result<xml::Element> stanza = xmpp::read_stanza(word.stanza.bytes);
  const Result<xmpp::Jid> from = xmpp::parse_jid(word.stanza.from);
  const Result<xmpp::Jid> to = xmpp::parse_jid(word.stanza.to);
  if (!stanza || !from || !to) return auditor_.fail("a stanza nobody can read");
  Submission submission = xmpp::to_submission({*stanza, *from, *to, true});
  submission.envelope.accepted = clock_.utc();
  Work work;
  work.body = std::move(submission.body);
  work.targets.push_back({++last_id_, submission.envelope.to.front(), 1});
  work.envelope = std::make_shared<const Envelope>(std::move(submission.envelope));
  if (word.own) {
    word.stanza.bytes = *work.body.bytes;
    auditor_.stanzas().sent(word.stanza, way.stream | static_cast<std::uint64_t>(number_) << 32u);
    if (work.envelope->flow == Flow::durable)
      auditor_.sent(word.stanza.id, word.stanza.bytes, work.envelope->to);
  }
  way.link->deliver(std::move(work));
}

bool Backend::idle() const {
  return std::all_of(ways_.begin(), ways_.end(),
                     [](const auto& each) { return each.second.waiting.empty(); });
}

Backend::Way* Backend::way_of(const Link& link) {
  for (auto& [domain, way] : ways_)
    if (way.link.get() == &link) return &way;
  return nullptr;
}

void Backend::link_ready(Link& link) {
  Way* const way = way_of(link);
  way->ready = true;
  for (auto& [domain, each] : ways_)
    if (&each == way) return go_on(domain);
}

void Backend::link_closed(Link& link, const LinkEnd&) {
  Way* const way = way_of(link);
  way->ready = false;
  // Its event is still on the stack of the link.
  executor_.post([gone = std::shared_ptr<Link>(std::move(way->link))] {});
  for (const auto& [domain, each] : ways_)
    if (&each == way) return go_on(domain);
}

}  // namespace hanse::sim
