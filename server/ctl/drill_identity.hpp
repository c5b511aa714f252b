#pragma once

#include "common/base/result.hpp"
#include "common/tls/context.hpp"
#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <memory>
#include <string>

namespace sallyport {

/// A device that exists for one drill: on record as long as this lives, with a certificate for minutes and a key that
/// never leaves memory. Whoever dies before taking it off the record leaves a device that no gateway admits.
class DrillDevice {
 public:
  /// Sweeps away what earlier drills left. `store` and `config` outlive this. The error is words.
  [[nodiscard]] static Result<DrillDevice, std::string> issue(const GatewayConfig& config, Store& store, WallTime now);
  DrillDevice(DrillDevice&& other) noexcept;
  DrillDevice& operator=(DrillDevice&&) = delete;
  DrillDevice(const DrillDevice&) = delete;
  DrillDevice& operator=(const DrillDevice&) = delete;
  ~DrillDevice();

  [[nodiscard]] const DeviceId& id() const noexcept { return id_; }
  /// What it connects with; checks the gateway as a laptop does.
  [[nodiscard]] const ClientContext& context() const noexcept { return context_; }

 private:
  DrillDevice(Store& store, DeviceId id, ClientContext context)
      : store_{&store}, id_{std::move(id)}, context_{std::move(context)} {}

  Store* store_;  ///< null: moved from
  DeviceId id_;
  ClientContext context_;
};

}  // namespace sallyport
