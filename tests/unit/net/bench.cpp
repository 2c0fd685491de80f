// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/net/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hanse::net::test {

namespace {

constexpr std::string_view protocol = "test";

std::string file_text(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A private CA and one certificate of it, in a directory that goes with the process.
struct TlsDirectory {
  TlsDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hanse-tls-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    const std::string request = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
                                "-nodes -batch ";
    run(request + "-x509 -days 7 -subj '/CN=test ca' -keyout ca.key -out ca.pem");
    run(request + "-subj '/CN=leaf' -keyout leaf.key -out leaf.csr");
    std::ofstream(path / "names") << "subjectAltName=DNS:mx.a.example,IP:127.0.0.1\n";
    run("openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 7 -set_serial 2 "
        "-extfile names -out leaf.pem");
    files = {(path / "ca.pem").string(), file_text(path / "leaf.pem"),
             file_text(path / "leaf.key"),
             [this](const std::string& names, const std::string& more,
                    const std::string& options) { return make(names, more, options); }};
  }

  TlsFiles::Made make(const std::string& names, const std::string& more,
                      const std::string& options) const {
    std::ofstream(path / "names") << (names.empty() ? "" : "subjectAltName=" + names + "\n")
                                  << more << "\n";
    run("openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 3 -extfile names "
        "-out made.pem " + (options.empty() ? "-days 7" : options));
    return {file_text(path / "made.pem"), files.key_pem};
  }
  ~TlsDirectory() { std::filesystem::remove_all(path); }

  void run(const std::string& command) const {
    const std::string line = "cd '" + path.string() + "' && " + command + " 2>/dev/null";
    REQUIRE(std::system(line.c_str()) == 0);
  }

  std::filesystem::path path;
  TlsFiles files;
};

}  // namespace

Script echo() {
  return [](Event& event, Instant, Outbox& out) {
    if (std::holds_alternative<Opened>(event)) out.send("hello\n");
    if (const auto* received = std::get_if<Received>(&event)) out.send(received->bytes);
    if (std::holds_alternative<Drain>(event)) {
      out.send("bye\n");
      out.hang_up();
    }
  };
}

void HeldServices::answer(Ask, std::function<void(Answer)> reply) {
  replies_.push_back(std::move(reply));
}
void HeldServices::discard(std::int64_t blob) { discarded_.push_back(blob); }

void Story::add(std::string line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  changed_.notify_all();  // under the lock: who has heard of it may destroy the story
}

bool Story::wait_for(std::string_view line, std::size_t times) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return count_locked(line) >= times; });
}

std::size_t Story::count(std::string_view line) const {
  const std::lock_guard lock(mutex_);
  return count_locked(line);
}

std::size_t Story::count_locked(std::string_view line) const {
  return static_cast<std::size_t>(
      std::count_if(lines_.begin(), lines_.end(),
                    [&](const std::string& one) { return one.find(line) != std::string::npos; }));
}

std::string Story::text() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_) all += line + "; ";
  return all;
}

const TlsFiles& tls_files() {
  static const TlsDirectory directory;
  return directory.files;
}

Node::Node(std::size_t shards, bool tls, ConnectionLimits limits)
    : log_(clock_, [this](std::string_view line) { log_story_.add(std::string(line)); }) {
  log_.set_level(Level::debug);
  room_->inbound_ = [](const InboundContext&) { return echo(); };
  room_->outbound_ = [](const OutboundContext&) { return echo(); };
  setup_->rooms.emplace(std::string(protocol), room_);
  setup_->limits = std::move(limits);
  if (setup_->limits.trusted.empty()) setup_->limits.per_prefix_max = 10000;
  if (tls) {
    auto context = TlsContext::load(
        {tls_files().certificate_pem, tls_files().key_pem, tls_files().ca_path, "1.2"});
    REQUIRE(context);
    setup_->tls = *context;
  }
  for (unsigned index = 0; index < shards; ++index) {
    shards_.push_back(std::make_unique<Shard>(index, clock_, log_, metrics_));
    connections_.push_back(std::make_unique<Connections>(*shards_.back(), services_, setup_,
                                                         clock_, log_, metrics_));
  }
  for (const auto& shard : shards_) shard->start();
}

Node::~Node() {
  acceptor_.reset();
  for (const auto& shard : shards_) shard->stop();
  connections_.clear();
}

void Node::listen(bool implicit_tls) {
  Listen table;
  table.implicit_tls = implicit_tls;
  listen(table);
}

void Node::listen(Listen table) {
  std::vector<Connections*> targets;
  for (const auto& one : connections_) targets.push_back(one.get());
  table.table = "listen.test";
  table.address_key = "addr";
  auto acceptor = Acceptor::listen(*shards_.at(0), "127.0.0.1:0", table, std::string(protocol),
                                   targets, log_);
  REQUIRE(acceptor);
  acceptor_ = std::move(*acceptor);
}

std::uint16_t Node::port() const {
  const std::string address = acceptor_->local_address();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

Endpoint Node::endpoint() const {
  Endpoint endpoint;
  endpoint.host = "mx.a.example";
  endpoint.address = "127.0.0.1";
  endpoint.port = port();
  return endpoint;
}

void Node::on_shard(std::size_t index, const std::function<void()>& work) {
  std::promise<void> done;
  shards_.at(index)->post([&] {
    work();
    done.set_value();
  });
  // Waited for outside of REQUIRE: the work may check something too, and only one at a time can.
  const bool ran = done.get_future().wait_for(patience) == std::future_status::ready;
  REQUIRE(ran);
}

std::size_t Node::open() const {
  std::size_t all = 0;
  for (const auto& one : connections_) all += one->open();
  return all;
}

bool Node::wait_until(const std::function<bool()>& condition) {
  const Instant end = clock_.now() + patience;
  bool met = false;
  while (!met && clock_.now() < end) on_shard(0, [&] { met = condition(); });
  return met;
}

Client::Client(std::uint16_t port) : native_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval wait_max{20, 0};
  setsockopt(native_, SOL_SOCKET, SO_RCVTIMEO, &wait_max, sizeof wait_max);
  REQUIRE(::connect(native_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

Client::~Client() { ::close(native_); }

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(native_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) REQUIRE(put > 0);  // may run beside the test's own thread: no check when good
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string Client::read(std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::recv(native_, out.data() + have, size - have, 0);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

std::string Client::read_to_end() {
  std::string out;
  for (std::string block = read(65536); !block.empty(); block = read(65536)) out += block;
  return out;
}

void Client::end_output() { ::shutdown(native_, SHUT_WR); }

void ToldLane::link_ready(Link& link) {
  story_.add("ready");
  if (on_ready_) on_ready_(link);
}

void ToldLane::link_settled(Link&, DeliveryId id, Outcome outcome) {
  outcome_ = std::move(outcome);
  story_.add("settled " + std::to_string(id));
}

void ToldLane::link_closed(Link&, const LinkEnd& end) {
  end_ = end;
  story_.add("closed " + end.status + " " + end.what);
}

Work work_for(DeliveryId id) {
  Work work;
  work.envelope = std::make_shared<Envelope>();
  work.targets.push_back({id, {}, 1});
  return work;
}

}  // namespace hanse::net::test
