#pragma once

#include "common/uv/json_line_server.hpp"
#include "server/gateway/drill_keeper.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace sallyport {

/// The part of the admin socket that lets a drill in. A drill lasts as long as the connection that asked for it: who
/// dies ends it.
class DrillDesk {
 public:
  using RequestId = JsonLineServer::RequestId;

  /// Both outlive this.
  DrillDesk(DrillKeeper& drills, JsonLineServer& server) : drills_{drills}, server_{server} {}

  /// {"do":"drill", "device", "port"}: a line that it began, with the address to send to.
  void serve(RequestId id, const nlohmann::json& request, const std::string& by);
  /// True: this was the drill's connection.
  bool gone(RequestId id);

 private:
  DrillKeeper& drills_;
  JsonLineServer& server_;
  std::optional<RequestId> running_;
};

}  // namespace sallyport
