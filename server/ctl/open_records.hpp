#pragma once

#include "server/ctl/ctl.hpp"
#include "server/store/store.hpp"

#include <optional>

namespace sallyport {

struct OpenRecords {
  GatewayConfig config;
  Store store;
};

/// What most commands begin with: the configuration, and the store it names. What fails is said.
[[nodiscard]] std::optional<OpenRecords> open_records(Ctl& ctl);

}  // namespace sallyport
