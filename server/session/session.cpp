// SPDX-License-Identifier: Apache-2.0
#include "server/session/session.h"

#include <algorithm>
#include <utility>

#include "server/session/session_state.h"

namespace hanse {

namespace {

constexpr Instant never = Instant::max();

}  // namespace

Session::State::State(std::unique_ptr<Engine> engine, Wire& wire, Services& services,
                      const Clock& clock, Log& log, std::string protocol, std::string connection,
                      SessionEvents* events)
    : engine_(std::move(engine)), wire_(wire), services_(services), clock_(clock), log_(log),
      protocol_(std::move(protocol)), connection_(std::move(connection)), events_(events) {
  timers_.fill(never);
}

// ---- events ----

void Session::State::handle(Event event) {
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
void Session::State::break_down() {
  running_ = false;
  inbox_.clear();
  drop_passed();
  questions_.clear();
  output_.clear();
  tls_.reset();
  serves_.clear();
  woken_.clear();
  promising_.clear();
  leaving_.clear();
  broken_ = true;
  ready_now_ = hang_up_now_ = false;
  end();
  report_to_lane();
}

void Session::State::end() {
  closed_ = true;
  delayed_.clear();
  for (const std::int64_t blob : blobs_) services_.discard(blob);
  blobs_.clear();
  if (broken_ || beyond_open_ == 0) break_promises();
}

void Session::State::ring() {
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

void Session::State::discard(std::int64_t blob) {
  std::erase(blobs_, blob);
  services_.discard(blob);
}

void Session::State::fail(LinkEnd end) {
  end_ = std::move(end);
  end_known_ = true;
}

void Session::State::note(Level level, std::string_view event, std::string_view text) {
  for (const auto& tap : taps_) tap->note(event, text);
  services_.noted(event);
  if (!log_.enabled(level, event)) return;
  log_.write(level, event, text,
             {{"proto", protocol_}, {"conn", connection_}, {"peer", remote_}});
}

// ---- carrying it out ----

void Session::State::flush(bool last) {
  if (!output_.empty()) {
    if (!last) {
      for (const auto& tap : taps_) tap->octets(false, output_);
      wire_.write(output_);
    }
    if (output_.capacity() > limits::output_low_bytes) output_ = std::string();
    output_.clear();
  }
  if (tls_ && !last) {
    const std::unique_ptr<TlsWish> wish = std::move(tls_);
    wire_.start_tls(std::move(*wish));
  }
  for (const std::string& lane : std::exchange(woken_, {})) services_.wake(protocol_, lane);
  settle_legacies();
  report_to_lane();
  if (hang_up_now_ && !last) {
    hang_up_now_ = false;
    hanging_up_ = true;
    wire_.close_after_write();
  }
  ask_questions(last);
}

void Session::State::report_to_lane() {
  if (events_ == nullptr) return;
  for (const auto& [lane, beside] : std::exchange(serves_, {}))
    events_->session_serves(lane, beside);
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

// A work that finds much unwritten waits here: what the peer does not read is not piled up.
void Session::State::deliver(Work work) {
  if (closed_) return;
  if (!works_.empty() || wire_.unwritten() > limits::output_high_bytes)
    works_.push_back(std::move(work));
  else
    handle(Deliver{std::move(work)});
}

// The connection ends: what the engine has not seen was not tried.
void Session::State::return_works() {
  const Outcome back{Disposition::returned, Fault::try_later, "4.4.2",
                     "the connection ended before the delivery began", {}, {}};
  for (const Work& work : std::exchange(works_, {}))
    for (const Target& target : work.targets)
      if (events_ != nullptr) events_->session_settled(target.id, back);
}

void Session::State::feed_works() {
  while (!closed_ && !works_.empty() && wire_.unwritten() <= limits::output_high_bytes) {
    Work work = std::move(works_.front());
    works_.pop_front();
    handle(Deliver{std::move(work)});
  }
}

void Session::State::written() {
  feed_works();
  put_delayed();
  if (!closed_ && !running_) steer();
}

// A slow lane holds us up for a while only: it may be one that needs us to read in order to get
// on. What comes after that spills to the disk.
bool Session::State::may_feed() {
  const bool full = window_ != nullptr && window_->full();
  if (!full) {
    feed_again_ = never;
    return true;
  }
  const Instant now = clock_.now();
  if (feed_again_ == never) feed_again_ = now + limits::feed_pause_max;
  return now >= feed_again_;
}

// Back-pressure and the deadline, after every turn.
void Session::State::steer() {
  if (wire_.unwritten() > limits::output_bytes_max && !hanging_up_) {
    note(Level::warning, "conn.protocol_error", "peer does not read what it asks for");
    hanging_up_ = true;
    wire_.close_after_write();
  }
  // Works alone never fill it so far that we stop hearing what the peer says of them.
  const bool read = asks_holding_ == 0 && wire_.unwritten() <= limits::output_full_bytes &&
                    may_feed();
  if (read != reading_) {
    reading_ = read;
    wire_.read(read);
  }
  // A deadline that moved back is left as it is: ring() sees that nothing is due and steers on.
  Instant earliest = *std::min_element(timers_.begin(), timers_.end());
  if (feed_again_ != never && feed_again_ > clock_.now())
    earliest = std::min(earliest, feed_again_);
  if (earliest < deadline_) {
    deadline_ = earliest;
    wire_.set_deadline(earliest);
  }
}

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

void Session::on_received(std::string_view bytes) {
  for (const auto& tap : state_->taps_) tap->octets(true, bytes);
  state_->handle(Received{bytes});
}

void Session::on_tls_up(TlsFacts facts) {
  for (const auto& tap : state_->taps_) tap->tls(facts);
  state_->handle(TlsUp{std::move(facts)});
}

// Those whose trace is over go: a connection may live through many of them.
void Session::watch(std::unique_ptr<Tap> tap) {
  std::erase_if(state_->taps_, [](const auto& one) { return one->over(); });
  state_->taps_.push_back(std::move(tap));
}

void Session::unwatch() {
  std::erase_if(state_->taps_, [](const auto& one) { return one->over(); });
}

const std::string& Session::claimed() const { return state_->claimed_; }
const std::string& Session::judged() const { return state_->judged_; }
std::uint64_t Session::messages() const { return state_->messages_; }

void Session::on_written() { state_->written(); }
void Session::on_deadline() { state_->ring(); }
void Session::deliver(Work work) { state_->deliver(std::move(work)); }
void Session::drain() { state_->handle(Drain{}); }
void Session::reload(std::shared_ptr<const ProtocolRoom> room) {
  state_->handle(Reloaded{std::move(room)});
}
void Session::contest(bool newcomer) { state_->handle(Contested{newcomer}); }
void Session::crowded(bool crowded) { state_->handle(Crowded{crowded}); }

void Session::on_closed(bool tls_failed, std::string why, bool peer_ended) {
  State& state = *state_;
  if (state.closed_) return;
  if (!state.end_known_) {
    state.end_.status = "4.4.2";
    state.end_.what = why;
  }
  for (const auto& tap : state.taps_) tap->closed(state.end_known_ ? state.end_.what : why);
  state.end_.tls_failed = state.end_.tls_failed || tls_failed;
  state.return_works();
  state.handle(Closed{tls_failed, std::move(why), peer_ended});
  state.end_.stage = state.was_ready_ ? LinkEnd::Stage::ready : LinkEnd::Stage::handshake;
}

bool Session::closed() const { return state_->closed_; }
const LinkEnd& Session::end() const { return state_->end_; }

std::size_t Session::memory_bytes() const {
  return sizeof(Session) + sizeof(State) + state_->output_.capacity() +
         state_->inbox_.capacity() * sizeof(Event) + state_->engine_->memory_bytes();
}

}  // namespace hanse
