// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/network.h"

#include <map>
#include <set>

#include "protocols/irc/limits.h"
#include "tests/catch.h"

namespace hanse::irc {
namespace {

UserId add(Network& network, ServerId server, std::string_view nick, std::string_view uid) {
  return network.add_user(server, {nick, "", uid, "ident", "host.a.example", "host.a.example",
                                   "127.0.0.1", "A real name", ""}, 1000);
}

TEST_CASE("irc network: users are found by nick and by UID, as the network folds them") {
  Network network(Casemap::rfc1459);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  CHECK(network.add_server("HUB.a.example", "1AB", hub) == no_id);
  CHECK(network.add_server("other.a.example", "1AA", hub) == no_id);
  CHECK(network.add_server("other.a.example", "1AC", 7) == no_id);
  const UserId alice = add(network, hub, "Alice[", "1AAAAAAAA");
  REQUIRE(alice != no_id);
  CHECK(network.find_nick("aLICE{") == alice);
  CHECK(network.find_uid("1AAAAAAAA") == alice);
  CHECK(network.find_uid("1AAAAAAAa") == no_id);
  CHECK(add(network, hub, "alice{", "1AAAAAAAB") == no_id);
  CHECK(add(network, hub, "bob", "1AAAAAAAA") == no_id);
  CHECK(add(network, 5, "bob", "1AAAAAAAB") == no_id);
  const UserId bob = add(network, hub, "bob", "1AAAAAAAB");
  CHECK_FALSE(network.rename(bob, "ALICE[", 2000));
  CHECK(network.rename(alice, "alice{", 2000));
  CHECK(network.rename(alice, "carol", 3000));
  CHECK(network.find_nick("alice[") == no_id);
  CHECK(network.find_nick("CAROL") == alice);
  CHECK(network.user(alice).timestamp == 3000);
  CHECK(network.user(alice).texts.get(UserText::realname) == "A real name");
  network.remove_user(alice);
  CHECK(network.find_nick("carol") == no_id);
  CHECK(network.find_uid("1AAAAAAAA") == no_id);
  CHECK(network.users() == 1);
}

TEST_CASE("irc network: a channel lives as long as it has members") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const UserId alice = add(network, hub, "alice", "1AAAAAAAA");
  const UserId bob = add(network, hub, "bob", "1AAAAAAAB");
  const UserId carol = add(network, hub, "carol", "1AAAAAAAC");
  const ChannelId x = network.join(alice, "#X", 1000, 1);
  CHECK(network.join(bob, "#x", 2000, 0) == x);
  CHECK(network.join(carol, "#x", 2000, 2) == x);
  CHECK(network.join(alice, "#x", 2000, 4) == x);
  CHECK(network.channel(x).timestamp == 1000);
  CHECK(network.channel(x).members.size() == 3);
  CHECK(network.membership(alice, x)->status == 5);
  network.part(alice, x);
  CHECK(network.membership(alice, x) == nullptr);
  CHECK(network.membership(carol, x)->status == 2);
  network.lower_timestamp(x, 900);
  CHECK(network.membership(carol, x)->status == 0);
  CHECK(network.channel(x).timestamp == 900);
  network.remove_user(carol);
  network.part(bob, x);
  network.part(bob, x);
  CHECK(network.find_channel("#x") == no_id);
  CHECK(network.channels() == 0);
}

TEST_CASE("irc network: a channel that is permanent, or told of empty, is there without members") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const UserId alice = add(network, hub, "alice", "1AAAAAAAA");
  const ChannelId told = network.keep_empty("#Told", 1000);
  CHECK(network.find_channel("#told") == told);
  network.set_topic(told, "about", "x", 1000);
  CHECK(network.keep_empty("#told", 2000) == told);
  CHECK(network.join(alice, "#told", 2000, 0) == told);
  CHECK(network.channel(told).timestamp == 1000);
  network.part(alice, told);
  CHECK(network.find_channel("#told") == no_id);   // as any other

