#include "server/history/policy_choice.hpp"

namespace sallyport {

PolicySource choose_at_start(const PolicyRecord& record, const PolicyDigest& directory) noexcept {
  if (record.pending()) return {PolicyChoice::Unconfirmed, record.pending()->previous};
  if (record.is_held(directory)) return {PolicyChoice::Held, record.running()->number};
  return {};
}

PolicySource choose_without_directory(const PolicyRecord& record, bool is_half_installed) noexcept {
  if (record.pending()) return {PolicyChoice::Unconfirmed, record.pending()->previous};
  if (is_half_installed && record.running() != nullptr) return {PolicyChoice::HalfInstalled, record.running()->number};
  return {};
}

PolicySource choose_at_reload(const PolicyRecord& record, const PolicyDigest& directory) noexcept {
  if (record.is_running(directory)) return {};
  if (record.is_held(directory)) return {PolicyChoice::Held, record.running()->number};
  if (record.pending()) return {PolicyChoice::AwaitingConfirmation, record.running()->number};
  return {};
}

}  // namespace sallyport
