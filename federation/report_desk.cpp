// SPDX-License-Identifier: Apache-2.0
#include "federation/report_desk.h"

#include <algorithm>

#include "server/base/limits.h"

namespace hanse {

namespace {

std::vector<DeliveryId> ids_of(const Reportable& reportable) {
  std::vector<DeliveryId> out;
  for (const Reportable::Failure& failure : reportable.failures) out.push_back(failure.id);
  return out;
}

bool passes(Fault fault) { return fault == Fault::try_later || fault == Fault::overloaded; }

}  // namespace

void ReportDesk::check() {
  if (busy()) return;
  const UtcTime failed_before =
      parts_.clock.utc() -
      std::chrono::duration_cast<std::chrono::milliseconds>(limits::report_wait);
  more_ = progress_ = false;
  ++*open_;
  parts_.queue.reportable(failed_before, limits::reports_open_max,
                          [this, token = Token(open_)](Result<std::vector<Reportable>> found) {
                            if (token.expired()) return;
                            if (found) {
                              more_ = found->size() >= limits::reports_open_max;
                              for (Reportable& one : *found) take(std::move(one));
                            }
                            done();
                          });
}

// A full batch that got anywhere is followed by the next one at once.
void ReportDesk::done() {
  if (--*open_ == 0 && more_ && progress_) check();
}

void ReportDesk::take(Reportable reportable) {
  const Envelope& envelope = *reportable.envelope;
  if (envelope.is_report || envelope.from.empty())  // B-1
    return drop(reportable, "nobody to tell");
  if (makers_.find(envelope.from.protocol) == makers_.end())
    return drop(reportable, "the sender's protocol knows no reports");
  if (const auto& bytes = reportable.body.bytes) {
    ++*open_;
    make(reportable, std::string_view(*bytes).substr(0, limits::report_head_bytes_max));
    return;
  }
  ++*open_;
  const std::int64_t blob = reportable.body.blob;
  parts_.blobs.fetch(blob, 0, limits::report_head_bytes_max,
                     [this, token = Token(open_),
                      one = std::move(reportable)](Result<std::string> head) {
                       if (token.expired()) return;
                       // A report without the original's head is better than none.
                       if (head || !passes(head.error().fault))
                         return make(one, head ? std::string_view(*head) : std::string_view());
                       done();
                     });
}

void ReportDesk::make(const Reportable& reportable, std::string_view head) {
  const Envelope& envelope = *reportable.envelope;
  Result<Submission> report =
      makers_[envelope.from.protocol](reportable, head, parts_.clock.utc());
  if (!report) {
    if (!passes(report.error().fault)) drop(reportable, report.error().what);
    return done();
  }
  report->envelope.is_report = true;
  report->reports = ids_of(reportable);
  submit_(*std::move(report), [this, token = Token(open_)](const Result<std::string>& id) {
    if (token.expired()) return;
    // What was not accepted stays reportable: the next check finds it again.
    progress_ = progress_ || id.has_value();
    done();
  });
}

// B-5: what cannot be told is at least written down.
void ReportDesk::drop(const Reportable& reportable, std::string_view why) {
  progress_ = true;
  const Envelope& envelope = *reportable.envelope;
  for (const Reportable::Failure& failure : reportable.failures) {
    const std::string to = to_text(failure.to);
    parts_.log.write(Level::warning, "msg.double_bounce", why,
                     {{"proto", failure.to.protocol}, {"qid", envelope.id},
                      {"mid", envelope.key.native_id}, {"to", to},
                      {"status", failure.outcome.status}, {"reason", failure.outcome.reply}});
  }
  parts_.queue.settle_reports(ids_of(reportable));
}

// What its maker will not say is not said: the flow of the message promised no more.
std::optional<Submission> ReportDesk::report_on(const Work& work, const Outcome& outcome) const {
  const Envelope& envelope = *work.envelope;
  if (envelope.is_report || envelope.from.empty()) return std::nullopt;  // B-1
  const auto maker = makers_.find(envelope.from.protocol);
  if (maker == makers_.end()) return std::nullopt;
  const UtcTime utc = parts_.clock.utc();
  Reportable failed{work.envelope, work.body, {}};
  for (const Target& target : work.targets)
    failed.failures.push_back({target.id, target.to, outcome, utc});
  std::string_view head;
  if (work.body.bytes != nullptr) head = *work.body.bytes;
  Result<Submission> report =
      maker->second(failed, head.substr(0, limits::report_head_bytes_max), utc);
  if (!report) return std::nullopt;
  report->envelope.is_report = true;
  return *std::move(report);
}

}  // namespace hanse
