// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "federation/discovery.h"
#include "federation/next_hop.h"
#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/srv.h"
#include "server/base/random.h"

namespace hanse::xmpp {

constexpr std::uint16_t default_port = 5269;

// Where a lane "from>hop" leads (xmpp 1.1 to 1.5, 1.7, 1.10): the SRV records of both services in
// one order, their addresses, and the TLSA records of what is secure; or the place the operator
// named. Of the endpoints, verify_names holds the domain and, where DNSSEC vouches for it, the SRV
// target; it is empty for a named place, which speaks for the domain it is used for.
class DomainDiscovery final : public Discovery {
 public:
  // `random` draws among equal priorities; it must live as long as this.
  DomainDiscovery(std::string_view lane, DialRules rules, Random& random);

  std::optional<Ask> next() override;
  void on(const DnsQuestion& question, const Result<DnsAnswer>& answer) override;
  bool done() const override { return stage_ == Stage::done; }
  bool would_do() const override;
  void pass_over() override;
  Result<std::vector<Endpoint>> endpoints() override;
  std::string status() const override { return status_; }
  std::string story() const override { return story_; }

 private:
  enum class Stage : std::uint8_t { services, addresses, tlsa, done };
  struct Target {
    SrvTarget srv;
    std::vector<std::string> v4{}, v6{};   // those that may be dialled
    std::vector<DnsTlsa> tlsa{};
    std::size_t open = 0;                  // address questions without an answer
    bool secure = true;                    // SRV and addresses
    bool failed = false;                   // an address question had no answer
    bool hidden = false;                   // its TLSA question had none: not dialled
    bool refused = false;                  // had addresses that may not be dialled
    bool ours = false;
  };

  void begin(const NextHop& hop, std::string_view text);
  void ask(std::string name, DnsType type);
  void on_service(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  void merge();
  void ask_addresses();
  void on_address(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  void keep_addresses(Target& target, const DnsAnswer& answer, bool v6);
  void ask_tlsa();
  void on_tlsa(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  void gather();
  void add_endpoints(const Target& target);
  void tell_dnssec();
  void nothing_found();
  void fail(Fault fault, std::string status, std::string what);

  const DialRules rules_;
  Random& random_;
  std::string domain_;
  std::deque<Ask> asks_;
  std::size_t answers_open_ = 0;
  Stage stage_ = Stage::services;
  SrvService direct_, starttls_;
  std::vector<Target> targets_;            // in the order to try
  std::vector<Endpoint> endpoints_;
  std::optional<Error> error_;
  std::string status_, story_;
  bool configured_ = false;                // the operator named the place: anything may be dialled
  bool implicit_ = false;                  // no SRV: the domain's own addresses (1.4)
};

}  // namespace hanse::xmpp
