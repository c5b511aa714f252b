#include "server/trust/forecast.hpp"

#include "common/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace sallyport {
namespace {

using std::chrono::days;

/// A certificate of a device lasts for weeks at least and is renewed at two thirds: this late nobody has.
constexpr days kDeviceDue{14};
constexpr days kAnchorDue{30};

class Forecast {
 public:
  Forecast(const ForecastInput& input, WallTime now, std::chrono::seconds horizon)
      : input_{input}, now_{now}, until_{now + horizon} {
    for (const auto& device : input.devices) {
      if (device.state == DeviceState::Active) active_.push_back(&device);
    }
  }

  std::vector<Ending> take() {
    for (const auto* device : active_) add_device(*device);
    add_gateway();
    for (const auto& authority : input_.bundle->authorities()) add_authority(authority);
    const auto& lists = input_.bundle->revocation_lists();
    for (std::size_t i = 0; i < lists.size(); ++i) add_list(lists[i], input_.bundle->signer_of(i));
    for (const auto& unread : input_.bundle->unread()) add_unread(unread);
    std::stable_sort(endings_.begin(), endings_.end(), [](const Ending& a, const Ending& b) {
      return std::tie(a.at, a.kind, a.what) < std::tie(b.at, b.kind, b.what);
    });
    return std::move(endings_);
  }

 private:
  void add(Ending ending, const std::vector<const DeviceRecord*>& devices) {
    if (ending.at > until_) return;
    std::set<UserId> people;
    for (const auto* device : devices) {
      ending.devices.push_back(device->id);
      people.insert(device->user);
    }
    std::sort(ending.devices.begin(), ending.devices.end());
    ending.people.assign(people.begin(), people.end());
    endings_.push_back(std::move(ending));
  }

  void add_device(const DeviceRecord& device) {
    if (!device.has_certificate()) return;
    add({.kind = EndingKind::Device,
         .at = device.not_after,
         .what = "the certificate of " + device.id.text(),
         .authority = device.authority,
         .remedy = remedy_for(device),
         .is_due = device.not_after - now_ < kDeviceDue},
        {&device});
  }

  std::string remedy_for(const DeviceRecord& device) const {
    const auto& id = device.id.text();
    if (!device.authority.empty()) return "authority " + device.authority + " must issue its next certificate";
    const auto anew =
        fmt::format("sallyportctl devices enroll --id {} --user {} --replace --csr FILE", id, device.user.text());
    if (!input_.renews) return anew;
    if (device.not_after > now_) return "it renews itself when it is online; otherwise: " + anew;
    return fmt::format("sallyportctl tokens create --user {} --device {} --replace", device.user.text(), id);
  }

  void add_gateway() {
    if (input_.gateway == nullptr) return;
    add({.kind = EndingKind::Gateway,
         .at = input_.gateway->not_after,
         .what = "the certificate of this gateway, " + input_.gateway_name,
         .authority = {},
         .remedy = "sallyportctl gateway-cert issue && sallyportctl reload",
         .is_due = input_.gateway->not_after - now_ < kAnchorDue},
        active_);
  }

  void add_authority(const CertificateInfo& authority) {
    const auto& rules = input_.bundle->rules_of(authority);
    const auto devices = devices_of(authority);
    // One that was certified anew for the same key goes on under its other certificate.
    if (input_.bundle->authority_with(input_.bundle->id_of(authority)) != &authority) return;
    add({.kind = EndingKind::Authority,
         .at = authority.not_after,
         .what = rules.is_own() ? "our own authority, " + authority.subject
                                : "authority " + rules.name + ", " + authority.subject,
         .authority = rules.name,
         .remedy = rules.is_own() ? "bring its successor in before: sallyportctl ca rotate (docs/ca-rollover.md)"
                                  : "add its successor to `certificates` of [[authority]] " + rules.name +
                                        ", then: sallyportctl reload",
         .is_due = authority.not_after - now_ < kAnchorDue},
        devices);
  }

  void add_list(const RevocationList& list, const CertificateInfo& signer) {
    const auto& rules = input_.bundle->rules_of(signer);
    const auto lifetime = list.next_update() - list.this_update();
    add({.kind = EndingKind::RevocationList,
         .at = list.next_update(),
         .what = fmt::format("revocation list {} of {}", list.number(), words_for(rules)),
         .authority = rules.name,
         .remedy = rules.is_own() ? "sallyportctl crl issue (the timer sallyport-crl does so every week)"
                                  : "its authority publishes the next one; whether it arrives: sallyportctl status",
         .is_due = list.next_update() - now_ < lifetime / 4},
        devices_of(signer));
  }

  /// What it revokes is not known from now on.
  void add_unread(const UnreadSource& unread) {
    const auto* authority = input_.bundle->authority_with(unread.authority);
    if (authority == nullptr) return;
    const auto& rules = input_.bundle->rules_of(*authority);
    const bool is_out = input_.bundle->list_of(*authority) == nullptr;
    add({.kind = EndingKind::RevocationList,
         .at = now_,
         .what = fmt::format("what is known of revocation by {}, {}: {}", words_for(rules), authority->subject,
                             escape_untrusted(unread.words)),
         .authority = rules.name,
         .remedy = fmt::format("its authority must publish a list that can be read (docs/foreign-ca.md); until then {}",
                               is_out ? "its devices are refused" : "no rule with revocation_age lets its devices in"),
         .is_due = true},
        devices_of(*authority));
  }

  /// Whose certificates it signed. One that was never seen counts where its authority has no other.
  std::vector<const DeviceRecord*> devices_of(const CertificateInfo& authority) const {
    const auto& name = input_.bundle->rules_of(authority).name;
    const auto& id = input_.bundle->id_of(authority);
    std::set<std::string> keys;
    for (const auto& each : input_.bundle->authorities()) {
      if (input_.bundle->rules_of(each).name == name) keys.insert(input_.bundle->id_of(each));
    }
    std::vector<const DeviceRecord*> devices;
    for (const auto* device : active_) {
      if (device->authority != name) continue;
      if (device->issuer.empty() ? keys.size() == 1 : device->issuer == id) devices.push_back(device);
    }
    return devices;
  }

  const ForecastInput& input_;
  WallTime now_;
  WallTime until_;
  std::vector<const DeviceRecord*> active_;
  std::vector<Ending> endings_;
};

}  // namespace

std::string_view name_of(EndingKind kind) noexcept {
  switch (kind) {
    case EndingKind::Device:
      return "device";
    case EndingKind::Gateway:
      return "gateway";
    case EndingKind::Authority:
      return "authority";
    case EndingKind::RevocationList:
      return "revocation_list";
  }
  return "unknown";
}

std::vector<Ending> forecast(const ForecastInput& input, WallTime now, std::chrono::seconds horizon) {
  return Forecast{input, now, horizon}.take();
}

std::string names_of(const std::vector<DeviceId>& devices, std::size_t most) {
  std::string names;
  for (std::size_t i = 0; i < std::min(devices.size(), most); ++i) names += (i == 0 ? "" : ", ") + devices[i].text();
  if (devices.size() > most) names += fmt::format(" and {} more", devices.size() - most);
  return names;
}

}  // namespace sallyport
