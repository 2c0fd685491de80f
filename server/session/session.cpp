// SPDX-License-Identifier: Apache-2.0
#include "server/session/session.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace hanse {

namespace {

constexpr Instant never = Instant::max();

bool holds_input(const Ask& ask) {
  if (const Lookup* lookup = std::get_if<Lookup>(&ask)) return !lookup->background;
  if (const Submit* submit = std::get_if<Submit>(&ask)) return !submit->background;
  return !std::holds_alternative<Fetch>(ask) && !std::holds_alternative<Convey>(ask);
}

}  // namespace

// The outbox collects what the engine wants during one event; flush() carries it out afterwards,
// so that an engine is never entered twice.
struct Session::State final : Outbox, std::enable_shared_from_this<Session::State> {
  struct Question { AskId id; Ask ask; };
  struct Settled { DeliveryId id; Outcome outcome; };

  State(std::unique_ptr<Engine> engine, Wire& wire, Services& services, const Clock& clock,
        Log& log, std::string protocol, std::string connection, SessionEvents* events)
      : engine_(std::move(engine)), wire_(wire), services_(services), clock_(clock), log_(log),
        protocol_(std::move(protocol)), connection_(std::move(connection)), events_(events) {
    timers_.fill(never);
  }

  // ---- events ----

  void handle(Event event) {
    if (closed_) return;
    inbox_.push_back(std::move(event));
    if (running_) return;
    running_ = true;
    // Answers that come at once are appended while the loop runs; it ends because an engine asks
    // at most asks_open_max questions and none during Closed.
    for (std::size_t next = 0; next < inbox_.size(); ++next) {
      Event current = std::move(inbox_[next]);
      const bool last = std::holds_alternative<Closed>(current);
      try {
        engine_->on(std::move(current), clock_.now(), *this);
        flush(last);
      } catch (...) {
        break_down();
        throw;
      }
      if (last) end();
      if (closed_) break;
    }
    inbox_.clear();
    running_ = false;
    if (!closed_) steer();
  }

  // An engine that throws is broken: it hears nothing more, not even Closed. What it had settled
  // stays settled; what else it wanted in that event is dropped, with its questions and blobs.
  void break_down() {
    running_ = false;
    inbox_.clear();
    questions_.clear();
    output_.clear();
    tls_.reset();
    for (const Submission& submission : passed_)
      if (submission.body.blob != 0) services_.discard(submission.body.blob);
    passed_.clear();
    serves_.clear();
    woken_.clear();
    ready_now_ = hang_up_now_ = false;
    end();
    report_to_lane();
  }

  void end() {
    closed_ = true;
    delayed_.clear();
    for (const std::int64_t blob : blobs_) services_.discard(blob);
    blobs_.clear();
  }

  void answered(AskId id, bool held_input, Answer answer) {
    const Kept* kept = std::get_if<Kept>(&answer);
    if (closed_) {  // the question has outlived the connection
      if (kept != nullptr && std::find(blobs_.begin(), blobs_.end(), kept->blob) == blobs_.end())
        services_.discard(kept->blob);
      return;
    }
    --asks_open_;
    if (held_input) --asks_holding_;
    if (kept != nullptr && std::find(blobs_.begin(), blobs_.end(), kept->blob) == blobs_.end())
      blobs_.push_back(kept->blob);
    handle(Answered{id, std::move(answer)});
  }

  void ring() {
    const Instant now = clock_.now();
    deadline_ = never;
    for (TimerId timer = 0; timer < timers_.size(); ++timer) {
      if (timers_[timer] > now) continue;
      timers_[timer] = never;
      handle(Rang{timer});
      if (closed_) return;
    }
    steer();
  }

  // ---- what the engine does ----

