// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/net/acceptor.h"
#include "server/net/connections.h"
#include "tests/catch.h"

namespace hanse::net::test {

using namespace std::chrono_literals;

constexpr auto patience = 20s;   // far beyond what anything here takes

// An engine whose reaction to each event is given by the test.
using Script = std::function<void(Event&, Instant, Outbox&)>;
struct ScriptedEngine final : Engine {
  explicit ScriptedEngine(Script script) : script_(std::move(script)) {}
  void on(Event event, Instant now, Outbox& out) override { script_(event, now, out); }
  Script script_;
};

// A protocol of scripted engines; a fresh script for every connection.
struct ScriptedRoom final : ProtocolRoom {
  std::unique_ptr<Engine> inbound(const InboundContext& context) const override {
    return std::make_unique<ScriptedEngine>(inbound_(context));
  }
  std::unique_ptr<Engine> outbound(const OutboundContext& context) const override {
    return std::make_unique<ScriptedEngine>(outbound_(context));
  }
  std::shared_ptr<const LaneTraits> lane_traits() const override { return nullptr; }
  Result<Submission> report(const Reportable&, std::string_view, UtcTime) const override {
    return Error{Fault::never, "no reports here"};
  }
  std::function<Script(const InboundContext&)> inbound_;
  std::function<Script(const OutboundContext&)> outbound_;
};

Script echo();                                          // greets "hello\n", sends back what comes

// Answers every question from its own thread-less list; the test decides when.
struct HeldServices final : Services {
  void answer(Ask ask, std::function<void(Answer)> reply) override;
  void pass(Submission&&) override {}
  void wake(const std::string&, const std::string&) override {}
  void serve(const std::string& protocol, const std::string& lane,
             std::unique_ptr<ServedLink> link) override {
    if (serves_) serves_(protocol, lane, std::move(link));
  }
  void discard(std::int64_t blob) override;
  std::function<void(const std::string&, const std::string&, std::unique_ptr<ServedLink>)> serves_;
  std::vector<std::function<void(Answer)>> replies_;
  std::vector<std::int64_t> discarded_;
};

// A thread-safe list of what happened, which a test can wait on.
class Story {
 public:
  void add(std::string line);
  bool wait_for(std::string_view line, std::size_t times = 1);   // false: not within patience
  std::size_t count(std::string_view line) const;
  std::string text() const;

 private:
  std::size_t count_locked(std::string_view line) const;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

struct TlsFiles {
  std::string ca_path, certificate_pem, key_pem;
  // A further certificate of the CA. `names`: subjectAltName as openssl writes it in its
  // configuration; `more`: further lines and `options` of `openssl x509`.
  struct Made { std::string pem, key; };
  std::function<Made(const std::string& names, const std::string& more,
                     const std::string& options)> make;
};
const TlsFiles& tls_files();                            // made once by the openssl command

// Some shards with their connections and one listener, all of one process.
class Node {
 public:
  explicit Node(std::size_t shards = 1, bool tls = false, ConnectionLimits limits = {});
  ~Node();
  void listen(bool implicit_tls = false);
  void listen(Listen table);
  std::uint16_t port() const;
  Endpoint endpoint() const;
  void on_shard(std::size_t index, const std::function<void()>& work);  // and wait for it
  std::size_t open() const;
  bool wait_until(const std::function<bool()>& condition);  // asked on shard 0, again and again

  SystemClock clock_;
  Story log_story_;
  Log log_;
  Metrics metrics_;
  std::shared_ptr<ScriptedRoom> room_ = std::make_shared<ScriptedRoom>();
  HeldServices services_;
  std::shared_ptr<ConnectionSetup> setup_ = std::make_shared<ConnectionSetup>();
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<Connections>> connections_;
  std::unique_ptr<Acceptor> acceptor_;
};

// A blocking socket of the test itself.
class Client {
 public:
  explicit Client(std::uint16_t port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  void send(std::string_view bytes);
  std::string read(std::size_t size);                   // exactly so many, or less at the end
  std::string read_to_end();
  void end_output();
  int native() const { return native_; }

 private:
  int native_ = -1;
};

// A lane that writes down what it hears.
struct ToldLane final : LinkEvents {
  explicit ToldLane(Story& story) : story_(story) {}
  void link_ready(Link& link) override;
  void link_settled(Link& link, DeliveryId id, Outcome outcome) override;
  void link_closed(Link& link, const LinkEnd& end) override;
  Story& story_;
  std::function<void(Link&)> on_ready_;
  LinkEnd end_;
  Outcome outcome_;
};

Work work_for(DeliveryId id);

}  // namespace hanse::net::test
