// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/net/dns_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "federation/dns.h"
#include "tests/catch.h"
#include "tests/dns_bytes.h"

namespace hanse::net::test {

namespace {

constexpr std::size_t datagram_max = 1232;

// One port for both kinds; the TCP side may be taken by somebody else, then another one is tried.
unsigned bind_both(int udp, int& tcp) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = ::bind(tcp, raw, size) == 0 && ::listen(tcp, 16) == 0 &&
                     ::getsockname(tcp, raw, &size) == 0 && ::bind(udp, raw, size) == 0;
  if (bound) return ntohs(address.sin_port);
  ::close(tcp);
  return 0;
}

}  // namespace

DnsServer::DnsServer() : udp_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  for (int tries = 0; port_ == 0 && tries < 100; ++tries) port_ = bind_both(udp_, tcp_);
  REQUIRE(port_ != 0);
  REQUIRE(::pipe(stop_) == 0);
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  ::close(stop_[1]);
  thread_.join();
  for (const int one : {udp_, tcp_, stop_[0]}) ::close(one);
}

void DnsServer::set(const std::string& question, std::vector<std::string> lines) {
  const std::lock_guard lock(mutex_);
  table_[question] = std::move(lines);
}

int DnsServer::asked(const std::string& question) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(question);
  return found == asked_.end() ? 0 : found->second;
}

int DnsServer::asked_by_tcp() const {
  const std::lock_guard lock(mutex_);
  return asked_by_tcp_;
}

std::string DnsServer::address() const { return "127.0.0.1:" + std::to_string(port_); }

void DnsServer::serve() {
  for (;;) {
    pollfd waits[3] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(waits, 3, -1) <= 0 || waits[2].revents != 0) return;
    if (waits[0].revents != 0) serve_datagram();
    if (waits[1].revents != 0) serve_stream();
  }
}

void DnsServer::serve_datagram() {
  std::string query(512, '\0');
  sockaddr_in from{};
  socklen_t size = sizeof from;
  auto* raw = reinterpret_cast<sockaddr*>(&from);
  const ssize_t got = ::recvfrom(udp_, query.data(), query.size(), 0, raw, &size);
  if (got <= 0) return;
  query.resize(static_cast<std::size_t>(got));
  const std::string answer = answer_to(query, false);
  if (!answer.empty()) ::sendto(udp_, answer.data(), answer.size(), 0, raw, size);
}

void DnsServer::serve_stream() {
  const int native = ::accept(tcp_, nullptr, nullptr);
  const timeval wait_max{5, 0};
  setsockopt(native, SOL_SOCKET, SO_RCVTIMEO, &wait_max, sizeof wait_max);
  std::string query(514, '\0');
  const ssize_t got = ::recv(native, query.data(), query.size(), 0);
  if (got > 2) {
    const std::string answer =
        answer_to(query.substr(2, static_cast<std::size_t>(got) - 2), true);
    const std::string framed =
        dns_bytes::u16(static_cast<unsigned>(answer.size())) + answer;
    ::send(native, framed.data(), framed.size(), MSG_NOSIGNAL);
  }
  ::close(native);
}

// The question section is everything between the header and the OPT record of 11 octets.
std::string DnsServer::answer_to(const std::string& query, bool tcp) {
  if (query.size() < 12 + 5 + 11) return {};
  const std::string question = query.substr(12, query.size() - 12 - 11);
  const auto octet = [](char c) { return static_cast<unsigned char>(c); };
  const unsigned id = static_cast<unsigned>(octet(query[0]) << 8 | octet(query[1]));
  std::string text;
  for (std::size_t at = 0; question[at] != 0; at += static_cast<unsigned char>(question[at]) + 1u)
    text += (text.empty() ? "" : ".") +
            question.substr(at + 1, static_cast<unsigned char>(question[at]));
  const auto type = static_cast<DnsType>(static_cast<unsigned char>(question[question.size() - 3]));
  text += " " + std::string(dns_type_name(type));
  const std::lock_guard lock(mutex_);
  ++asked_[text];
  if (tcp) ++asked_by_tcp_;
  const auto found = table_.find(text);
  if (found == table_.end()) return dns_bytes::answer(id, question, {"rcode 3"});
  if (found->second == std::vector<std::string>{"silence"}) return {};
  std::string answer = dns_bytes::answer(id, question, found->second);
  if (!tcp && answer.size() > datagram_max) answer = dns_bytes::answer(id, question, {"tc"});
  return answer;
}

}  // namespace hanse::net::test
