#pragma once

#include "client/daemon/inside.hpp"
#include "client/session/mend_pace.hpp"
#include "common/log/log.hpp"
#include "common/uv/timer.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sallyport {

/// Keeps the laptop's side of a tunnel as it is to be: at rest ahead of the first session, then as the newest session
/// has it, also while the outside reconnects. What others take away of it is put back: without a rule or a route, what
/// is protected would leave by another way, in clear. Lives on one loop's thread.
class InsideKeeper {
 public:
  struct Owner {
    std::function<void()> on_packets;
    /// The interface of a session is gone. True: one that goes on calls become().
    std::function<bool()> on_lost;
    /// Without such a session it was made again, or could not be: has_session() says which.
    std::function<void()> on_remade;
  };

  InsideKeeper(Loop& loop, Log& log, JournalledNetwork network, Owner owner);

  /// The interface of that name waits for the first session, and nothing passes. What goes wrong is told when the
  /// interface is needed.
  void rest(const std::string& interface);
  /// As rest(), where there is none yet.
  void prepare(const std::string& interface);
  /// At rest, it is under this name from now on.
  void rest_as(const std::string& interface);
  /// A session is online, and this is what it has. After a failure what there is of an earlier session stays, to lead
  /// its traffic into nothing, and is mended; without one everything goes.
  [[nodiscard]] Result<void, NetworkFailure> become(const InsideSettings& settings);
  /// No session is to come soon: the interface waits, if it is there.
  [[nodiscard]] Result<void, NetworkFailure> stand_down(const std::string& interface);
  /// Everything goes.
  [[nodiscard]] Result<void, NetworkFailure> close();

  /// The interface is there ahead of the first session.
  [[nodiscard]] bool is_at_rest() const noexcept { return is_at_rest_; }
  /// It has, or had, the addresses and routes of a session: what is protected goes there or nowhere.
  [[nodiscard]] bool has_session() const noexcept { return inside_.is_open() && !is_at_rest_; }
  /// How many things were put back.
  [[nodiscard]] std::uint64_t restored() const noexcept { return inside_.restored(); }

  /// Whether IPv6 passes, as far as become() found.
  [[nodiscard]] Ipv6 ipv6() const noexcept { return inside_.ipv6(); }
  /// The system tells nobody when IPv6 is switched on again: looks, and takes it in.
  void look_for_ipv6() {
    if (has_session() && inside_.has_other_ipv6()) mend();
  }

  /// Whether packets are taken; at rest they always are, to be discarded.
  void watch(bool wanted) noexcept { inside_.watch(is_at_rest_ || wanted); }
  /// These as Inside does it.
  void discard(MutableBytes scratch) noexcept { inside_.discard(scratch); }
  [[nodiscard]] Result<SuperPacket, SystemError> read(MutableBytes scratch) noexcept { return inside_.read(scratch); }
  void write(const SuperPacket& packet, MutableBytes lender) noexcept { inside_.write(packet, lender); }
  void flush() noexcept { inside_.flush(); }
  [[nodiscard]] std::uint64_t take_lost() noexcept { return inside_.take_lost(); }

 private:
  void mend();
  void remake();
  void keep();
  /// Empty `trouble`: there was none.
  void tell_mended(std::string trouble);
  void tell_restored();

  Loop& loop_;
  Log& log_;
  Owner owner_;
  Inside inside_;
  Timer mend_;  ///< or of telling about it
  MendPace pace_;
  InsideSettings settings_;  ///< of the newest session
  bool is_at_rest_ = false;
  bool is_owed_ = false;  ///< the interface of a session is gone and cannot be made again yet
  std::string trouble_;   ///< why the last attempt failed; empty: it did not
  std::uint64_t told_restored_ = 0;
  std::optional<TimePoint> told_at_;  ///< when the log heard last of what was restored
};

}  // namespace sallyport
