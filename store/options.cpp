// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "store/store.h"

namespace hanse::store {

namespace {

constexpr std::array store_options{
    Option{.key = "destination_messages_max",
           .type = OptionType::integer,
           .fallback = "50000",
           .help = "Recipients that may wait for one destination. At it new mail for that "
                   "destination alone is refused for the moment; one message may pass it.",
           .applies = Applies::restart,
           .least = 1},
    Option{.key = "destination_bytes_max",
           .type = OptionType::bytes,
           .fallback = "\"2GiB\"",
           .help = "Bytes that may wait for one destination; one message may pass it.",
           .applies = Applies::restart,
           .least = 1},
    Option{.key = "history_keep",
           .type = OptionType::duration,
           .fallback = "\"72h\"",
           .help = "How long finished messages can still be asked for (`queue why`), without "
                   "their content.",
           .applies = Applies::restart,
           .least = 0},
    Option{.key = "trash_keep",
           .type = OptionType::duration,
           .fallback = "\"24h\"",
           .help = "How long discarded messages can be brought back with `queue release "
                   "status=discarded`.",
           .applies = Applies::restart,
           .least = 0},
};

constexpr std::array disk_options{
    Option{.key = "min_free",
           .type = OptionType::bytes,
           .fallback = "\"0\"",
           .help = "Free space of the data directory below which new messages are refused for the "
                   "moment; delivery goes on. 0: the larger of 2 GiB and 5 % of the disk.",
           .applies = Applies::restart,
           .least = 0},
};

constexpr std::array tables{
    OptionTable{"store", TableShape::single, "The queue on disk.", store_options},
    OptionTable{"disk", TableShape::single, "When the disk counts as full.", disk_options},
};

}  // namespace

std::span<const OptionTable> option_tables() { return tables; }

StoreSettings read_settings(const Configuration& configuration) {
  const Settings& store = configuration.table("store");
  StoreSettings settings;
  settings.directory = configuration.table("node").text("data_dir");
  settings.lane_messages_max =
      static_cast<std::uint64_t>(store.integer("destination_messages_max"));
  settings.lane_bytes_max = static_cast<std::uint64_t>(store.integer("destination_bytes_max"));
  settings.history_keep = store.duration("history_keep");
  settings.trash_keep = store.duration("trash_keep");
  settings.disk_free_min_bytes =
      static_cast<std::uint64_t>(configuration.table("disk").integer("min_free"));
  return settings;
}

}  // namespace hanse::store
