// SPDX-License-Identifier: Apache-2.0
// The table of contents: gather the option tables, read the command line, and either carry out
// a console command or put the rooms together and run until the last goodbye.

#include <sys/resource.h>

#include <cstdio>
#include <exception>

#include "server/console/cli.h"
#include "server/console/control_server.h"
#include "server/console/metrics_server.h"
#include "server/config/whole.h"
#include "server/heap.h"
#include "server/net/tls_memory.h"
#include "server/node.h"

namespace hanse {
namespace {

// operations section 9
void forbid_core_dumps() {
  constexpr rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

int run_daemon(const std::string& config_file, const config::Schema& schema) {
  net::count_tls_memory();
  const auto configuration = console::load_or_complain(config_file, schema);
  if (!configuration) return 2;
  const config::NodeSettings settings = config::read_node_settings(*configuration).settings;
  if (!settings.core_dumps) forbid_core_dumps();

  const SystemClock clock;
  Log log(clock, stderr_sink());
  Metrics metrics;
  Node node(config_file, schema, log, metrics, clock);
  if (const Result<void> started = node.start(configuration); !started) {
    log.write(Level::error, "node.start_failed", started.error().what);
    return started.error().fault == Fault::never ? 2 : 1;
  }
  console::Node seen(node, schema, clock);
  const auto control = console::ControlServer::open(
      {settings.control.socket, settings.control.group}, seen);
  if (!control) {
    log.write(Level::error, "node.start_failed", control.error().what);
    return 1;
  }
  std::unique_ptr<console::MetricsServer> health;
  if (!settings.metrics_address.empty()) {
    auto opened = console::MetricsServer::open(settings.metrics_address, seen);
    if (!opened) {
      log.write(Level::error, "node.start_failed", opened.error().what);
      return 1;
    }
    health = std::move(opened).value();
    log.write(Level::info, "metrics.listening", "health and metrics",
              {{"address", health->local_address()}});
  }
  node.announce_ready();
  return node.run();
}

}  // namespace
}  // namespace hanse

int main(int argc, char** argv) {
  try {
    const hanse::config::Schema schema = hanse::config::whole_schema();
    const auto asked = hanse::console::console_main(argc, argv, schema);
    if (const int* code = std::get_if<int>(&asked)) return *code;
    hanse::set_up_heap(argv);
    return hanse::run_daemon(std::get<hanse::console::RunDaemon>(asked).config_file, schema);
  } catch (const std::system_error& failure) {
    const bool threads = failure.code() == std::errc::resource_unavailable_try_again;
    std::fprintf(stderr, "hanse: %s%s\n", failure.what(),
                 threads ? ": no more threads are allowed: raise TasksMax= of the unit or "
                           "`ulimit -u`, or set fewer `shards` in [node]"
                         : "");
    return 1;
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "hanse: %s\n", bug.what());
    return 1;
  }
}
