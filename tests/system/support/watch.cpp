#include "tests/system/support/watch.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace sallyport::lab {
namespace {

// Neighbour discovery, multicast listeners and router solicitations of the kernels themselves.
constexpr const char* kOwnNoise = "icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } return\n";
// ... and the errors by which the gateway's kernel answers the office itself.
constexpr const char* kGatewayErrors =
    "ip saddr 10.20.0.1 icmp type { destination-unreachable, time-exceeded } return\n"
    "ip6 saddr fd00:20::1 icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } return\n";

std::string table(const std::string& counters, const std::string& chains) {
  std::string text = "table inet watch {\n";
  std::string name;
  for (const char letter : counters + " ") {
    if (letter != ' ') {
      name += letter;
      continue;
    }
    text += "counter " + name + " {}\n";
    name.clear();
  }
  return text + chains + "}\n";
}

std::string office_rules(const std::string& laptop4, const std::string& laptop6) {
  return table("forbidden forged from_laptop allowed fragments",
               std::string{"chain judge {\n"} + "ip saddr " + laptop4 + " counter name from_laptop\n" + "ip6 saddr " +
                   laptop6 +
                   " counter name from_laptop\n"
                   "ip daddr 10.20.4.10 tcp dport 8080 counter name allowed return\n"
                   "ip6 daddr fd00:20::4:10 tcp dport 8080 counter name allowed return\n"
                   "ip daddr 10.20.4.10 icmp type echo-request counter name allowed return\n"
                   "ip6 daddr fd00:20::4:10 icmpv6 type echo-request counter name allowed return\n"
                   "ip daddr 10.20.4.10 ip frag-off & 0x1fff != 0 counter name fragments return\n"
                   "counter name forbidden\n}\n"
                   "chain arriving { type filter hook prerouting priority -400;\n"
                   "iifname != \"lan\" return\n" +
                   kOwnNoise + kGatewayErrors +
                   "ip saddr 10.99.0.0/24 jump judge\nip saddr 10.99.0.0/24 return\n"
                   "ip6 saddr fd12:3456:789a::/64 jump judge\nip6 saddr fd12:3456:789a::/64 return\n"
                   "counter name forged\n}\n");
}

std::string arriving_rules(const std::string& counter, const std::string& hook, const std::string& interface) {
  return table(counter, "chain arriving { type filter hook " + hook + " priority -400;\niifname != \"" + interface +
                            "\" return\n" + kOwnNoise + "counter name " + counter + "\n}\n");
}

std::uint64_t number(const json& object, const char* key) {
  return object.is_object() ? object.value(key, std::uint64_t{0}) : 0;
}

const char* name_of(Lab::Place place) {
  constexpr const char* kNames[] = {"laptop", "internet", "gateway", "office"};
  return kNames[static_cast<std::size_t>(place)];
}

}  // namespace

Watch::Watch(const Lab& lab) : lab_{lab} {
  const auto laptop4 = lab.inside_address(4);
  const auto laptop6 = lab.inside_address(6);
  arm(Lab::Place::Office,
      office_rules(laptop4.empty() ? "192.0.2.1" : laptop4, laptop6.empty() ? "2001:db8:ffff::1" : laptop6));
  arm(Lab::Place::Gateway, arriving_rules("gateway_input", "input", "sallyport0"));
  arm(Lab::Place::Laptop, arriving_rules("to_laptop", "prerouting", "sallyport"));
  const Words protected_words{"10.99.0.0/24", "10.20.0.0/16",          "fd12:3456:789a::/64",      "fd00:20::/48",
                              "--",           "hello from the office", "ssssssssssssssssssssssss", "UPLOAD-IN-CLEAR",
                              "10.20.4.10"};
  capture(Lab::Place::Internet, "lap", protected_words);
  capture(Lab::Place::Internet, "gwy", protected_words);
  capture(Lab::Place::Office, "lan", {"192.0.2.0/24", "--", "FRAGMENT-FORBIDDEN"});
}

void Watch::arm(Lab::Place place, const std::string& rules) const {
  const auto file = std::string{"log/watch-"} + name_of(place) + ".nft";
  lab_.write(file, "table inet watch {}\ndelete table inet watch\n" + rules);
  const auto ran = lab_.run_at(place, {"nft", "-f", lab_.path(file)});
  EXPECT_TRUE(ran.ok()) << name_of(place) << ": " << ran.text();
}

void Watch::capture(Lab::Place place, const std::string& interface, const Words& arguments) {
  Words words{interface};
  words.insert(words.end(), arguments.begin(), arguments.end());
  captures_.push_back(lab_.start_at(place, Lab::script("capture.py", words), "capture-" + interface));
  const auto& started = captures_.back();
  EXPECT_TRUE(eventually([&] { return started.output().find("watching") != std::string::npos; }))
      << interface << ": " << started.output();
}

std::uint64_t Watch::count(Lab::Place place, const std::string& counter) const {
  const auto ran = lab_.run_at(place, {"nft", "-j", "list", "counter", "inet", "watch", counter});
  const auto listed = ran.last_line();
  for (const auto& entry : listed.is_object() ? listed.value("nftables", json::array()) : json::array()) {
    if (entry.contains("counter")) return number(entry["counter"], "packets");
  }
  ADD_FAILURE() << "no counter " << counter << ": " << ran.text();
  return 0;
}

Seen Watch::finish() {
  Seen seen;
  seen.forbidden = count(Lab::Place::Office, "forbidden");
  seen.forged = count(Lab::Place::Office, "forged");
  seen.from_laptop = count(Lab::Place::Office, "from_laptop");
  seen.allowed = count(Lab::Place::Office, "allowed");
  seen.gateway_input = count(Lab::Place::Gateway, "gateway_input");
  seen.to_laptop = count(Lab::Place::Laptop, "to_laptop");
  for (auto& capture : captures_) capture.signal(SIGTERM);
  for (std::size_t i = 0; i < captures_.size(); ++i) {
    EXPECT_EQ(captures_[i].wait(Seconds{5}), 0) << captures_[i].output();
    const auto counted = captures_[i].last_line();
    if (i == 2) {
      seen.contraband = number(counted, "markers");
    } else {
      seen.carried += number(counted, "packets");
      seen.underlay += number(counted, "protected");
      seen.plaintext += number(counted, "markers");
    }
    if (counted.is_object() && !counted["examples"].empty()) seen.examples += counted["examples"].dump();
  }
  captures_.clear();
  return seen;
}

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "forbidden " << seen.forbidden << ", forged " << seen.forged << ", from the laptop's address "
             << seen.from_laptop << ", for the gateway " << seen.gateway_input << ", to the laptop " << seen.to_laptop
             << ", on the underlay " << seen.underlay << ", in clear " << seen.plaintext << ", contraband "
             << seen.contraband << ", allowed " << seen.allowed << ", carried " << seen.carried << ' ' << seen.examples;
}

}  // namespace sallyport::lab
