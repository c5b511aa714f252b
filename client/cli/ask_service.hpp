#pragma once

#include "client/cli/arguments.hpp"
#include "client/config/service_address.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sallyport {

/// What the client service answers, or a declined answer that says why there is none.
[[nodiscard]] nlohmann::json ask_service(const Arguments& arguments, const nlohmann::json& request, Duration patience);

/// What the gateway says about one place. Requires that it has an address.
[[nodiscard]] nlohmann::json ask_why_at(const Arguments& arguments, const ServiceAddress& service);

/// The same, with what was typed.
struct WhyQuestion {
  nlohmann::json answer;
  std::string asked;  ///< what the person typed, when that was a name
};
/// `to` is HOST:PORT; names are looked up. The error is the answer of a question that could not be asked; null when
/// `to` has not that form.
[[nodiscard]] Result<WhyQuestion, nlohmann::json> ask_why(const Arguments& arguments, const std::string& to);

}  // namespace sallyport
