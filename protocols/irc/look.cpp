// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/look.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "protocols/irc/limits.h"
#include "server/base/text.h"

namespace hanse::irc {
namespace {

constexpr std::uint16_t usual_tls_port = 6697, usual_port = 6667;

// What servers say to somebody who has not said who he is.
std::string software_of(const Line& line) {
  const std::string_view text = line.parameters == 0 ? "" : line.all().back();
  if (line.command == "CAPAB" && line.at(0) == "START") return "inspircd";
  if (line.command == "451" && line.at(1) == "VERSION") return "inspircd";
  if (line.command == "451" && text == "Connection not registered") return "ngircd";
  if (line.command == "020") return "irc2";
  // The other family of TS6 says it with dots.
  if (line.command == "NOTICE" && text == "*** Looking up your hostname") return "hybrid";
  return {};
}

bool is_irc(const Line& line) {
  const bool numeric = line.command.size() == 3 &&
                       line.command.find_first_not_of("0123456789") == std::string_view::npos;
  return (numeric && !line.source.empty()) || line.command == "NOTICE" ||
         line.command == "CAPAB" || line.command == "ERROR" || line.command == "PING";
}

// The addresses of a host, and where nobody said which port, the usual ones.
class Place final : public Discovery {
 public:
  explicit Place(NextHop hop) : hop_(std::move(hop)) {
    if (hop_.kind == NextHop::Kind::address) addresses_.push_back(hop_.name);
    else questions_ = {{hop_.name, DnsType::aaaa}, {hop_.name, DnsType::a}};
    open_ = questions_.size();
  }

  std::optional<Ask> next() override {
    if (questions_.empty()) return std::nullopt;
    Ask out{questions_.front()};
    questions_.pop_front();
    return out;
  }
  void on(const DnsQuestion&, const Result<DnsAnswer>& answer) override {
    if (open_ > 0) --open_;
    if (!answer) {
      unanswered_ = true;
      return;
    }
    for (const DnsRecord& record : answer->records) {
      const DnsAddress* found = std::get_if<DnsAddress>(&record);
      if (found != nullptr && addresses_.size() < limits::look_addresses_max)
        addresses_.push_back(found->address);
    }
  }
  bool done() const override { return open_ == 0; }
  Result<std::vector<Endpoint>> endpoints() override {
    if (addresses_.empty())
      return Error{unanswered_ ? Fault::try_later : Fault::never, "it has no address"};
    std::vector<Endpoint> out;
    for (const std::uint16_t port : {hop_.port == 0 ? usual_tls_port : hop_.port, usual_port}) {
      if (port != hop_.port && hop_.port != 0) continue;
      for (const std::string& address : addresses_) {
        const bool known = std::ranges::any_of(out, [&](const Endpoint& one) {
          return one.address == address && one.port == port;
        });
        if (known) continue;
        Endpoint one;
        one.host = hop_.name;
        one.address = address;
        one.port = port;
        out.push_back(std::move(one));
      }
    }
    return out;
  }
  std::string status() const override {
    return !addresses_.empty() ? "" : unanswered_ ? "4.4.3" : "5.1.2";
  }
  std::string story() const override { return "no configured network: looked at as a stranger"; }

