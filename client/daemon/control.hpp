#pragma once

#include "client/config/client_config.hpp"
#include "client/daemon/access.hpp"
#include "client/daemon/tunnel.hpp"
#include "common/uv/json_line_server.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <vector>

namespace sallyport {

/// The local socket: takes requests of people, checks who asks, and steers the tunnel.
class Control {
 public:
  /// `posture`: how this system is asked about itself.
  Control(Loop& loop, Log& log, ClientConfig config, Access access, JournalledNetwork network,
          std::shared_ptr<const PostureSource> posture, std::uint64_t seed);

  [[nodiscard]] Result<void, SystemError> listen();
  /// New profiles count from the next `up` on.
  void replace_profiles(ClientConfig config) {
    config_.profiles = std::move(config.profiles);
    expect_up();
  }
  /// Ends the tunnel; nobody waits for an answer afterwards.
  [[nodiscard]] Result<void, NetworkFailure> stop();
  /// For the service manager: "online: office".
  [[nodiscard]] std::string summary() const;

 private:
  using RequestId = JsonLineServer::RequestId;
  struct Waiting {
    RequestId request;
    TimePoint deadline;
  };
  struct Question : Waiting {
    nlohmann::json answer;  ///< begun: what the daemon itself knows
  };

  void handle(RequestId request, const nlohmann::json& message, const PeerCredentials& peer);
  void up(RequestId request, const nlohmann::json& message);
  void down(RequestId request);
  void expect_up();
  void why(RequestId request, const nlohmann::json& message);
  void login(RequestId request, const nlohmann::json& message);
  void posture(RequestId request);
  void unlock(RequestId request, const nlohmann::json& message);
  void on_unlocked(const Result<void, PkiError>& result);
  [[nodiscard]] nlohmann::json posture_answer(const Posture& posture) const;
  [[nodiscard]] const Profile* choose(RequestId request, const nlohmann::json& message);
  [[nodiscard]] nlohmann::json status() const;
  [[nodiscard]] nlohmann::json begin_why(const std::string& to, const IpAddress& address) const;

  void on_change();
  void on_why(const WhyAnswer& answer);
  void on_proof(const ProofVerdict& verdict);
  void on_deadline();
  void arm();
  void answer_waiting(const nlohmann::json& answer);
  [[nodiscard]] nlohmann::json failure_answer() const;

  Loop& loop_;
  Log& log_;
  ClientConfig config_;
  Access access_;
  Timer deadline_;
  Timer expected_end_;
  std::vector<Waiting> waiting_;  ///< for `up`
  std::map<std::uint64_t, Question> questions_;
  std::uint64_t last_question_ = 0;
  std::optional<Waiting> login_;  ///< one at a time
  PostureCollection posture_;
  std::vector<RequestId> posture_requests_;  ///< one collection answers all
  std::optional<RequestId> unlock_request_;  ///< one at a time
  Tunnel tunnel_;
  std::optional<BlockingThread::Call> unlocking_;  ///< destroyed before the tunnel, whose thread it is on
  std::unique_ptr<JsonLineServer> server_;
};

}  // namespace sallyport
