// SPDX-License-Identifier: Apache-2.0
// What an engine asks and what it hands on: in order, and no more than there is room for.

#include <algorithm>
#include <utility>

#include "server/session/session_state.h"

namespace hanse {

namespace {

bool holds_input(const Ask& ask) {
  if (const Lookup* lookup = std::get_if<Lookup>(&ask)) return !lookup->background;
  if (const Submit* submit = std::get_if<Submit>(&ask)) return !submit->background;
  if (const Heed* heed = std::get_if<Heed>(&ask)) return !heed->background;
  return !std::holds_alternative<Fetch>(ask) && !std::holds_alternative<Convey>(ask);
}

bool reaches_beyond(const Ask& ask) {
  const Submit* const submit = std::get_if<Submit>(&ask);
  return submit != nullptr && submit->beyond;
}

bool is_fleeting(const Question& question) {
  const Submit* const submit = std::get_if<Submit>(&question.ask);
  if (submit == nullptr || question.id != 0) return false;
  const Flow flow = submit->submission.envelope.flow;
  return flow == Flow::live || flow == Flow::latest;
}

// Its answer makes the engine send more.
bool brings_output(const Ask& ask) {
  const Heed* const heed = std::get_if<Heed>(&ask);
  return std::holds_alternative<Fetch>(ask) || (heed != nullptr && heed->background);
}

}  // namespace

AskId Session::State::ask(Ask ask) {
  observe(ask);
  questions_.push_back({++last_ask_, std::move(ask)});
  return last_ask_;
}

void Session::State::observe(const Ask& ask) {
  if (std::holds_alternative<Submit>(ask)) ++messages_;
  const Verify* verify = std::get_if<Verify>(&ask);
  if (verify == nullptr) return;
  claimed_ = verify->claim.domain;
  for (const auto& tap : taps_) tap->asked(*verify);
}

// For who looks at the connection: what it is believed by.
void Session::State::observe(const Answer& answer) {
  const TrustDecision* decision = std::get_if<TrustDecision>(&answer);
  if (decision == nullptr) return;
  for (const auto& tap : taps_) tap->decided(*decision);
  const bool accepted = decision->verdict == Verdict::accept;
  judged_ = accepted ? "accepted" : "refused";
  for (const Evidence& one : decision->evidence) {
    if (!accepted || !one.passed || one.kind == "tls") continue;
    judged_.append(" by ").append(one.kind);
    if (!one.detail.empty()) judged_.append(": ").append(one.detail);
    return;
  }
  if (!decision->why.empty()) judged_ += ": " + decision->why;
}

void Session::State::pass(Submission submission) {
  ++messages_;
  if (!blobs_.empty()) std::erase(blobs_, submission.body.blob);
  if (questions_.capacity() == 0) questions_.reserve(asked_last_);
  Question& question = questions_.emplace_back();
  question.ask.emplace<Submit>().submission = std::move(submission);
}

void Session::State::ask_questions(bool last) {
  if (questions_.empty()) return;
  asked_last_ = questions_.size();
  for (Question& question : std::exchange(questions_, {})) {
    if (question.id == 0) {
      count_in(std::get<Submit>(question.ask).submission);
      if (order_.may_go(question)) put_question(std::move(question));
    } else if (!last) {
      open_question(std::move(question));
    }
  }
}

void Session::State::open_question(Question question) {
  const bool held_input = holds_input(question.ask);
  ++asks_open_;
  if (held_input) ++asks_holding_;
  if (reaches_beyond(question.ask)) ++beyond_open_;
  if (asks_open_ > limits::asks_open_max) {
    answered(question.id, {held_input, reaches_beyond(question.ask)},
             Error{Fault::overloaded, "too many questions open in one session"});
  } else if (brings_output(question.ask) && wire_.unwritten() > limits::output_low_bytes) {
    delayed_.push_back(std::move(question));  // until some of it is written
  } else if (!std::holds_alternative<Submit>(question.ask) || order_.may_go(question)) {
    put_question(std::move(question));
  }
}

// The reply keeps this state alive, not the session or its wire: closed_ guards both.
void Session::State::put_question(Question&& question) {
  Submit* const submit = std::get_if<Submit>(&question.ask);
  if (submit != nullptr && question.id == 0) return services_.pass(std::move(submit->submission));
  const Manner manner{holds_input(question.ask), reaches_beyond(question.ask)};
  std::string pair;
  if (submit != nullptr) {
    std::erase(blobs_, submit->submission.body.blob);
    pair = PairOrder::pair_of(submit->submission);
  }
  if (const Inherit* inherit = std::get_if<Inherit>(&question.ask))
    return put_inherit(question.id, inherit->key);
  // A bell is its room's, which the engine holds: it may never ring, and must not keep the engine.
  const std::shared_ptr<State> kept =
      std::holds_alternative<Heed>(question.ask) ? nullptr : shared_from_this();
  services_.answer(std::move(question.ask),
                   [weak = weak_from_this(), kept, id = question.id, manner,
                    pair = std::move(pair)](Answer answer) {
                     const std::shared_ptr<State> self = weak.lock();
                     if (self == nullptr) return;
                     const Error* const error = std::get_if<Error>(&answer);
                     self->lost_ |= !pair.empty() && error != nullptr &&
                                    error->fault == Fault::broken;
                     self->answered(id, manner, std::move(answer));
                     if (!pair.empty()) self->go_on(pair);
                   });
}

// What finds nobody any more goes back.
void Session::State::put_inherit(AskId id, const LegacyKey& key) {
  services_.answer(Inherit{key}, [self = shared_from_this(), id, key](Answer answer) {
    const Inherited* const found = std::get_if<Inherited>(&answer);
    if (self->closed_ && found != nullptr && found->legacy != nullptr)
      self->services_.leave(key, found->legacy);
    self->answered(id, {true, false}, std::move(answer));
  });
}

void Session::State::answered(AskId id, Manner manner, Answer answer) {
  const Kept* kept = std::get_if<Kept>(&answer);
  if (manner.beyond) --beyond_open_;
  if (closed_) {  // the question has outlived the connection
    if (manner.beyond) return answered_beyond({id, std::move(answer)});
    if (kept != nullptr && std::find(blobs_.begin(), blobs_.end(), kept->blob) == blobs_.end())
      services_.discard(kept->blob);
    return;
  }
  --asks_open_;
  if (manner.held_input) --asks_holding_;
  if (kept != nullptr && std::find(blobs_.begin(), blobs_.end(), kept->blob) == blobs_.end())
    blobs_.push_back(kept->blob);
  observe(answer);
  handle(Answered{id, std::move(answer)});
}

// The engine hears of it all the same, though there is nobody left to say it to.
void Session::State::answered_beyond(Answered event) {
  if (broken_) return;
  events_ = nullptr;   // whoever they were
  try {
    engine_->on(std::move(event), clock_.now(), *this);
    flush(true);
  } catch (...) {
    break_down();
    throw;
  }
  if (beyond_open_ == 0) break_promises();
}

void Session::State::settle_legacies() {
  for (LegacyKey& key : std::exchange(promising_, {})) {
    promised_.push_back(key);
    services_.promise(key, [token = weak_from_this()] {
      if (const auto self = token.lock(); self != nullptr) self->handle(Succeeded{});
    });
  }
  for (auto& [key, legacy] : std::exchange(leaving_, {})) {
    std::erase(promised_, key);
    services_.leave(key, std::move(legacy));
  }
}

// Whoever waits for them is not kept waiting.
void Session::State::break_promises() {
  for (const LegacyKey& key : std::exchange(promised_, {})) services_.leave(key, nullptr);
}

// What waited behind a commit. After the connection only what reaches beyond it and what asks for
// no answer still go. Behind a commit of which nobody knows whether it was one, what nobody keeps
// does not go either: its peer sends the one before it again.
void Session::State::go_on(const std::string& pair) {
  for (std::size_t answers = 1; answers > 0; --answers) {
    for (Question& question : order_.answered(pair)) {
      if (lost_ && is_fleeting(question)) continue;
      if (question.id == 0 || !closed_ || (reaches_beyond(question.ask) && !broken_))
        put_question(std::move(question));
      else ++answers;
    }
  }
}

void Session::State::count_in(Submission& submission) {
  if (window_ == nullptr) {
    const std::shared_ptr<ShardDoor> door = services_.door();
    if (door == nullptr) return;
    window_ = std::make_shared<FeedWindow>(door, [token = weak_from_this()] {
      if (const auto self = token.lock(); self != nullptr && !self->closed_) self->steer();
    });
  }
  submission.hold = window_->hold(submission.body.size);
}

void Session::State::put_delayed() {
  if (delayed_.empty() || wire_.unwritten() > limits::output_low_bytes) return;
  for (Question& question : std::exchange(delayed_, {})) put_question(std::move(question));
}

// Of an engine that broke down in the middle of it.
void Session::State::drop_passed() {
  for (const Question& question : questions_) {
    if (question.id != 0) continue;
    const std::int64_t blob = std::get<Submit>(question.ask).submission.body.blob;
    if (blob != 0) services_.discard(blob);
  }
}

}  // namespace hanse
