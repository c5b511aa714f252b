#include "server/ctl/rotation_survey.hpp"

#include "server/ctl/readable.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

template <class Map>
auto find_in(const Map& map, const DeviceId& id) {
  const auto found = map.find(id);
  return found == map.end() ? std::optional<typename Map::mapped_type>{} : std::optional{found->second};
}

void count(RotationSurvey& survey, const DeviceStanding& device) {
  if (device.readiness == Readiness::NotActive || device.readiness == Readiness::Expired) return;
  ++survey.counted;
  survey.with_next += device.has_next ? 1 : 0;
  survey.with_certificate += device.has_certificate ? 1 : 0;
  survey.stranded += is_stranded(device.readiness) ? 1 : 0;
  survey.with_retired += device.has_retired ? 1 : 0;
}

std::string words_for(const DeviceStanding& device) {
  std::string words{describe(device.readiness)};
  if (!device.problem.empty()) words += " (it says: " + device.problem + ')';
  return words;
}

}  // namespace

Result<RotationSurvey, StoreError> survey_rotation(const GatewayConfig& config, Store& store, const Rotation& rotation,
                                                   WallTime now) {
  auto devices = store.devices();
  const auto held = store.held_authorities();
  const auto issuers = store.issuers();
  const auto leases = store.leases();
  if (!devices) return fail(devices.error());
  if (!held) return fail(held.error());
  if (!issuers) return fail(issuers.error());
  if (!leases) return fail(leases.error());
  const auto grace = config.enrolment ? config.enrolment->renew_grace : std::chrono::seconds{0};
  RotationSurvey survey;
  for (auto& record : *devices) {
    const auto own = find_in(*held, record.id);
    const auto issuer = find_in(*issuers, record.id).value_or("");
    const auto lease = find_in(*leases, record.id);
    DeviceStanding device;
    device.readiness = readiness_of(record, own, issuer, rotation.next, grace, now);
    device.has_next = own && own->has(rotation.next);
    device.has_retired = own && std::any_of(rotation.retired.begin(), rotation.retired.end(),
                                            [&](const std::string& retired) { return own->has(retired); });
    device.has_certificate = !issuer.empty() && issuer == rotation.next;
    device.problem = own ? own->problem : std::string{};
    if (lease) device.last_seen = lease->last_seen;
    device.record = std::move(record);
    count(survey, device);
    survey.devices.push_back(std::move(device));
  }
  return survey;
}

TextTable table_of_missing(const RotationSurvey& survey, WallTime now) {
  TextTable table{{"DEVICE", "USER", "LAST CONNECTED", "LACKS"}};
  for (const auto& device : survey.devices) {
    if (!is_stranded(device.readiness)) continue;
    table.add({device.record.id.text(), device.record.user.text(),
               device.last_seen ? readable_date(*device.last_seen, now) : std::string{"never"}, words_for(device)});
  }
  return table;
}

Json documents_of_missing(const RotationSurvey& survey) {
  Json list = Json::array();
  for (const auto& device : survey.devices) {
    if (!is_stranded(device.readiness)) continue;
    list.push_back({{"device", device.record.id.text()},
                    {"user", device.record.user.text()},
                    {"last_seen", device.last_seen ? Json(format_utc(*device.last_seen)) : Json(nullptr)},
                    {"certificate_expires", format_utc(device.record.not_after)},
                    {"lacks", name_of(device.readiness)},
                    {"problem", device.problem.empty() ? Json(nullptr) : Json(device.problem)}});
  }
  return list;
}

}  // namespace sallyport
