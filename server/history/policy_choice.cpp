#include "server/history/policy_choice.hpp"

namespace sallyport {

PolicySource choose_at_start(const PolicyRecord& record, const PolicyDigest& directory) noexcept {
  if (record.pending() && record.is_running(directory)) return {PolicyChoice::Unconfirmed, record.pending()->previous};
  // With a trial under way nothing is held: it began with files of the directory.
  if (record.is_held(directory)) return {PolicyChoice::Held, record.running()->number};
  return {};
}

PolicySource choose_at_reload(const PolicyRecord& record, const PolicyDigest& directory) noexcept {
  if (record.is_running(directory)) return {};
  if (record.is_held(directory)) return {PolicyChoice::Held, record.running()->number};
  if (record.pending()) return {PolicyChoice::AwaitingConfirmation, record.running()->number};
  return {};
}

}  // namespace sallyport