  void send(std::string_view bytes) override { output_.append(bytes); }
  void start_tls(TlsWish wish) override {
    tls_ = std::make_unique<TlsWish>(std::move(wish));
  }
  void set_timer(TimerId timer, Instant at) override { timers_.at(timer) = at; }
  void cancel_timer(TimerId timer) override { timers_.at(timer) = never; }
  AskId ask(Ask ask) override {
    questions_.push_back({++last_ask_, std::move(ask)});
    return last_ask_;
  }
  void discard(std::int64_t blob) override {
    std::erase(blobs_, blob);
    services_.discard(blob);
  }
  void pass(Submission submission) override {
    std::erase(blobs_, submission.body.blob);
    passed_.push_back(std::move(submission));
  }
  void ready() override { ready_now_ = true; }
  void serve(std::string_view lane) override { serves_.emplace_back(lane); }
  void wake(std::string_view lane) override { woken_.emplace_back(lane); }
  void settle(DeliveryId id, Outcome outcome) override {
    settled_.push_back({id, std::move(outcome)});
  }
  void hang_up() override { hang_up_now_ = true; }
  void fail(LinkEnd end) override {
    end_ = std::move(end);
    end_known_ = true;
  }
  void note(Level level, std::string_view event, std::string_view text) override {
    if (!log_.enabled(level, event)) return;
    log_.write(level, event, text,
               {{"proto", protocol_}, {"conn", connection_}, {"peer", remote_}});
  }

  // ---- carrying it out ----

  void flush(bool last) {
    if (!output_.empty()) {
      if (!last) wire_.write(output_);
      if (output_.capacity() > limits::output_low_bytes) output_ = std::string();
      output_.clear();
    }
    if (tls_ && !last) {
      const std::unique_ptr<TlsWish> wish = std::move(tls_);
      wire_.start_tls(std::move(*wish));
    }
    hand_on();
    report_to_lane();
    if (hang_up_now_ && !last) {
      hang_up_now_ = false;
      hanging_up_ = true;
      wire_.close_after_write();
    }
    ask_questions(last);
  }

  void hand_on() {
    for (Submission& submission : std::exchange(passed_, {}))
      services_.pass(std::move(submission));
    for (const std::string& lane : std::exchange(woken_, {})) services_.wake(protocol_, lane);
  }

  void report_to_lane() {
    if (events_ == nullptr) return;
    for (const std::string& lane : std::exchange(serves_, {})) events_->session_serves(lane);
    if (ready_now_) {
      ready_now_ = false;
      was_ready_ = true;
      events_->session_ready();
    }
    if (settled_.empty()) return;
    const std::vector<Settled> settled = std::move(settled_);
    settled_.clear();
    for (const Settled& one : settled) events_->session_settled(one.id, one.outcome);
  }

  void ask_questions(bool last) {
    if (questions_.empty()) return;
    std::vector<Question> questions = std::move(questions_);
    questions_.clear();
    if (last) return;
    for (Question& question : questions) {
      ++asks_open_;
      if (holds_input(question.ask)) ++asks_holding_;
      if (asks_open_ > limits::asks_open_max) {
        answered(question.id, holds_input(question.ask),
                 Error{Fault::overloaded, "too many questions open in one session"});
      } else if (!holds_input(question.ask) && wire_.unwritten() > limits::output_low_bytes) {
        delayed_.push_back(std::move(question));  // fed again by on_written()
      } else {
        put_question(std::move(question));
      }
    }
  }

  // The reply keeps this state alive, not the session or its wire: closed_ guards both.
  void put_question(Question question) {
    const bool held_input = holds_input(question.ask);
    if (const Submit* submit = std::get_if<Submit>(&question.ask))
      std::erase(blobs_, submit->submission.body.blob);
    services_.answer(std::move(question.ask),
                     [self = shared_from_this(), id = question.id, held_input](Answer answer) {
                       self->answered(id, held_input, std::move(answer));
                     });
  }

  // A work that finds much unwritten waits here: what the peer does not read is not piled up.
  void deliver(Work work) {
    if (closed_) return;
    if (!works_.empty() || wire_.unwritten() > limits::output_high_bytes)
      works_.push_back(std::move(work));
    else
      handle(Deliver{std::move(work)});
  }

  // The connection ends: what the engine has not seen was not tried.
  void return_works() {
    const Outcome back{Disposition::returned, Fault::try_later, "4.4.2",
                       "the connection ended before the delivery began", {}, {}};
    for (const Work& work : std::exchange(works_, {}))
      for (const Target& target : work.targets)
        if (events_ != nullptr) events_->session_settled(target.id, back);
  }

