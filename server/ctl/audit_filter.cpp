#include "server/ctl/audit_filter.hpp"

#include "common/base/text.hpp"
#include "server/ctl/gateway_link.hpp"
#include "server/policy/age_limit.hpp"
#include "server/session/reference_code.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

bool is_same(const std::string& wanted, const std::string& there) {
  return wanted.empty() || lower_ascii(wanted) == lower_ascii(there);
}

/// However it was typed.
bool is_reference(const std::string& wanted, const std::string& there) {
  return wanted.empty() || reference_code_of(wanted) == reference_code_of(there);
}

bool is_event(const std::string& wanted, const std::string& there) {
  if (!wanted.ends_with('*')) return is_same(wanted, there);
  return lower_ascii(there).starts_with(lower_ascii(wanted.substr(0, wanted.size() - 1)));
}

}  // namespace

bool AuditFilter::matches(const Json& record) const {
  const auto is = [&](const std::string& wanted, const char* key) { return is_same(wanted, text_of(record, key)); };
  if (!is(user, "user") || !is(device, "device") || !is(serial, "serial") || !is(reason, "reason")) return false;
  if (!is_reference(reference, text_of(record, "reference")) || !is_event(event, text_of(record, "event")))
    return false;
  if (!by.empty() && lower_ascii(text_of(record, "by")).find(lower_ascii(by)) == std::string::npos) return false;
  if (!session.empty() && session != std::to_string(number_of(record, "session"))) return false;
  if (!since && !until) return true;
  const auto time = parse_utc(text_of(record, "time"));
  return time && (!since || *time >= *since) && (!until || *time < *until);
}

Result<WallTime, std::string> parse_moment(std::string_view text, WallTime now) {
  if (const auto time = parse_utc(text)) return *time;
  if (const auto age = parse_age(text)) return now - *age;
  return fail('"' + escape_untrusted(text, 64) +
              "\" is no time: write 2026-11-27T10:00:00Z, 2026-11-27, or an age like 2d");
}

}  // namespace sallyport
