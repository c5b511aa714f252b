#include "server/ctl/user_state.hpp"

#include "server/ctl/readable.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {

nlohmann::json document_of(const UserProofState& state) {
  nlohmann::json document{{"user", state.user.text()},
                          {"devices", state.devices},
                          {"method", nullptr},
                          {"enrolled_at", nullptr},
                          {"recovery_codes_left", state.recovery_left},
                          {"last_proof", nullptr},
                          {"disabled", state.disabled.has_value()},
                          {"disabled_at", nullptr},
                          {"disabled_reason", nullptr}};
  if (state.disabled) {
    document["disabled_at"] = format_utc(state.disabled->at);
    document["disabled_reason"] = state.disabled->reason;
  }
  if (state.enrolled) {
    document["method"] = "totp";
    document["enrolled_at"] = format_utc(*state.enrolled);
  }
  if (state.last) {
    document["last_proof"] = {
        {"at", format_utc(state.last->at)}, {"device", state.last->device.text()}, {"method", state.last->method}};
  }
  return document;
}

std::string last_proof_text(const UserProofState& state, WallTime now) {
  if (!state.last) return "never";
  return readable_date(state.last->at, now) + ", " + state.last->method + " on " + state.last->device.text();
}

}  // namespace sallyport
