// SPDX-License-Identifier: Apache-2.0
#include "server/console/text_table.h"

#include <algorithm>

namespace hanse::console {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string TextTable::text(const Style& style) const {
  std::vector<std::size_t> widths(header_.size(), 0);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = header_[i].size();
    for (const auto& row : rows_) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out = line(header_, widths);
  if (style.colour) out = "\x1b[1m" + out + "\x1b[0m";
  out += '\n';
  for (const auto& row : rows_) out += line(row, widths) + "\n";
  return out;
}

std::string TextTable::line(const std::vector<std::string>& row,
                            const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string pad(widths[i] - row[i].size(), ' ');
    if (i > 0) out += "  ";
    out += is_number(row[i]) ? pad + row[i] : row[i] + pad;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace hanse::console
