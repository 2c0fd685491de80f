// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "federation/lane.h"
#include "federation/permission.h"
#include "federation/policy.h"
#include "federation/queue_admin.h"
#include "server/base/options.h"

namespace hanse::console {

struct LinkRow {
  std::string connection;      // "s0-17"
  std::string protocol;
  bool outgoing = false;
  std::string remote, peer;    // "192.0.2.7:41234"; the configured peer or lane
  std::string tls;
  UtcTime since{};
  std::uint64_t bytes_in = 0, bytes_out = 0, messages = 0;
};

struct ListenRow { std::string protocol, address; };

struct Readiness {
  bool ready = false, live = false;
  std::vector<std::string> failing;   // "store not recovered", "draining", "disk low"
};

// What the console and the metrics listener can see and do of a running node. Implemented where
// the rooms are put together; every call is safe from a console thread and bounded in time:
// a shard that does not answer within a second gives Fault::try_later.
class NodeView {
 public:
  virtual ~NodeView() = default;
  virtual std::string domain() const = 0;
  virtual UtcTime started() const = 0;
  virtual std::vector<ListenRow> listeners() const = 0;
  virtual Result<std::vector<LaneStatus>> lanes() = 0;
  virtual Result<std::vector<LinkRow>> links() = 0;
  virtual std::shared_ptr<const Policy> policy() const = 0;
  virtual std::shared_ptr<const Configuration> configuration() const = 0;
  virtual std::uint64_t config_epoch() const = 0;
  virtual UtcTime config_loaded() const = 0;
  virtual QueueAdmin& queue() = 0;
  virtual Metrics& metrics() = 0;
  virtual Log& log() = 0;
  virtual Readiness readiness() = 0;

  virtual void wake_lane(const std::string& protocol, const std::string& lane) = 0;  // "" = all
  virtual Result<void> reload() = 0;       // the whole new configuration or none of it
  virtual void drain(Duration grace) = 0;  // starts it; the process ends by itself
};

}  // namespace hanse::console
