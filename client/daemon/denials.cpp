#include "client/daemon/denials.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sallyport {

nlohmann::json to_json(const Denial& denial) {
  return {{"time", format_utc(denial.time)},
          {"to", denial.to},
          {"reason", denial.reason},
          {"words", denial.words},
          {"code", denial.code}};
}

bool Denials::add(Denial denial) {
  const auto same = [&](const Denial& other) { return other.to == denial.to; };
  const auto old = std::find_if(denials_.begin(), denials_.end(), same);
  const bool is_new = old == denials_.end();
  if (!is_new) denials_.erase(old);
  denials_.push_front(std::move(denial));
  if (denials_.size() > kCapacity) denials_.pop_back();
  return is_new;
}

const Denial* Denials::find(std::string_view to) const noexcept {
  const auto found =
      std::find_if(denials_.begin(), denials_.end(), [to](const Denial& denial) { return denial.to == to; });
  return found == denials_.end() ? nullptr : &*found;
}

nlohmann::json Denials::to_json() const {
  auto list = nlohmann::json::array();
  for (const auto& denial : denials_) list.push_back(sallyport::to_json(denial));
  return list;
}

}  // namespace sallyport
