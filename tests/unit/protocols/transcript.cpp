// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/protocols/transcript.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "server/base/text.h"
#include "tests/unit/protocols/engine_bench.h"

namespace hanse::test {

namespace {

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char kind = text[++at];
    if (kind == 'r') out += '\r';
    else if (kind == 'n') out += '\n';
    else if (kind == 't') out += '\t';
    else if (kind == '0') out += '\0';
    else if (kind == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
      at += 2;
    } else out += kind;
  }
  return out;
}

bool is_input(const Step& step) { return step.word == "C:" || step.word == "C-"; }
bool is_expectation(const Step& step) {
  return step.word == "S:" || step.word == "S-" || step.word == "P:" || step.word == "ANSWER" ||
         step.word == "ASK" || step.word == "B:";
}

Answer dns_answer(const std::vector<std::string_view>& words) {
  DnsAnswer answer;
  if (words[1] == "no_name") answer.status = DnsStatus::no_name;
  else if (words[1] == "no_data") answer.status = DnsStatus::no_data;
  else if (words[1] == "null") answer.records = {DnsMx{0, ""}};
  else if (words[1] == "mx") answer.records = {DnsMx{10, std::string(words[2])}};
  else if (words[1] == "ptr") answer.records = {DnsName{std::string(words[2])}};
  else return Error{Fault::try_later, "SERVFAIL"};
  return answer;
}

Answer permission(std::string_view word) {
  if (word == "discover") {   // yes, and the DNS says where it goes
    Permission found{Permission::Answer::yes, "as the transcript says", {}};
    found.route.discovered = true;
    return found;
  }
  using Kind = Permission::Answer;
  static const std::map<std::string_view, Kind> kinds = {
      {"yes", Kind::yes}, {"no_relay", Kind::no_relay},
      {"no_such_address", Kind::no_such_address}, {"not_now", Kind::not_now},
      {"full", Kind::full}, {"peer_refused", Kind::peer_refused},
      {"peer_limited", Kind::peer_limited}};
  return Permission{kinds.at(word), "as the transcript says", {}};
}

Answer trust(const std::vector<std::string_view>& words) {
  TrustDecision decision;
  decision.verdict = words[1] == "refuse" || words[1] == "no_tls" ? Verdict::refuse
                     : words[1] == "defer" || words[1] == "full"  ? Verdict::defer
                                                                  : Verdict::accept;
  if (words[1] == "full") decision.fault = Fault::overloaded;
  if (words[1] == "no_tls") decision.evidence.push_back({"tls", false, ""});
  if (words.size() > 2) decision.peer = words[2];
  return decision;
}

// "convey valid": the peer's word came back; "convey never": it could not be had.
Answer conveyed(std::string_view word) {
  Outcome outcome;
  outcome.disposition = Disposition::delivered;
  outcome.reply = word;
  for (const Fault fault : {Fault::try_later, Fault::never, Fault::refused, Fault::overloaded}) {
    if (fault_name(fault) != word) continue;
    outcome.disposition = Disposition::failed;
    outcome.fault = fault;
  }
  return Conveyed{std::move(outcome)};
}

// "permit full", "verify accept b.example", "lookup no_name", "submit error overloaded"
Answer written_answer(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words[1] == "error") {
    for (const Fault fault : {Fault::try_later, Fault::never, Fault::refused, Fault::overloaded})
      if (fault_name(fault) == words[2]) return Error{fault, "as the transcript says"};
    return Error{Fault::broken, "as the transcript says"};
  }
  if (words[0] == "permit") return permission(words[1]);
  if (words[0] == "verify") return trust(words);
  if (words[0] == "lookup") return dns_answer(words);
  if (words[0] == "convey") return conveyed(words[1]);
  if (words[0] == "submit") return Submitted{std::string(words[1])};
  return Kept{std::stoll(std::string(words[1]))};
}

struct YesAnswer {
  Answer operator()(const Verify&) const { return TrustDecision{Verdict::accept, "", "", {}}; }
  Answer operator()(const Permit&) const { return permission("yes"); }
  Answer operator()(const Submit&) const { return Submitted{"01TEST"}; }
  Answer operator()(const Convey&) const { return conveyed("valid"); }
  Answer operator()(const Lookup&) const { return dns_answer({"lookup", "mx", "mx.example"}); }
  Answer operator()(const Keep&) const { return Kept{1}; }
  Answer operator()(const Fetch&) const { return Fetched{}; }
  Answer operator()(const Heed&) const { return Heard{}; }
  Answer operator()(const Inherit&) const { return Inherited{}; }
};

// One performance of a transcript.
class Player {
 public:
  Player(const Transcript& transcript, const EngineMaker& make, const Manner& manner)
      : transcript_(transcript), manner_(manner), bench_(make(transcript.settings)) {}

