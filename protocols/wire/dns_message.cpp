// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/dns_message.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "protocols/wire/dns_reader.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse {

namespace {

constexpr std::uint16_t class_in = 1, type_opt = 41;
constexpr std::uint8_t flag_response = 0x80, flag_truncated = 0x02, flag_recursion = 0x01;
constexpr std::uint8_t flag_authentic = 0x20, opcode_mask = 0x78, rcode_mask = 0x0f;
constexpr std::uint8_t rcode_ok = 0, rcode_servfail = 2, rcode_no_name = 3, rcode_refused = 5;
constexpr std::size_t label_octets_max = 63, name_octets_max = 255;

Error broken(std::string_view what) {
  return {Fault::try_later, "broken DNS answer: " + std::string(what)};
}

void append_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

// One record of the answer section, its data still to be read.
struct Raw {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::size_t data_at = 0, data_size = 0;
};

struct Sections {
  std::vector<Raw> answers;
  std::optional<std::uint32_t> negative_ttl;   // from the SOA
};

std::optional<Raw> read_record(DnsReader& in) {
  Raw raw;
  raw.owner = in.name();
  raw.type = in.u16();
  const std::uint16_t record_class = in.u16();
  raw.ttl = in.u32();
  if (raw.ttl > INT32_MAX) raw.ttl = 0;  // RFC 2181 8
  raw.data_size = in.u16();
  raw.data_at = in.at();
  in.skip(raw.data_size);
  if (!in.good()) return std::nullopt;
  if (record_class != class_in) raw.type = 0;  // matches nothing
  return raw;
}

// RFC 2308 5: the lower of the SOA's own TTL and its last field.
std::optional<std::uint32_t> soa_negative_ttl(std::string_view message, const Raw& soa) {
  DnsReader in(message, soa.data_at, soa.data_size);
  in.name();
  in.name();
  in.skip(4 * sizeof(std::uint32_t));
  const std::uint32_t minimum = in.u32();
  if (!in.good() || !in.at_end()) return std::nullopt;
  return std::min(soa.ttl, minimum);
}

bool read_sections(DnsReader& in, std::uint16_t answers, std::uint16_t authorities,
                   std::string_view message, Sections& out) {
  for (unsigned count = 0; count < answers; ++count) {
    std::optional<Raw> raw = read_record(in);
    if (!raw) return false;
    out.answers.push_back(std::move(*raw));
  }
  for (unsigned count = 0; count < authorities; ++count) {
    const std::optional<Raw> raw = read_record(in);
    if (!raw) return false;
    if (raw->type == static_cast<std::uint16_t>(DnsType::soa))
      out.negative_ttl = soa_negative_ttl(message, *raw);
  }
  return true;
}

std::string read_text(DnsReader& in) {
  std::string text;
  while (in.good() && !in.at_end()) text += in.bytes(in.u8());
  return text;
}

// The data of one record; nothing when it is malformed.
std::optional<DnsRecord> read_data(std::string_view message, const Raw& raw) {
  DnsReader in(message, raw.data_at, raw.data_size);
  DnsRecord record;
  switch (static_cast<DnsType>(raw.type)) {
    case DnsType::a: record = DnsAddress{in.ipv4()}; break;
    case DnsType::aaaa: record = DnsAddress{in.ipv6()}; break;
    case DnsType::ns:
    case DnsType::cname:
    case DnsType::ptr: record = DnsName{in.name()}; break;
    case DnsType::mx: {
      DnsMx mx;
      mx.preference = in.u16();
      mx.exchange = in.name();
      record = std::move(mx);
      break;
    }
    case DnsType::srv: {
      DnsSrv srv;
      srv.priority = in.u16();
      srv.weight = in.u16();
      srv.port = in.u16();
      srv.target = in.name();
      record = std::move(srv);
      break;
    }
    case DnsType::txt: record = DnsTxt{read_text(in)}; break;
    case DnsType::tlsa: {
      DnsTlsa tlsa;
      tlsa.usage = in.u8();
      tlsa.selector = in.u8();
      tlsa.matching = in.u8();
      tlsa.data = in.rest();
      record = std::move(tlsa);
      break;
    }
    case DnsType::soa: return std::nullopt;  // no engine asks for one
  }
  if (!in.good() || !in.at_end()) return std::nullopt;
  return record;
}

std::uint32_t capped(std::uint32_t ttl, Duration most) {
  const auto seconds = [](Duration d) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(d).count());
  };
  return std::clamp(ttl, seconds(limits::dns_ttl_min), seconds(most));  // smtp M-12
}

// Walks from the asked name along its CNAMEs to the records of the asked type.
class Chain {
 public:
  Chain(std::string_view message, const Sections& sections, const DnsQuestion& question)
      : message_(message), sections_(sections), type_(static_cast<std::uint16_t>(question.type)) {
    answer_.canonical = lower_ascii(question.name);
  }

