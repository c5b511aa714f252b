// A line of decisions.jsonl, as replay and explain-code read it: what is taken comes through once more as it was, and
// is judged by a policy without harm. The same octets as a reference code that somebody typed.

#include "common/ipc/message.hpp"
#include "server/policy/loader.hpp"
#include "server/record/flow_replay.hpp"
#include "server/record/replay.hpp"
#include "server/session/reference_code.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::shared_ptr<const Policy>& candidate() {
  static const auto policy = [] {
    const auto loaded = load_policy_texts({{"p.toml", R"(version = 1
[hours]
day = { days = "mon-fri", time = "08:00-19:00", zone = "UTC" }
[posture.healthy]
firewall = true
reported_within = "10m"
[resources]
web = { net = "10.0.0.0/8", ports = "any" }
[allow.web]
who       = "everyone"
to        = "web"
during    = "day"
posture   = "healthy"
key_age   = "5m"
proof_age = "8h"
[deny.until]
who   = "everyone"
to    = "web"
until = 2027-01-01T00:00:00Z
)"}});
    require(loaded.has_value());
    return loaded->policy;
  }();
  return policy;
}

void check_replay(const DecisionRecord& record) {
  Replay replay{candidate()};
  replay.add(record);
  require(replay.judged() <= 1 && replay.turned() <= replay.judged() && replay.groups().size() == replay.turned());
  FlowReplay flows{candidate()};
  flows.add(record);
  require(flows.followed() <= 1 && flows.cut() + flows.unfinished() <= flows.followed());
  for (const auto& each : flows.groups()) {
    require(each.since < each.cut_at && each.cut_at < each.ended);
    for (const char c : to_text(each)) require(c >= 0x20 && c < 0x7f);
  }
}

void check_code(std::string_view text) {
  const auto code = reference_code_of(text);
  if (is_reference_code(code)) require(reference_code_of(code) == code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_code(text);
  const auto record = parse_decision_record(text);
  if (!record) {
    require(!record.error().empty());
    return 0;
  }
  const auto json = to_json(*record);
  auto line = to_line(json);
  line.pop_back();
  const auto again = parse_decision_record(line);
  require(again && to_json(*again) == json);
  check_replay(*record);
  return 0;
}
