#include "client/daemon/tunnel.hpp"
#include "client/enrolment/authority_file.hpp"

namespace sallyport {

/// The gateway says which authorities come and go; what this laptop trusts only those decide that it trusts already.
void Tunnel::take(const AuthorityAnnouncement& announcement) {
  if (announcement.asks_for_answer() && !authorities_.begin(announcement)) {
    tell(Level::Info, "authority.waits",
         "this device's files are being changed; what the gateway told of authorities is taken up then",
         {{"profile", profile_->name}});
  }
  if (announcement.renew_within) renewer_.hurry(*announcement.renew_within);
}

/// False: not while somebody else changes this device's files.
bool Tunnel::take_now(const AuthorityAnnouncement& announcement) {
  const auto& gateway = connection_->engine().peer().certificate;
  const auto change = take_authorities(files_of(*profile_), gateway, announcement, loop_.now().wall);
  if (!change) return false;
  // Each of them was signed for.
  const auto tell_each = [this](const char* event, const char* words, const std::vector<std::string>& names) {
    for (const auto& name : names) {
      log_.event(Level::Notice, event, words, {{"profile", profile_->name}, {"authority", name}});
    }
  };
  tell_each("authority.added", "this profile trusts one more authority: one that it trusted signed for it",
            change->added);
  tell_each("authority.removed", "this profile trusts one authority less: it was retired", change->removed);
  if (!change->report.problem.empty()) {
    tell(Level::Warning, "authority.refused", "the gateway told of an authority that was not taken",
         {{"profile", profile_->name}, {"reason", change->report.problem}});
  }
  connection_->report_authorities(change->report);
  return true;
}

}  // namespace sallyport