  std::string run() {
    const std::vector<Step>& steps = transcript_.steps;
    while (at_ < steps.size() && problem_.empty()) {
      const std::size_t begin = at_;
      std::string input;
      for (; at_ < steps.size() && is_input(steps[at_]); ++at_)
        input += unescape(steps[at_].rest) + (steps[at_].word == "C:" ? "\r\n" : "");
      const std::size_t action = at_;
      if (begin == at_) ++at_;
      collect_expectations();
      if (begin == action) act(steps[begin]);
      else feed(input);
      compare(steps[begin]);
    }
    if (problem_.empty() && bench_.hung_up_ != 0 && !hang_up_seen_)
      fail(steps.back(), "the engine hung up");
    return problem_;
  }

 private:
  void collect_expectations() {
    output_.clear();
    asks_.clear();
    body_.clear();
    answers_.clear();
    asked_.clear();
    passed_.clear();
    asks_written_ = body_written_ = leave_open_ = false;
    for (; at_ < transcript_.steps.size() && is_expectation(transcript_.steps[at_]); ++at_) {
      const Step& step = transcript_.steps[at_];
      if (step.word == "S-") output_ += unescape(step.rest);
      if (step.word == "P:") passed_ += unescape(step.rest) + "\n";
      if (step.word == "S:") output_ += unescape(step.rest) + "\r\n";
      if (step.word == "B:") body_ += unescape(step.rest) + "\r\n";
      if (step.word == "ASK") asks_ += step.rest + "\n";
      if (step.word == "ANSWER" && step.rest == "nothing") leave_open_ = true;
      else if (step.word == "ANSWER") answers_.push_back(step.rest);
      asks_written_ = asks_written_ || step.word == "ASK";
      body_written_ = body_written_ || step.word == "B:";
    }
  }

  void feed(const std::string& input) {
    const std::size_t batch = batch_++;
    std::vector<std::size_t> cuts;
    for (std::size_t at = 1; at < input.size(); ++at) {
      if (manner_.octets || (batch == manner_.cut_batch && at == manner_.cut_at))
        cuts.push_back(at);
    }
    cuts.push_back(input.size());
    std::size_t from = 0;
    for (const std::size_t to : cuts) {
      const std::string segment = input.substr(from, to - from);  // an own copy: ASan sees its end
      bench_.feed(segment);
      from = to;
      if (!manner_.answer_late) answer();
    }
    answer();
  }

  void answer() {
    if (leave_open_) return;
    bench_.answer_all([this](const Ask& ask) { return answer_to(ask); });
  }

  Answer answer_to(const Ask& ask) {
    const std::string description = describe(ask);
    asked_ += description + "\n";
    if (const Submit* submit = std::get_if<Submit>(&ask))
      submitted_ += bench_.body_of(submit->submission);
    const std::string kind = description.substr(0, description.find(' '));
    const auto written = std::find_if(answers_.begin(), answers_.end(), [&](const auto& text) {
      return starts_with_case(text, kind + " ");
    });
    if (written == answers_.end()) return std::visit(YesAnswer{}, ask);
    const std::string text = *written;
    answers_.erase(written);
    return written_answer(text);
  }

  void act(const Step& step) {
    if (step.word == "OPEN") bench_.event(Opened{"192.0.2.1", step.rest, 40000});
    else if (step.word == "TIME") bench_.pass(*parse_duration(step.rest.substr(1)));
    else if (step.word == "TLS" || step.word == "TLS!") tls_up(step);
    else if (step.word == "HANGUP") hang_up_expected(step);
    else if (step.word == "DRAIN") bench_.event(Drain{});
    else if (step.word == "EOF") bench_.event(Closed{false, "closed by peer"});
    else fail(step, "unknown word");
    answer();
  }

  void tls_up(const Step& step) {
    if (bench_.tls_started_ == 0 && !transcript_.settings.contains("tls_first"))
      fail(step, "the engine did not ask for TLS");
    TlsFacts facts;
    facts.version = "TLSv1.3";
    facts.cipher = "TLS_AES_256_GCM_SHA384";
    if (!step.rest.empty()) show_certificate(step, facts);
    bench_.event(TlsUp{facts});
  }

  static void show_certificate(const Step& step, TlsFacts& facts) {
    auto chain = std::make_shared<CertificateChain>();
    std::string_view names = step.rest;
    if (step.word == "TLS!") {
      chain->error = names.substr(0, names.find('|'));
      names.remove_prefix(chain->error.size() + 1);
    }
    chain->valid = chain->error.empty();
    CertificateFacts& leaf = chain->certificates.emplace_back();
    for (const std::string_view name : split(names, ' ')) leaf.dns_names.emplace_back(name);
    leaf.sha256 = facts.certificate_sha256 = std::string(64, 'c');
    facts.verified = chain->valid;
    facts.chain = std::move(chain);
  }

  void hang_up_expected(const Step& step) {
    hang_up_seen_ = true;
    if (bench_.hung_up_ != 1) fail(step, "hung up " + std::to_string(bench_.hung_up_) + " times");
  }

