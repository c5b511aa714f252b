#include "server/ctl/known_devices.hpp"

#include "server/config/gateway_config.hpp"
#include "server/store/store.hpp"

#include <vector>

namespace sallyport {

DevicesOfPeople known_devices(const std::string& config_path) {
  DevicesOfPeople devices;
  const auto config = load_gateway_config(config_path);
  if (!config) return devices;
  auto store = Store::open(config->database());
  const auto records = store ? store->devices() : Store::Outcome<std::vector<DeviceRecord>>{};
  for (const auto& record : records ? *records : std::vector<DeviceRecord>{}) {
    if (record.state == DeviceState::Active) devices[record.user.text()].push_back(record.id.text());
  }
  return devices;
}

}  // namespace sallyport
