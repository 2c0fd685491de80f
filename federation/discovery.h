// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "federation/dns.h"
#include "server/base/result.h"
#include "server/base/time.h"

namespace hanse {

// How far a hop must be protected (smtp X-9, as far as this node goes).
enum class TlsLevel : std::uint8_t {
  off,      // never
  may,      // when offered; a failed handshake falls back to plain text
  encrypt,  // always; any certificate
  verify,   // always; the certificate must be valid for the peer's name
};
std::string_view tls_level_name(TlsLevel level);
std::optional<TlsLevel> parse_tls_level(std::string_view text);

// The lowest version of TLS for a hop. Below 1.2 only where plain text would do too (smtp T-1).
enum class TlsVersion : std::uint8_t { usual, v1_0, v1_1, v1_2, v1_3 };   // usual: as [tls] says
std::string_view tls_version_name(TlsVersion version);   // "1.2"; usual: ""
std::optional<TlsVersion> parse_tls_version(std::string_view text);

// What an operator demands of the next hop of a lane.
struct HopDemand {
  HopDemand(TlsLevel level = TlsLevel::may) : tls(level) {}   // implicit: mostly it is all
  TlsLevel tls = TlsLevel::may;
  TlsVersion tls_min = TlsVersion::usual;
  std::string identity{};    // the name its certificate must be for, instead of every other
  std::string pin{};         // SHA-256 of its public key, lower-case hex: then nothing else counts
  std::string rule{};        // where it is written: "route.0", "peer.b.example"; empty: nowhere
  bool operator==(const HopDemand&) const = default;
};

// One place to dial.
struct Endpoint {
  std::string host;          // the name it was found under; for TLS names and people
  std::string address;       // IP address in text form, or the path of a Unix socket
  std::uint16_t port = 0;    // 0: Unix socket
  std::vector<std::string> verify_names;  // any of these in the certificate will do
  bool secure = false;       // found by DNSSEC all the way
  bool tls_first = false;    // TLS stands at the beginning (direct TLS)
  std::vector<DnsTlsa> tlsa{};  // of a secure host; empty: DANE has no say
  std::string identity{}, pin{};   // as in HopDemand
  TlsVersion tls_min = TlsVersion::usual;
};
void demand_of(std::vector<Endpoint>& endpoints, const HopDemand& demand);
std::string to_text(const Endpoint& endpoint);  // "mx1.b.example [192.0.2.7]:25"

// Which questions lead to which endpoints, as a small machine: ask, hear, conclude. Pure: no
// clock, no socket. The owner calls next() until it is empty, at the start and after every on().
class Discovery {
 public:
  struct Ask {
    DnsQuestion question;
    Duration wait{0};        // ask this much later (smtp M-13)
  };

  virtual ~Discovery() = default;
  virtual std::optional<Ask> next() = 0;
  virtual void on(const DnsQuestion& question, const Result<DnsAnswer>& answer) = 0;
  virtual bool done() const = 0;
  // What has been heard would do: the rest is waited for a moment only, and then passed over
  // (RFC 8305 3). What comes later all the same may still be given to on().
  virtual bool would_do() const { return false; }
  virtual void pass_over() {}

  // When done(): in the order to try. An Error with Fault::never is final for the domain. None, and
  // no status: there is nothing to dial, the peer comes by itself.
  virtual Result<std::vector<Endpoint>> endpoints() = 0;
  virtual std::string status() const = 0;  // enhanced status of that Error: "5.1.10", "4.4.3"
  virtual std::string story() const = 0;   // "MX 10 mx1.b.example; DNSSEC no", for people
};

}  // namespace hanse
