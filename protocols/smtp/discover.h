// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "federation/discovery.h"
#include "federation/next_hop.h"
#include "protocols/smtp/limits.h"
#include "protocols/smtp/settings.h"
#include "server/base/random.h"

namespace hanse::smtp {


// Where mail for a lane goes: MX and addresses (RFC 5321 5.1), or the place the operator named.
class MailDiscovery final : public Discovery {
 public:
  // `random` shuffles equal preferences; it must live as long as this.
  MailDiscovery(const std::string& lane, std::shared_ptr<const SmtpSettings> settings,
                Random& random);

  std::optional<Ask> next() override;
  void on(const DnsQuestion& question, const Result<DnsAnswer>& answer) override;
  bool done() const override { return done_; }
  bool would_do() const override;
  void pass_over() override;
  Result<std::vector<Endpoint>> endpoints() override;
  std::string status() const override { return status_; }
  std::string story() const override { return story_; }

 private:
  struct Host {
    std::string name;
    std::uint16_t preference = 0;
    std::size_t open = 0;                // address questions without an answer
    std::vector<std::string> v4{}, v6{}; // those that may be dialled
    bool secure = true;
    bool failed = false;                 // an address question had no answer
    bool refused = false;                // had addresses that may not be dialled
    bool ours = false;
  };

  void begin(const NextHop& hop);
  void on_mx(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  void take_exchanges(const DnsAnswer& answer);
  void add_host(std::string name, std::uint16_t preference);
  void order_hosts();
  void on_address(const DnsQuestion& question, const Result<DnsAnswer>& answer);
  void keep_addresses(Host& host, const DnsAnswer& answer, bool v6);
  void ask_hosts();
  void drop_from(std::uint16_t preference);
  void gather();
  void add_endpoints(const Host& host);
  void nothing_found();
  void fail(Fault fault, std::string status, std::string what);

  const std::shared_ptr<const SmtpSettings> settings_;
  Random& random_;
  std::string domain_;
  std::uint16_t port_ = 0;
  std::deque<Ask> asks_;
  std::vector<Host> hosts_;              // in the order to try
  std::size_t hosts_asked_ = 0, answers_open_ = 0;
  std::vector<Endpoint> endpoints_;
  std::optional<Error> error_;
  std::string status_, story_;
  bool configured_ = false;              // the operator named the place: anything may be dialled
  bool implicit_ = false;                // no MX: the domain's own addresses (M-2)
  bool secure_ = false;                  // the MX answer was
  bool loops_ = false;                   // we were in the list (M-6)
  bool done_ = false;
};

}  // namespace hanse::smtp
