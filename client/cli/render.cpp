#include "client/cli/render.hpp"

#include "common/base/text.hpp"
#include "common/ipc/message.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

namespace sallyport {
namespace {

using nlohmann::json;

constexpr std::size_t kShownDenials = 5;
constexpr std::size_t kShownRoutes = 12;

/// Of one sentence or two, which end with what to do.
constexpr std::size_t kWords = 600;

/// The text at `key`, printable; empty when there is none.
std::string shown(const json& object, const char* key, std::size_t limit = 256) {
  return object.is_object() ? escape_untrusted(text_at(object, key).value_or(""), limit) : std::string{};
}

std::optional<WallTime> time_at(const json& object, const char* key) {
  return parse_utc(text_at(object, key).value_or(""));
}

/// The object or array at `key`; null when there is none.
const json& member(const json& object, const char* key) {
  static const json kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string local_clock(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min);
}

std::string day(WallTime time) { return format_utc(time).substr(0, 10); }

std::string joined(const json& list, std::size_t limit) {
  std::string text;
  if (!list.is_array()) return text;
  for (std::size_t i = 0; i < list.size() && i < limit; ++i) {
    if (!list[i].is_string()) continue;
    text += (text.empty() ? "" : ", ") + escape_untrusted(list[i].get<std::string>());
  }
  if (list.size() > limit) text += fmt::format(", and {} more", list.size() - limit);
  return text;
}

std::string line(const char* label, const std::string& text) {
  return text.empty() ? std::string{} : fmt::format("  {:<10} {}\n", label, text);
}

std::string dot(bool filled, Style style) {
  const char* sign = filled ? (style.utf8 ? "●" : "*") : (style.utf8 ? "○" : "-");
  if (!style.colour) return sign;
  return fmt::format("\x1b[{}m{}\x1b[0m", filled ? 32 : 33, sign);
}

std::string gateway_line(const json& answer) {
  std::string text = shown(answer, "gateway");
  if (const auto peer = shown(answer, "peer"); !peer.empty() && text.find(peer) == std::string::npos) {
    text += " (" + peer + ')';
  }
  if (const json& tls = member(answer, "tls"); tls.is_object()) {
    text += fmt::format(", TLS {} {}", shown(tls, "version"), shown(tls, "group"));
  }
  if (const json& rtt = member(answer, "rtt_ms"); rtt.is_number())
    text += fmt::format(", {:.0f} ms", rtt.get<double>());
  return text;
}

std::string device_line(const json& answer) {
  const auto expires = time_at(answer, "certificate_expires");
  return shown(answer, "device") + (expires ? ", certificate good until " + day(*expires) : std::string{});
}

std::string refused_routes(const json& answer) {
  std::string text;
  const json& routes = member(answer, "refused_routes");
  if (!routes.is_array()) return text;
  for (const auto& route : routes) {
    text += line(text.empty() ? "Not taken" : "", shown(route, "route") + ": " + shown(route, "reason"));
  }
  return text;
}

std::string denials(const json& answer, WallTime now) {
  std::string text;
  const json& list = member(answer, "denials");
  if (!list.is_array()) return text;
  for (std::size_t i = 0; i < std::min(list.size(), kShownDenials); ++i) {
    const json& denial = list[i];
    const auto time = time_at(denial, "time");
    const auto code = shown(denial, "code");
    text +=
        line(i == 0 ? "Refused" : "", fmt::format("{}{}: {}{}", shown(denial, "to"),
                                                  time ? ", " + render_duration(now - *time) + " ago" : std::string{},
                                                  shown(denial, "words"), code.empty() ? "" : " (" + code + ')'));
  }
  return text;
}

/// What opens once the person has proved to be there.
std::string waits_for_proof(const json& answer) {
  const json& proof = member(answer, "proof");
  if (!proof.is_object()) return {};
  const auto names = joined(member(proof, "waiting"), kShownRoutes);
  const json& left_off = member(proof, "left_off");
  const bool more = left_off.is_number_unsigned() && left_off.get<std::uint64_t>() != 0;
  return names.empty()
             ? names
             : line("Waiting", names + (more ? ", ..." : "") + ": prove that you are there with: sallyport login");
}

/// Only what a person should do something about.
std::string renewal_line(const json& answer) {
  const json& failure = member(member(answer, "renewal"), "failure");
  const auto words = shown(failure, "words");
  return words.empty() ? std::string{} : "the certificate was not renewed yet: " + words;
}

/// The tunnel stays; what asks for the key is closed until it is back.
std::string key_line(const json& answer) {
  const json& failure = member(member(answer, "key"), "failure");
  const auto words = shown(failure, "words");
  return words.empty() ? std::string{} : "does not sign, so what asks for it is closed: " + words;
}

/// A gateway that asks for one session after the other waits ever longer.
std::string switches_line(const json& answer) {
  const json& held_back = member(member(answer, "switches"), "held_back");
  constexpr std::uint64_t kWorthAWord = 5;
  if (!held_back.is_number_unsigned() || held_back < kWorthAWord) return {};
  return line("Sessions",
              fmt::format("{} changes had to wait: the gateway asks for them too soon; tell your administrator",
                          held_back.get<std::uint64_t>()));
}

/// Nothing to do about it here, but whoever looks after the network may want to know.
std::string path_line(const json& answer) {
  const json& limit = member(answer, "segment_limit");
  return limit.is_number_unsigned()
             ? fmt::format("large packets may not pass; data goes in pieces of {} octets", limit.get<std::uint64_t>())
             : std::string{};
}

/// What is out of reach because somebody switched IPv6 off, and how to have it back.
std::string ipv6_line(const json& answer) {
  const json& off = member(answer, "ipv6_off");
  const auto routes = joined(member(off, "routes"), kShownRoutes);
  if (routes.empty()) return {};
  const auto setting = shown(off, "setting");
  const auto closed = routes + (setting.empty() ? " cannot be reached: this system has no IPv6"
                                                : " cannot be reached, and nothing for it leaves by another way");
  if (setting.empty()) return line("IPv6", closed);
  return line("IPv6", "is switched off for the tunnel, so " + closed) +
         line("", "to switch it on: sudo sysctl " + setting + "=0");
}

/// The services of a system that look after its network may undo what they did not make.
std::string restored_line(const json& answer) {
  const json& count = member(answer, "network_restored");
  if (!count.is_number_unsigned() || count == 0U) return {};
  return line("Restored", fmt::format("{} rules, routes or addresses that another program took away; the service's log "
                                      "says when",
                                      count.get<std::uint64_t>()));
}

/// Connected, and nothing to reach: a person would look for a fault.
std::string networks_line(const json& answer) {
  const json& routes = member(answer, "routes");
  if (routes.is_array() && routes.empty()) return line("Networks", "none: nothing is open to you at this moment");
  return line("Networks", joined(routes, kShownRoutes));
}

std::string details(const json& answer, WallTime now) {
  return line("Device", device_line(answer)) + line("Key", key_line(answer)) + line("Renewal", renewal_line(answer)) +
         line("Gateway", gateway_line(answer)) + line("Network", path_line(answer)) +
         line("Address", joined(member(answer, "addresses"), 8)) + networks_line(answer) + ipv6_line(answer) +
         refused_routes(answer) + restored_line(answer) + waits_for_proof(answer) + switches_line(answer) +
         denials(answer, now);
}

std::string online(const json& answer, WallTime now, Style style) {
  std::string head =
      fmt::format("{} Connected to {} as {}", dot(true, style), shown(answer, "gateway_name"), shown(answer, "user"));
  if (const auto since = time_at(answer, "since")) {
    head += fmt::format("       since {} ({})", local_clock(*since), render_duration(now - *since));
  }
  return head + '\n' + details(answer, now);
}

std::string failure_lines(const json& answer, WallTime now) {
  const json& failure = member(answer, "failure");
  const auto code = shown(failure, "code");
  const auto retry = time_at(answer, "retry_at");
  return line("Reason", shown(failure, "words", kWords) + (code.empty() ? "" : " (reference " + code + ')')) +
         line("Next try", retry ? "in " + render_duration(std::max(*retry - now, std::chrono::seconds{0})) : "");
}

std::string waiting(const json& answer, WallTime now, Style style, bool again) {
  std::string text =
      fmt::format("{} {} to {}\n", dot(false, style), again ? "Reconnecting" : "Connecting", shown(answer, "gateway"));
  text += failure_lines(answer, now);
  if (again) {
    text += line("Meanwhile", "traffic for the office waits; it does not leave by another way");
    text += line("Networks", joined(member(answer, "routes"), kShownRoutes)) + ipv6_line(answer);
  }
  return text + line("Give up", "sallyport down");
}

/// A tunnel that the service gave up on says why.
std::string down(const json& answer, WallTime now, Style style) {
  const json& profiles = member(answer, "profiles");
  const std::string names = joined(profiles, kShownRoutes);
  std::string text = dot(false, style) + " Not connected\n" + failure_lines(answer, now);
  if (names.empty()) return text + line("Set up", "no profile in /etc/sallyport/client.toml; ask your administrator");
  return text + line("Profiles", names) +
         line("Connect", profiles.size() == 1 ? "sallyport up" : "sallyport up PROFILE");
}

}  // namespace

std::string render_duration(std::chrono::seconds duration) {
  const auto seconds = std::max<std::int64_t>(duration.count(), 0);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string render_status(const json& answer, WallTime now, Style style) {
  const auto state = text_at(answer, "state").value_or("down");
  if (state == "online") return online(answer, now, style);
  if (state == "connecting") return waiting(answer, now, style, false);
  if (state == "reconnecting") return waiting(answer, now, style, true);
  return down(answer, now, style);
}

std::string render_down(const json& answer) {
  return answer.value("was_down", json{}) == true ? "Was not connected.\n" : "Disconnected.\n";
}

std::string render_why(const json& answer, const std::string& asked) {
  const auto to = shown(answer, "to");
  const bool allowed = shown(answer, "verdict") == "allow";
  const bool routed = answer.value("routed", json{}) == true;
  std::string text = to + (asked.empty() ? "" : " (" + escape_untrusted(asked) + ')');
  text += allowed ? ": allowed\n" : ": refused\n";
  if (const auto words = shown(answer, "words"); !words.empty()) text += "  " + words + '\n';
  if (!routed) {
    text += "  This laptop does not send it into the tunnel; what it sends there is listed by: sallyport status\n";
  }
  if (allowed) return text;
  if (const auto code = shown(answer, "code"); !code.empty()) {
    return text + "  Reference  " + code + "\n  The administrator finds the whole story with:\n" +
           fmt::format("    sallyportctl explain-code {}\n", shell_word(code));
  }
  text += "  The administrator finds the rule with:\n";
  text += fmt::format("    sallyportctl policy explain --as {} --device {} --to {}\n",
                      shell_word(shown(answer, "user")), shell_word(shown(answer, "device")), shell_word(to));
  return text;
}

std::string render_login(const json& answer, WallTime now) {
  std::string text = shown(answer, "words") + '\n';
  if (const auto until = time_at(answer, "until")) {
    text += fmt::format("  Good until {}, for {}\n", local_clock(*until), render_duration(*until - now));
  }
  return text;
}

std::string render_error(const json& answer) {
  const auto hint = shown(answer, "hint");
  const auto code = shown(answer, "code");
  const auto error = shown(answer, "error", kWords);
  return "sallyport: " + (error.empty() ? "the service gave no reason" : error) +
         (code.empty() ? "" : " (reference " + code + ')') + '\n' + (hint.empty() ? "" : "  " + hint + '\n');
}

}  // namespace sallyport
