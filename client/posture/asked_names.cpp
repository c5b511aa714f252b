#include "client/posture/asked_names.hpp"

#include <utility>

namespace sallyport {

AskedNames::Admitted AskedNames::admit(const PostureWants& wants) {
  Admitted admitted;
  admit("process ", wants.processes, admitted.wants.processes, admitted);
  admit("file ", wants.files, admitted.wants.files, admitted);
  admitted.is_first_refusal = admitted.refused != 0 && !std::exchange(has_refused_, true);
  return admitted;
}

void AskedNames::admit(const char* kind, const std::vector<std::string>& names, std::vector<std::string>& good,
                       Admitted& out) {
  for (const auto& name : names) {
    auto key = kind + name;
    if (!known_.contains(key)) {
      if (known_.size() == kMost) {
        ++out.refused;
        continue;
      }
      out.fresh.push_back(key);
      known_.insert(std::move(key));
    }
    good.push_back(name);
  }
}

}  // namespace sallyport
