#pragma once

#include "client/linux/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace sallyport {

/// What could not be done to the network, in words.
struct NetworkFailure {
  std::string message;
};
[[nodiscard]] inline const std::string& to_string(const NetworkFailure& failure) noexcept { return failure.message; }

/// What is known of the network without asking the system.
struct KnownNetwork {
  bool is_whole = false;                    ///< a watch knows that nobody took anything away since the last look
  std::optional<std::string> interface {};  ///< one that this process made and has open: no mark has to tell it
};

/// Brings the machine's network from one wanted state to the next, never without a record that survives the process.
/// The changer outlives it.
class JournalledNetwork {
 public:
  JournalledNetwork(Journal journal, NetworkChanger& changer) : journal_{std::move(journal)}, changer_{changer} {}

  /// Makes `wanted` all there is of ours: first puts back what others took away, adds what is missing, in order, then
  /// takes away what is not wanted any more, newest first. What cannot be put back stops none of it. After a failure
  /// the journal still covers everything that may have been done.
  [[nodiscard]] Result<void, NetworkFailure> become(const NetworkChanges& wanted, const KnownNetwork& known = {});

  /// Puts back what others took away of all that is applied, going on after failures. How many it was.
  [[nodiscard]] Result<std::size_t, NetworkFailure> restore() { return restore(NetworkChanges{applied_}); }
  /// Put back since the start.
  [[nodiscard]] std::uint64_t restored() const noexcept { return restored_; }

  /// Undoes everything the journal lists, newest first, going on after failures; what failed stays listed. An interface
  /// goes by whatever name it has now; one of somebody else that got its old name stays, with all that is on it. Where
  /// nothing tells whose it is, everything stays as it is, and listed.
  [[nodiscard]] Result<void, NetworkFailure> undo_all(const KnownNetwork& known = {});

  /// As NetworkChanger::take_device().
  [[nodiscard]] std::optional<TunDevice> take_device(const std::string& interface) {
    return changer_.take_device(interface);
  }

  [[nodiscard]] const NetworkChanges& applied() const noexcept { return applied_; }
  [[nodiscard]] bool has_leftovers() const noexcept { return journal_.changes().size() > applied_.size(); }

 private:
  [[nodiscard]] Result<std::size_t, NetworkFailure> restore(const NetworkChanges& changes);
  [[nodiscard]] Result<void, NetworkFailure> add(const NetworkChanges& changes);
  [[nodiscard]] Result<void, NetworkFailure> remove(const NetworkChanges& changes, const KnownNetwork& known);

  Journal journal_;
  NetworkChanger& changer_;
  NetworkChanges applied_;
  std::uint64_t restored_ = 0;
};

}  // namespace sallyport
