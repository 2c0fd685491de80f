// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/peer_dane.h"

#include <algorithm>
#include <utility>

#include "protocols/xmpp/discover.h"
#include "server/base/limits.h"
#include "server/base/network_address.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view direct_service = "_xmpps-server._tcp.";
constexpr std::string_view starttls_service = "_xmpp-server._tcp.";

}  // namespace

PeerDane::PeerDane(std::string_view domain_key) : domain_(domain_key) {
  // xmpp 1.1: neither an address nor a single label is looked up.
  if (domain_.find('.') == domain_.npos || domain_.starts_with('[') || is_ip_address(domain_))
    return;
  ask(std::string(direct_service) + domain_, DnsType::srv);
  ask(std::string(starttls_service) + domain_, DnsType::srv);
}

void PeerDane::ask(std::string name, DnsType type) {
  DnsQuestion question{std::move(name), type};
  if (std::find(asks_.begin(), asks_.end(), question) != asks_.end()) return;
  asks_.push_back(std::move(question));
  ++answers_open_;
}

std::optional<DnsQuestion> PeerDane::next() {
  if (asks_.empty()) return std::nullopt;
  DnsQuestion question = std::move(asks_.front());
  asks_.pop_front();
  return question;
}

void PeerDane::on(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  if (answers_open_ == 0) return;
  --answers_open_;
  if (question.type == DnsType::srv) {
    // An SRV answer that cannot be had is one nobody has signed: authorities decide, as they do
    // for every domain without DNSSEC.
    const bool direct = question.name.starts_with(direct_service);
    if (answer) (direct ? direct_ : starttls_) = read_service(*answer, direct);
    if (answers_open_ == 0) ask_hosts();
    return;
  }
  if (!answer) missing_ = question.name;
  else if (answer->secure) {
    for (const DnsRecord& record : answer->records) {
      const DnsTlsa* tlsa = std::get_if<DnsTlsa>(&record);
      if (tlsa != nullptr && records_.size() < limits::dane_records_max) records_.push_back(*tlsa);
    }
  }
}

void PeerDane::ask_hosts() {
  const auto ask_host = [this](const std::string& host, std::uint16_t port) {
    if (asks_.size() < limits::dane_hosts_max)
      ask("_" + std::to_string(port) + "._tcp." + host, DnsType::tlsa);
  };
  for (const SrvService* service : {&direct_, &starttls_}) {
    for (const SrvTarget& target : service->targets) {
      if (!target.secure) continue;
      ask_host(target.host, target.port);
      if (target.host != domain_ && hosts_.size() < limits::dane_hosts_max)
        hosts_.push_back(target.host);
    }
  }
  // xmpp 1.4: without SRV the domain is its own host.
  const bool present = direct_.present || starttls_.present;
  if (!present && direct_.secure && starttls_.secure) ask_host(domain_, default_port);
}

}  // namespace hanse::xmpp