  const ChannelId stays = network.join(alice, "#stays", 1000, 0);
  network.set_mode(stays, {true, Mode::permanent, 'P', {}});
  network.set_topic(stays, "about", "x", 1000);
  network.remove_user(alice);
  REQUIRE(network.find_channel("#stays") == stays);
  CHECK(network.channel(stays).topic == "about");
  network.drop_if_over(stays);
  CHECK(network.channels() == 1);
  network.set_mode(stays, {false, Mode::permanent, 'P', {}});
  network.drop_if_over(stays);
  CHECK(network.channels() == 0);
  for (int round = 0; round < 3; ++round) {   // its slot is used again
    const ChannelId empty = network.keep_empty("#e", 1000);
    CHECK(empty == stays);
    network.set_mode(empty, {true, Mode::permanent, 'P', {}});
    network.set_mode(empty, {false, Mode::permanent, 'P', {}});
    network.drop_if_over(empty);
  }
  CHECK(network.channels() == 0);
  std::size_t kept = 0;
  for (std::size_t count = 0; count < limits::channels_per_network_max + 10; ++count)
    kept += network.keep_empty("#" + std::to_string(count), 1000) != no_id;
  CHECK(kept == limits::channels_per_network_max);
}

TEST_CASE("irc 4.3 a split takes the server, all behind it, and nobody else") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const ServerId leaf = network.add_server("leaf.a.example", "2AA", hub);
  const ServerId behind = network.add_server("behind.a.example", "3AA", leaf);
  const ServerId other = network.add_server("other.a.example", "4AA", hub);
  const UserId stays = add(network, other, "dave", "4AAAAAAAA");
  for (const auto& [server, nick, uid] : {std::tuple{leaf, "bob", "2AAAAAAAA"},
                                          std::tuple{behind, "carol", "3AAAAAAAA"}}) {
    network.join(add(network, server, nick, uid), "#x", 1000, 0);
  }
  network.join(stays, "#x", 1000, 1);
  const Network::Split gone = network.split(leaf);
  CHECK(gone.servers == std::vector<ServerId>{leaf, behind});
  CHECK(gone.uids == std::vector<std::string>{"2AAAAAAAA", "3AAAAAAAA"});
  CHECK(network.users() == 1);
  CHECK(network.channel(network.find_channel("#x")).members == std::vector<UserId>{stays});
  CHECK(network.find_server("3AA") == no_id);
  CHECK(network.split(leaf).servers.empty());
  CHECK(network.add_server("leaf.a.example", "2AA", hub) != no_id);  // it may come back
}