  void feed_works() {
    while (!closed_ && !works_.empty() && wire_.unwritten() <= limits::output_high_bytes) {
      Work work = std::move(works_.front());
      works_.pop_front();
      handle(Deliver{std::move(work)});
    }
  }

  void written() {
    feed_works();
    if (!delayed_.empty() && wire_.unwritten() <= limits::output_low_bytes) {
      std::vector<Question> delayed = std::move(delayed_);
      delayed_.clear();
      for (Question& question : delayed) put_question(std::move(question));
    }
    if (!closed_ && !running_) steer();
  }

  // Back-pressure and the deadline, after every turn.
  void steer() {
    if (wire_.unwritten() > limits::output_bytes_max && !hanging_up_) {
      note(Level::warning, "conn.protocol_error", "peer does not read what it asks for");
      hanging_up_ = true;
      wire_.close_after_write();
    }
    const bool read = asks_holding_ == 0 && wire_.unwritten() <= limits::output_high_bytes;
    if (read != reading_) {
      reading_ = read;
      wire_.read(read);
    }
    // A deadline that moved back is left as it is: ring() sees that nothing is due and steers on.
    const Instant earliest = *std::min_element(timers_.begin(), timers_.end());
    if (earliest < deadline_) {
      deadline_ = earliest;
      wire_.set_deadline(earliest);
    }
  }

  std::unique_ptr<Engine> engine_;
  Wire& wire_;
  Services& services_;
  const Clock& clock_;
  Log& log_;
  std::string protocol_, connection_, remote_;
  SessionEvents* events_;

  std::vector<Event> inbox_;
  std::string output_;
  std::unique_ptr<TlsWish> tls_;
  std::vector<Question> questions_, delayed_;
  std::vector<Settled> settled_;
  std::vector<Submission> passed_;
  std::deque<Work> works_;                    // not yet with the engine
  std::vector<std::string> serves_, woken_;   // lanes
  std::vector<std::int64_t> blobs_;  // made by Keep, not yet part of a Submit
  std::array<Instant, limits::timers_per_engine_max> timers_{};
  Instant deadline_ = never;
  LinkEnd end_;
  AskId last_ask_ = 0;
  std::uint16_t asks_open_ = 0, asks_holding_ = 0;
  bool running_ = false, closed_ = false, reading_ = true, hanging_up_ = false;
  bool ready_now_ = false, was_ready_ = false, hang_up_now_ = false, end_known_ = false;
};

Session::Session(std::unique_ptr<Engine> engine, Wire& wire, Services& services,
                 const Clock& clock, Log& log, std::string protocol, std::string connection,
                 SessionEvents* events)
    : state_(std::make_shared<State>(std::move(engine), wire, services, clock, log,
                                     std::move(protocol), std::move(connection), events)) {}

// Open questions may outlive the session; from here on their answers go nowhere.
Session::~Session() {
  if (!state_->closed_) state_->end();
}

void Session::open(Opened opened) {
  state_->remote_ = opened.remote_address;
  state_->handle(std::move(opened));
}

void Session::on_received(std::string_view bytes) { state_->handle(Received{bytes}); }
void Session::on_tls_up(TlsFacts facts) { state_->handle(TlsUp{std::move(facts)}); }
void Session::on_written() { state_->written(); }
void Session::on_deadline() { state_->ring(); }
void Session::deliver(Work work) { state_->deliver(std::move(work)); }
void Session::drain() { state_->handle(Drain{}); }

void Session::on_closed(bool tls_failed, std::string why) {
  State& state = *state_;
  if (state.closed_) return;
  if (!state.end_known_) {
    state.end_.status = "4.4.2";
    state.end_.what = why;
  }
  state.end_.tls_failed = state.end_.tls_failed || tls_failed;
  state.return_works();
  state.handle(Closed{tls_failed, std::move(why)});
  state.end_.stage = state.was_ready_ ? LinkEnd::Stage::ready : LinkEnd::Stage::handshake;
}

bool Session::closed() const { return state_->closed_; }
const LinkEnd& Session::end() const { return state_->end_; }

std::size_t Session::memory_bytes() const {
  return sizeof(Session) + sizeof(State) + state_->output_.capacity() +
         state_->inbox_.capacity() * sizeof(Event) + state_->engine_->memory_bytes();
}

}  // namespace hanse