  Result<DnsAnswer> walk(bool no_name) {
    for (std::size_t links = 0; links <= limits::dns_cname_links_max; ++links) {
      if (!collect()) return broken("malformed record data");
      if (!answer_.records.empty()) return found();
      const Raw* alias = alias_of(answer_.canonical);
      if (alias == nullptr) return nothing(no_name);
      const std::optional<DnsRecord> target = read_data(message_, *alias);
      if (!target) return broken("malformed record data");
      answer_.canonical = std::get<DnsName>(*target).name;
      ttl_ = std::min(ttl_, alias->ttl);
    }
    return Error{Fault::try_later, "CNAME chain too long or in a circle"};  // smtp M-3
  }

 private:
  bool collect() {
    for (const Raw& raw : sections_.answers) {
      if (raw.type != type_ || raw.owner != answer_.canonical) continue;
      if (answer_.records.size() == limits::dns_records_max) break;  // smtp M-12
      std::optional<DnsRecord> record = read_data(message_, raw);
      if (!record) return false;
      answer_.records.push_back(std::move(*record));
      ttl_ = std::min(ttl_, raw.ttl);
    }
    return true;
  }

  const Raw* alias_of(const std::string& name) const {
    for (const Raw& raw : sections_.answers)
      if (raw.type == static_cast<std::uint16_t>(DnsType::cname) && raw.owner == name) return &raw;
    return nullptr;
  }

  Result<DnsAnswer> found() {
    answer_.status = DnsStatus::ok;
    answer_.ttl_seconds = capped(ttl_, limits::dns_ttl_max);
    return std::move(answer_);
  }

  Result<DnsAnswer> nothing(bool no_name) {
    answer_.status = no_name ? DnsStatus::no_name : DnsStatus::no_data;
    // Without a SOA there is no word on how long: the chain's own TTL, or the least.
    ttl_ = std::min(ttl_, sections_.negative_ttl.value_or(ttl_ == UINT32_MAX ? 0 : ttl_));
    answer_.ttl_seconds = capped(ttl_, limits::dns_negative_ttl_max);
    return std::move(answer_);
  }

  std::string_view message_;
  const Sections& sections_;
  const std::uint16_t type_;
  DnsAnswer answer_;
  std::uint32_t ttl_ = UINT32_MAX;
};

// The server's own word for why there is no answer.
Error refusal(std::uint8_t rcode) {
  if (rcode == rcode_servfail) return {Fault::try_later, "SERVFAIL"};
  if (rcode == rcode_refused) return {Fault::try_later, "REFUSED"};
  return {Fault::try_later, "DNS answer code " + std::to_string(rcode)};
}

}  // namespace

Result<std::string> make_dns_query(const DnsQuestion& question, std::uint16_t id) {
  std::string out;
  append_u16(out, id);
  out += static_cast<char>(flag_recursion);
  out += static_cast<char>(flag_authentic);  // RFC 6840 5.7: we understand AD
  out += std::string_view("\0\1\0\0\0\0\0\1", 8);  // one question, one additional record
  std::size_t octets = 1;
  for (const std::string_view label : split(question.name, '.')) {
    octets += label.size() + 1;
    if (label.empty() || label.size() > label_octets_max || octets > name_octets_max)
      return Error{Fault::never, "\"" + escape_text(question.name) + "\" is no DNS name"};
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
  append_u16(out, static_cast<std::uint16_t>(question.type));
  append_u16(out, class_in);
  out += '\0';  // the OPT record: root, size in place of the class, no flags, no options
  append_u16(out, type_opt);
  append_u16(out, static_cast<std::uint16_t>(limits::dns_query_udp_bytes));
  out.append(6, '\0');
  return out;
}

Result<DnsAnswer> parse_dns_answer(std::string_view message, const DnsQuestion& question) {
  if (message.size() > limits::dns_message_bytes_max) return broken("too long");
  DnsReader in(message);
  in.u16();  // the id; whoever sent the question has compared it
  const std::uint8_t flags = in.u8(), more_flags = in.u8();
  const std::uint16_t questions = in.u16(), answers = in.u16(), authorities = in.u16();
  in.u16();
  if (!in.good()) return broken("no header");
  if ((flags & flag_response) == 0 || (flags & opcode_mask) != 0) return broken("not an answer");
  const std::uint8_t rcode = more_flags & rcode_mask;
  if (rcode != rcode_ok && rcode != rcode_no_name) return refusal(rcode);
  if ((flags & flag_truncated) != 0) return broken("cut off");
  if (questions != 1) return broken("no question");
  const std::string name = in.name();
  const std::uint16_t type = in.u16(), question_class = in.u16();
  if (!in.good() || name != lower_ascii(question.name) || question_class != class_in ||
      type != static_cast<std::uint16_t>(question.type))
    return broken("another question");
  Sections sections;
  if (!read_sections(in, answers, authorities, message, sections))
    return broken("malformed record");
  Result<DnsAnswer> answer = Chain(message, sections, question).walk(rcode == rcode_no_name);
  if (answer) answer->secure = (more_flags & flag_authentic) != 0;
  return answer;
}

}  // namespace hanse