TEST_CASE("irc network: what a peer makes us keep is bounded") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const UserId alice = add(network, hub, "alice", "1AAAAAAAA");
  for (std::size_t count = 0; count < limits::channels_per_user_max; ++count) {
    REQUIRE(network.join(alice, "#" + std::to_string(count), 1000, 0) != no_id);
  }
  CHECK(network.join(alice, "#one-more", 1000, 0) == no_id);
  CHECK(network.find_channel("#one-more") == no_id);
  CHECK(network.join(alice, "#7", 1000, 0) != no_id);
  for (std::size_t count = 1; count < limits::servers_per_network_max; ++count) {
    REQUIRE(network.add_server("s" + std::to_string(count), "", hub) != no_id);
  }
  CHECK(network.add_server("one.more", "", hub) == no_id);
  PackedTexts texts;
  const std::string huge(70'000, 'x');
  texts.set({"nick", huge, "lost"});
  CHECK(texts.bytes() == 65'535);
  CHECK(texts.get(UserText::uid).empty());
}

TEST_CASE("irc network: no text of a peer is kept in full length when that is none") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const std::string huge(16'000, 'x');
  const UserId alice = network.add_user(
      hub, {"alice", {}, "1AAAAAAAA", huge, huge, huge, huge, huge, huge, huge}, 1000);
  REQUIRE(alice != no_id);
  CHECK(network.user(alice).texts.bytes() < 2000);
  network.set_text(alice, UserText::away, huge);
  CHECK(network.user(alice).texts.get(UserText::away).size() == limits::kept_text_bytes_max);
  const ChannelId channel = network.join(alice, "#dev", 1000, 0);
  network.set_topic(channel, huge, huge, 1000);
  network.set_mode(channel, {true, Mode::key, 'k', huge});
  CHECK_FALSE(network.set_mode(channel, {true, Mode::ban, 'b', huge}));
  CHECK(network.channel(channel).topic.size() == limits::kept_topic_bytes_max);
  CHECK(network.channel(channel).key.size() == limits::kept_name_bytes_max);
  network.set_text(alice, UserText::away, "\xc3\xa4" + std::string(399, 'x') + "\xc3\xa4");
  CHECK(network.user(alice).texts.get(UserText::away).back() == 'x');   // no half character
}

// The same steps in a plain model: the tables must say the same after every one of them.
TEST_CASE("irc network: any order of steps leaves it as a plain model has it") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  std::map<std::string, std::set<std::string>> model;  // nick -> channels
  std::uint32_t seed = 12345;
  const auto draw = [&seed](std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string nick = "n" + std::to_string(draw(60));
    const std::string channel = "#c" + std::to_string(draw(12));
    const UserId user = network.find_nick(nick);
    REQUIRE((user != no_id) == (model.count(nick) == 1));
    const std::uint32_t what = draw(6);
    if (user == no_id) {
      REQUIRE(add(network, hub, nick, "U" + nick) != no_id);
      model[nick];
    } else if (what == 0) {
      network.remove_user(user);
      model.erase(nick);
    } else if (what < 4) {
      network.join(user, channel, 1000, 0);
      model[nick].insert(channel);
    } else if (network.find_channel(channel) != no_id) {
      network.part(user, network.find_channel(channel));
      model[nick].erase(channel);
    }
  }
  std::map<std::string, std::size_t> sizes;
  for (const auto& [nick, channels] : model) {
    const UserId user = network.find_nick(nick);
    REQUIRE(user != no_id);
    CHECK(network.find_uid("U" + nick) == user);
    CHECK(network.user(user).channels.size() == channels.size());
    for (const Membership& one : network.user(user).channels) {
      REQUIRE(network.channel(one.channel).members.at(one.position) == user);
    }
    for (const std::string& channel : channels) {
      ++sizes[channel];
      CHECK(network.membership(user, network.find_channel(channel)) != nullptr);
    }
  }
  CHECK(network.users() == model.size());
  CHECK(network.channels() == sizes.size());
  for (const auto& [channel, size] : sizes) {
    CHECK(network.channel(network.find_channel(channel)).members.size() == size);
  }
}

TEST_CASE("irc network: who comes and goes for ever leaves nothing behind") {
  Network network(Casemap::ascii);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  std::size_t after_one = 0;
  for (int count = 0; count < 1000; ++count) {
    const std::string number = std::to_string(count % 10);
    const UserId user = add(network, hub, "user" + number, "1AA" + number);
    REQUIRE(user != no_id);
    network.join(user, "#" + number, 1000, 0);
    network.remove_user(user);
    if (count == 0) after_one = network.bytes();
    REQUIRE(network.bytes() == after_one);
  }
}

TEST_CASE("irc network: 100,000 users in 10,000 channels stay small, and leave in one split") {
  Network network(Casemap::rfc1459);
  const ServerId hub = network.add_server("hub.a.example", "1AA", no_id);
  const ServerId leaf = network.add_server("leaf.a.example", "2AA", hub);
  constexpr std::size_t users = 100'000, channels = 10'000, each = 3;
  for (std::size_t count = 0; count < users; ++count) {
    const std::string number = std::to_string(count);
    const UserId user = add(network, leaf, "user" + number, "2AA" + number);
    REQUIRE(user != no_id);
    for (std::size_t part = 0; part < each; ++part) {
      network.join(user, "#" + std::to_string((count * 7 + part * 1001) % channels), 1000, 0);
    }
  }
  REQUIRE(network.users() == users);
  REQUIRE(network.channels() == channels);
  CAPTURE(network.bytes());
  CHECK(network.bytes() < users * 400 + users * each * 200);
  CHECK(network.bytes() < users * 400);  // memberships included
  CHECK(network.split(leaf).uids.size() == users);
  CHECK(network.channels() == 0);
}

}  // namespace
}  // namespace hanse::irc