  void compare(const Step& step) {
    const std::string output = bench_.take_output();
    if (output != output_) fail(step, "expected\n" + output_ + "got\n" + output);
    std::string passed;
    for (const Submission& one : std::exchange(bench_.passed_, {}))
      passed += bench_.body_of(one) + "\n";
    if (passed != passed_) fail(step, "passed on\n" + passed + "expected\n" + passed_);
    if (asks_written_ && asked_ != asks_) fail(step, "asked\n" + asked_ + "expected\n" + asks_);
    if (body_written_ && submitted_ != body_) fail(step, "body\n" + submitted_);
    submitted_.clear();
  }

  void fail(const Step& step, const std::string& what) {
    if (!problem_.empty()) return;
    problem_ = transcript_.file + ":" + std::to_string(step.line) + ": " + what + "\n(batch cut " +
               std::to_string(manner_.cut_batch) + " at " + std::to_string(manner_.cut_at) +
               (manner_.octets ? ", octets" : "") + (manner_.answer_late ? ", late" : "") + ")";
  }

  const Transcript& transcript_;
  const Manner manner_;
  EngineBench bench_;
  std::size_t at_ = 0, batch_ = 0;
  std::string output_, asks_, body_, asked_, submitted_, passed_, problem_;
  std::vector<std::string> answers_;
  bool asks_written_ = false, body_written_ = false, leave_open_ = false, hang_up_seen_ = false;
};

using Words = std::map<std::string, std::string>;

std::string with_words(std::string text, const Words& words) {
  for (const auto& [name, meaning] : words) {
    for (std::size_t at = text.find(name); at != std::string::npos;
         at = text.find(name, at + meaning.size()))
      text.replace(at, name.size(), meaning);
  }
  return text;
}

// A word may consist of those above it.
Words read_words(const std::string& file) {
  Words out;
  std::ifstream stream(file);
  std::string line;
  while (std::getline(stream, line)) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = std::min(line.find(' '), line.size() - 1);
    out["{" + line.substr(0, blank) + "}"] = with_words(line.substr(blank + 1), out);
  }
  return out;
}

std::vector<std::size_t> batch_sizes(const Transcript& transcript) {
  std::vector<std::size_t> sizes;
  bool in_batch = false;
  for (const Step& step : transcript.steps) {
    if (is_input(step) && !in_batch) sizes.push_back(0);
    in_batch = is_input(step);
    if (in_batch) sizes.back() += unescape(step.rest).size() + (step.word == "C:" ? 2 : 0);
  }
  return sizes;
}

}  // namespace

Transcript read_transcript(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file);
  return parse_transcript(file, stream, std::filesystem::path(file).parent_path().string());
}

Transcript parse_transcript(const std::string& name, std::istream& lines,
                            const std::string& folder) {
  const std::map<std::string, std::string> words = read_words(folder + "/words.def");
  Transcript out;
  out.file = name;
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t blank = std::min(line.find(' '), line.size());
    Step step{number, line.substr(0, blank),
              with_words(line.substr(std::min(blank + 1, line.size())), words)};
    if (step.word == "SET") {
      const std::size_t end = step.rest.find(' ');
      out.settings[step.rest.substr(0, end)] = step.rest.substr(end + 1);
    } else if (step.word == "NOSPLIT") {
      out.may_split = false;
    } else {
      out.steps.push_back(std::move(step));
    }
  }
  return out;
}

std::vector<std::string> transcript_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string play(const Transcript& transcript, const EngineMaker& make, const Manner& manner) {
  return Player(transcript, make, manner).run();
}

std::string play_last_input(const Transcript& transcript, const EngineMaker& make) {
  std::string problem = play(transcript, make, {});
  if (problem.empty()) problem = play(transcript, make, {SIZE_MAX, 0, true, false});
  const std::vector<std::size_t> sizes = batch_sizes(transcript);
  for (std::size_t cut = 1; cut < sizes.back() && problem.empty(); ++cut)
    problem = play(transcript, make, {sizes.size() - 1, cut, false, false});
  return problem;
}

std::string play_all_manners(const Transcript& transcript, const EngineMaker& make) {
  for (const bool late : {false, true}) {
    std::string problem = play(transcript, make, {SIZE_MAX, 0, false, late});
    if (!problem.empty() || !transcript.may_split) return problem;
    problem = play(transcript, make, {SIZE_MAX, 0, true, late});
    if (!problem.empty()) return problem;
    const std::vector<std::size_t> sizes = batch_sizes(transcript);
    for (std::size_t batch = 0; batch < sizes.size(); ++batch) {
      for (std::size_t cut = 1; cut < sizes[batch]; ++cut) {
        problem = play(transcript, make, {batch, cut, false, late});
        if (!problem.empty()) return problem;
      }
    }
  }
  return {};
}

}  // namespace hanse::test
