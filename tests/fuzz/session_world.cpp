// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/session_world.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse::fuzz {
namespace {

// The upper three bits of a decision say what happens, the lower five how many octets come (0:
// as many as a socket gives). Letters and digits are plain feeding, so that scripts can be
// written by hand.
enum class Happening : std::uint8_t {
  feed_0, feed_1, feed_2, feed_3, leave_open, answer_badly, time_passes, drain,
};
constexpr std::size_t read_bytes_max = 16 * 1024;   // no socket gives more at once
constexpr int rings_max = 100;
constexpr std::size_t body_bytes_max = 1024 * 1024;

}  // namespace

SessionWorld::SessionWorld(std::unique_ptr<Engine> engine, Answerer answerer)
    : answerer_(std::move(answerer)),
      session_(std::make_unique<Session>(std::move(engine), *this, *this, *this, log_, "p", "c",
                                         this)) {}

SessionWorld::~SessionWorld() = default;

void SessionWorld::play(std::string_view script_and_bytes) {
  std::string_view bytes = script_and_bytes;
  Script script(bytes);
  session_->open({"192.0.2.1", "192.0.2.7", 40000});
  answer_all();
  while (!bytes.empty() && !closing_) step(script.next(), bytes);
  // The peer falls silent: time alone must bring the session to its end.
  for (int rings = 0; !closing_ && deadline_; ++rings) {
    require(rings < rings_max, "the timers of a silent session come to an end");
    ring();
    answer_all();
    deliver_all();
  }
  end();
}

void SessionWorld::step(std::uint8_t decision, std::string_view& bytes) {
  const auto happening = static_cast<Happening>(decision >> 5);
  if (tls_wanted_) return finish_tls(happening != Happening::answer_badly);
  if (!reading_) return answer_first(happening != Happening::answer_badly);
  if (happening == Happening::time_passes) ring();
  if (happening == Happening::drain) session_->drain();
  if (!closing_ && reading_) feed(bytes, decision & 31u);
  if (happening == Happening::answer_badly && !questions_.empty()) answer_first(false);
  if (happening != Happening::leave_open) answer_all();
  deliver_all();
}

void SessionWorld::feed(std::string_view& bytes, std::size_t most) {
  const Exact piece(bytes.substr(0, most == 0 ? read_bytes_max : most));
  bytes.remove_prefix(piece.view().size());
  session_->on_received(piece.view());
}

void SessionWorld::finish_tls(bool well) {
  tls_wanted_ = false;
  if (!well) {
    session_->on_closed(true, "handshake failed");
    closing_ = true;
    return;
  }
  tls_up_ = true;
  session_->on_tls_up({"TLSv1.3", "TLS_AES_256_GCM_SHA384", "ab12", true, ""});
  answer_all();
}

void SessionWorld::answer_first(bool well) {
  require(!questions_.empty(), "a session that does not read has a question open");
  const Question question = std::move(questions_.front());
  questions_.pop_front();
  question.reply(well ? good_answer(question.ask)
                      : Answer(Error{Fault::try_later, "something is not there"}));
}

void SessionWorld::answer_all() {
  while (!questions_.empty()) answer_first(true);
}

void SessionWorld::deliver_all() {
  while (ready_ && !works_.empty() && !closing_) {
    Work work = std::move(works_.front());
    works_.pop_front();
    for (const Target& target : work.targets) given_.insert(target.id);
    session_->deliver(std::move(work));
    answer_all();
  }
}

void SessionWorld::ring() {
  if (!deadline_) return;
  now_ = std::max(now_, *deadline_);
  deadline_.reset();
  session_->on_deadline();
}

void SessionWorld::end() {
  session_->on_closed(false, "closed");
  require(session_->closed(), "Closed is the last event");
  answer_all();   // questions may outlive the session
  for (const DeliveryId id : given_) {
    require(outcomes_.contains(id), "every delivery is settled at the latest during Closed");
  }
  session_.reset();
  require(unfinished_.empty(), "every blob is submitted or discarded");
}

void SessionWorld::write(std::string_view bytes) {
  require(!bytes.empty(), "nothing is written as nothing");
  written_.append(bytes);
}

void SessionWorld::start_tls(TlsWish) {
  require(!tls_wanted_ && !tls_up_, "TLS starts once");
  tls_wanted_ = true;
}

void SessionWorld::answer(Ask ask, std::function<void(Answer)> reply) {
  require(questions_.size() < limits::asks_open_max, "questions are bounded");
  if (const Submit* submit = std::get_if<Submit>(&ask)) {
    unfinished_.erase(submit->submission.body.blob);
    require(body_of(submit->submission).size() == submit->submission.body.size,
            "a body has the size it says");
  }
  questions_.push_back({std::move(ask), std::move(reply)});
}

void SessionWorld::discard(std::int64_t blob) {
  require(unfinished_.erase(blob) == 1, "a blob is discarded once, and only an unfinished one");
}

void SessionWorld::session_settled(DeliveryId id, Outcome outcome) {
  require(given_.contains(id), "only what was given is settled");
  require(outcomes_.emplace(id, std::move(outcome)).second, "a delivery is settled once");
}

std::string SessionWorld::body_of(const Submission& submission) const {
  if (submission.body.bytes) return *submission.body.bytes;
  const auto blob = blobs_.find(submission.body.blob);
  return blob == blobs_.end() ? std::string() : blob->second;
}

Answer SessionWorld::good_answer(const Ask& ask) {
  if (const Keep* one = std::get_if<Keep>(&ask)) return keep(*one);
  if (const Fetch* one = std::get_if<Fetch>(&ask)) return fetch(*one);
  if (const Submit* one = std::get_if<Submit>(&ask)) submissions_.push_back(one->submission);
  return answerer_(ask);
}

Answer SessionWorld::keep(const Keep& keep) {
  const std::int64_t blob = keep.blob == 0 ? ++last_blob_ : keep.blob;
  if (keep.blob == 0) unfinished_.insert(blob);
  require(keep.blob == 0 || blobs_.contains(blob), "a blob is continued that exists");
  blobs_[blob].append(keep.bytes);
  require(blobs_[blob].size() <= body_bytes_max, "a blob is bounded by the size of a message");
  return Kept{blob};
}

Answer SessionWorld::fetch(const Fetch& fetch) const {
  const auto blob = blobs_.find(fetch.blob);
  require(blob != blobs_.end() && fetch.offset <= blob->second.size(), "a fetch inside a blob");
  return Fetched{blob->second.substr(fetch.offset, fetch.most)};
}

}  // namespace hanse::fuzz