 private:
  const NextHop hop_;
  std::deque<DnsQuestion> questions_;
  std::vector<std::string> addresses_;
  std::size_t open_ = 0;
  bool unanswered_ = false;
};

}  // namespace

bool is_place(const NextHop& hop) {
  return hop.kind == NextHop::Kind::address || hop.kind == NextHop::Kind::host ||
         (hop.kind == NextHop::Kind::domain && hop.name.find('.') != std::string::npos);
}

std::unique_ptr<Discovery> look_at(NextHop hop) { return std::make_unique<Place>(std::move(hop)); }

void Look::on(Event event, Instant now, Outbox& out) {
  if (std::holds_alternative<Closed>(event)) {
    over_ = true;
  } else if (over_) {
    if (std::holds_alternative<Drain>(event)) out.hang_up();
  } else if (std::holds_alternative<Opened>(event)) {
    out.set_timer(end_timer, now + limits::look_time_max);
    out.set_timer(quiet_timer, now + limits::look_quiet_wait);
  } else if (const auto* tls = std::get_if<TlsUp>(&event)) {
    tls_up(tls->facts, now, out);
  } else if (const auto* bytes = std::get_if<Received>(&event)) {
    read(bytes->bytes, now, out);
  } else if (const auto* rung = std::get_if<Rang>(&event)) {
    if (rung->timer == quiet_timer) quiet(now, out);
    else if (securing_) give_up("no TLS within its time", true, out);
    else conclude(out);
  } else if (std::holds_alternative<Drain>(event)) {
    over_ = true;
    out.hang_up();
  }
}

void Look::tls_up(const TlsFacts& facts, Instant now, Outbox& out) {
  securing_ = false;
  secured_ = true;
  out.note(Level::info, "irc.look",
           "TLS from the first octet: " + facts.version + ", certificate sha256:" +
               facts.certificate_sha256 +
               (facts.verified ? ", valid for " + host_
                               : ", not valid: " + escape_text(facts.verify_error)));
  out.set_timer(end_timer, now + limits::look_time_max);
  out.set_timer(quiet_timer, now + limits::look_quiet_wait);
}

void Look::read(std::string_view bytes, Instant now, Outbox& out) {
  splitter_.add(bytes);
  std::string_view text;
  for (;;) {
    const LineSplitter::Found found = splitter_.next(text);
    if (found == LineSplitter::Found::nothing) break;
    if (found != LineSplitter::Found::line)
      return give_up("what it says is not IRC", false, out);
    hear(text, out);
    if (over_) return;
  }
  out.set_timer(quiet_timer, now + limits::look_quiet_wait);
}

void Look::hear(std::string_view text, Outbox& out) {
  Line line;
  if (!parse_line(text, limits::parameters_max, line) || !is_irc(line))
    return give_up("what it says is not IRC: " + escape_text(text, limits::look_line_bytes_max),
                   false, out);
  out.note(Level::info, "irc.look",
           "it says: " + escape_text(text, limits::look_line_bytes_max));
  if (software_.empty()) software_ = software_of(line);
  if (!software_.empty() && line.command == "CAPAB") return conclude(out);
  if (++lines_ == limits::look_lines_max || line.command == "ERROR") conclude(out);
}

// Servers that want TLS wait for our first octet, and so do some that do not.
void Look::quiet(Instant now, Outbox& out) {
  if (securing_) return;
  if (lines_ == 0 && !plain_ && !secured_) {
    securing_ = true;
    return out.start_tls({.name = host_});
  }
  if (asked_ || !software_.empty()) return conclude(out);
  asked_ = true;
  out.send("VERSION\r\n");
  out.set_timer(quiet_timer, now + limits::look_quiet_wait);
}

void Look::conclude(Outbox& out) {
  if (lines_ == 0 && software_.empty())
    return give_up("it says nothing, not even when it is asked", false, out);
  over_ = true;
  out.cancel_timer(quiet_timer);
  out.cancel_timer(end_timer);
  out.note(Level::info, "irc.look",
           std::string(secured_ ? "by TLS" : "in plain text") + "; it looks like " +
               (software_.empty() ? "an IRC server of no software known by its first words"
                                  : software_));
  out.ready();
}

void Look::give_up(std::string_view why, bool tls_failed, Outbox& out) {
  over_ = true;
  LinkEnd end;
  end.stage = LinkEnd::Stage::handshake;
  end.fault = Fault::try_later;
  end.status = "4.4.2";
  end.what = why;
  end.tls_failed = tls_failed;
  out.fail(std::move(end));
  out.hang_up();
}

}  // namespace hanse::irc
