#include "server/gateway/drill_desk.hpp"

#include "common/ipc/message.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

constexpr std::uint64_t kFirstPort = 1024;
constexpr std::uint64_t kLastPort = 65535;

std::optional<std::uint16_t> port_of(const nlohmann::json& request) {
  const auto found = request.find("port");
  if (found == request.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto port = found->get<std::uint64_t>();
  if (port < kFirstPort || port > kLastPort) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace

void DrillDesk::serve(RequestId id, const nlohmann::json& request, const std::string& by) {
  const auto refuse = [&](const std::string& error, const char* hint) {
    server_.reply(id, {{"v", 1}, {"ok", false}, {"error", error}, {"hint", hint}});
  };
  const auto device = text_at(request, "device");
  const auto port = port_of(request);
  if (!device || !port)
    return refuse("\"device\" and \"port\" (from 1024 on) are needed", "sallyportctl revoke --drill");
  const auto target = drills_.begin(DeviceId{*device}, *port, by);
  if (!target) return refuse(target.error(), "see: journalctl -u sallyport-gateway");
  running_ = id;
  server_.begin_stream(id);
  server_.stream(id, {{"v", 1}, {"ok", true}, {"event", "began"}, {"address", target->to_string()}});
}

bool DrillDesk::gone(RequestId id) {
  if (running_ != id) return false;
  running_.reset();
  drills_.end();
  return true;
}

}  // namespace sallyport
