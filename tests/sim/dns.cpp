// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/dns.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;

constexpr Duration gives_up_after = 6s;     // two tries of three seconds
constexpr std::uint32_t record_ttl_seconds = 60;

Error server_failure() { return {Fault::try_later, "SERVFAIL"}; }

}  // namespace

void Names::set(const std::string& name, DnsType type, std::vector<DnsRecord> records) {
  known_.insert(name);
  records_[{name, type}] = std::move(records);
}

void Names::set_mx(const std::string& domain, std::vector<std::pair<int, std::string>> hosts) {
  std::vector<DnsRecord> records;
  for (const auto& [preference, host] : hosts)
    records.emplace_back(DnsMx{static_cast<std::uint16_t>(preference), host});
  set(domain, DnsType::mx, std::move(records));
}

void Names::set_srv(const std::string& name, std::vector<DnsSrv> targets) {
  set(name, DnsType::srv, std::vector<DnsRecord>(targets.begin(), targets.end()));
}

void Names::set_address(const std::string& name, const std::string& address) {
  set(name, DnsType::a, {DnsAddress{address}});
}

NameTrouble Names::trouble_of(const std::string& name) const {
  for (const auto& [domain, trouble] : troubles_)
    if (name == domain || name.ends_with("." + domain)) return trouble;
  return NameTrouble::none;
}

Result<DnsAnswer> Names::answer(const DnsQuestion& question) const {
  DnsAnswer answer;
  answer.canonical = question.name;
  answer.ttl_seconds = record_ttl_seconds;
  const NameTrouble trouble = trouble_of(question.name);
  if (trouble == NameTrouble::server_failure) return server_failure();
  if (trouble == NameTrouble::silence) return Error{Fault::try_later, "no answer within 6 s"};
  if (trouble == NameTrouble::no_name_by_mistake || !known_.contains(question.name)) {
    answer.status = DnsStatus::no_name;
    return answer;
  }
  const auto found = records_.find({question.name, question.type});
  if (found == records_.end() || found->second.empty()) {
    answer.status = DnsStatus::no_data;
    return answer;
  }
  answer.records = found->second;
  return answer;
}

// The answer is made when it arrives: records may change while a question is under way.
void SimResolver::lookup(DnsQuestion question, std::function<void(Result<DnsAnswer>)> reply) {
  const bool silent = names_.trouble_of(question.name) == NameTrouble::silence;
  const Duration wait = silent ? gives_up_after : Duration(200 + random_.below(40'000));
  executor_.after(wait, [this, question = std::move(question), reply = std::move(reply)] {
    reply(names_.answer(question));
  });
}

}  // namespace hanse::sim
