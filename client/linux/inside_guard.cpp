#include "client/linux/inside_guard.hpp"

#include "common/base/process.hpp"
#include "common/base/signal_mask.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace sallyport {
namespace {

/// The first packets of a session go first.
constexpr auto kPause = std::chrono::milliseconds{50};
// `add` first, so that `delete` succeeds where the table never was.
constexpr const char* kForget = "add table inet sallyport_inside\ndelete table inet sallyport_inside\n";

/// Empty: it was done.
std::string run_nft(const std::string& script) {
  const auto outcome = run_process({.argv = {"nft", "-f", "-"}, .input = script});
  if (!outcome) return outcome.error().message;
  return outcome->exit_code == 0 ? std::string{} : "nft refused the rules: " + outcome->errors;
}

}  // namespace

std::string guard_script(const std::string& interface, const std::vector<IpAddress>& addresses) {
  std::string script = kForget;
  if (addresses.empty()) return script;
  script +=
      "table inet sallyport_inside {\n  chain guard {\n"
      "    type filter hook prerouting priority raw; policy accept;\n"
      "    iifname \"lo\" accept\n    iifname \"" +
      interface + "\" accept\n";
  for (const auto& address : addresses)
    script += (address.is_v4() ? "    ip daddr " : "    ip6 daddr ") + address.to_string() + " counter drop\n";
  return script + "  }\n}\n";
}

struct InsideGuard::Shared {
  OnTrouble on_trouble;
  std::mutex mutex{};
  std::condition_variable changed{};
  std::optional<std::string> wanted{};
  bool is_urgent = false;  ///< somebody waits for it
  bool is_at_work = false;
  bool has_told = false;
  std::thread thread{};

  /// Holds `mutex`, as whoever calls it.
  void tell(const std::string& trouble) {
    if (!on_trouble || std::exchange(has_told, true)) return;
    on_trouble("hosts of the local network can reach the inside addresses of this laptop: " + trouble);
  }
  /// Until nothing is wanted any more.
  void serve() {
    std::unique_lock lock{mutex};
    changed.wait_for(lock, kPause, [this] { return is_urgent; });
    while (wanted) {
      const auto script = *std::exchange(wanted, std::nullopt);
      lock.unlock();
      const auto trouble = run_nft(script);
      lock.lock();
      // Where there is no nft, nothing is there to be forgotten either.
      if (!trouble.empty() && script != kForget) tell(trouble);
    }
    is_at_work = false;
    changed.notify_all();
  }
  void wait() {
    std::unique_lock lock{mutex};
    is_urgent = true;
    changed.notify_all();
    changed.wait(lock, [this] { return !is_at_work; });
    is_urgent = false;
  }
};

InsideGuard::InsideGuard(OnTrouble on_trouble) : shared_{std::make_unique<Shared>()} {
  shared_->on_trouble = std::move(on_trouble);
}

InsideGuard::InsideGuard(InsideGuard&&) noexcept = default;

InsideGuard::~InsideGuard() {
  if (!shared_) return;
  shared_->wait();
  if (shared_->thread.joinable()) shared_->thread.join();
}

void InsideGuard::protect(const std::string& interface, const std::vector<IpAddress>& addresses) {
  if (want(guard_script(interface, addresses))) return;
  const std::lock_guard lock{shared_->mutex};
  shared_->tell("the system gives no thread that runs nft");
}

void InsideGuard::release() {
  if (want(kForget)) return shared_->wait();
  const std::lock_guard lock{shared_->mutex};
  (void)run_nft(*std::exchange(shared_->wanted, std::nullopt));
}

bool InsideGuard::want(std::string script) {
  const std::lock_guard lock{shared_->mutex};
  shared_->wanted = std::move(script);
  if (shared_->is_at_work) return true;
  // It has nothing more to do but to end.
  if (shared_->thread.joinable()) shared_->thread.join();
  shared_->is_at_work = true;
  try {
    const SignalsBlocked blocked;
    shared_->thread = std::thread{[shared = shared_.get()] { shared->serve(); }};
  } catch (const std::system_error&) {
    shared_->is_at_work = false;
  }
  return shared_->is_at_work;
}

}  // namespace sallyport
