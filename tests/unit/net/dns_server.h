// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hanse::net::test {

// A DNS server on a free loopback port, UDP and TCP, that answers from a table: "a.example MX" to
// the lines of tests/dns_bytes.h, or "silence".
class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  void set(const std::string& question, std::vector<std::string> lines);
  int asked(const std::string& question) const;
  int asked_by_tcp() const;
  std::string address() const;

 private:
  void serve();
  void serve_datagram();
  void serve_stream();
  std::string answer_to(const std::string& query, bool tcp);

  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> table_;
  std::map<std::string, int> asked_;
  int asked_by_tcp_ = 0;
  int udp_ = -1, tcp_ = -1, stop_[2] = {-1, -1};
  unsigned port_ = 0;
  std::thread thread_;
};

}  // namespace hanse::net::test
