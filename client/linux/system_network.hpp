#pragma once

#include "client/linux/inside_guard.hpp"
#include "client/linux/network_change.hpp"

#include <vector>

namespace sallyport {

/// The network namespace this process runs in; needs CAP_NET_ADMIN.
class SystemNetwork final : public NetworkChanger {
 public:
  explicit SystemNetwork(NetworkConfig config, InsideGuard::OnTrouble on_trouble = {})
      : config_{std::move(config)}, guard_{std::move(on_trouble)} {}

  /// An interface whose name is taken is not ours to use, nor to delete later; nor is an address that is there already
  /// or that a router of this system has.
  [[nodiscard]] Result<void, SystemError> check(const NetworkChange& change) override;
  [[nodiscard]] Result<void, SystemError> apply(const NetworkChange& change) override;
  /// Addresses and routes of one interface: what a session brings.
  [[nodiscard]] bool apply_together(const NetworkChanges& changes) override;
  /// Connections that send from an address of ours end while its routes still lead into the tunnel.
  void before_undoing(const NetworkChanges& changes) override;
  [[nodiscard]] std::optional<TunDevice> take_device(const std::string& interface) override;
  /// By its mark; one that was made without a mark by its name, and only if it is what a service that was killed
  /// leaves. One that is just that, bears addresses or routes of ours, and has lost its mark cannot be told.
  [[nodiscard]] Result<std::optional<std::string>, SystemError> find(const TunnelInterface& made) override;
  [[nodiscard]] PutBack restore(const NetworkChanges& changes) override;
  [[nodiscard]] Result<void, SystemError> undo(const NetworkChange& change) override;
  void note_gone(const NetworkChange& change) override;
  void note_all_undone() override;

 private:
  [[nodiscard]] Result<void, SystemError> make_interface(const TunnelInterface& wanted);
  [[nodiscard]] Result<void, SystemError> check_address(const TunnelAddress& added);
  /// Whether that interface is what a service that was killed leaves.
  [[nodiscard]] Result<bool, SystemError> is_left(const std::string& interface);
  [[nodiscard]] Result<bool, SystemError> is_bare(const std::string& interface);
  void guard(const TunnelAddress& added);
  void forget(const TunnelAddress& removed);

  NetworkConfig config_;
  InsideGuard guard_;
  std::vector<TunnelAddress> guarded_;
  std::optional<TunDevice> made_;  ///< for take_device()
};

}  // namespace sallyport
