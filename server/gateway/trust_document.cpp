#include "server/gateway/trust_document.hpp"

#include "server/trust/forecast_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// The whole is for `sallyportctl pki forecast`.
constexpr std::size_t kMaxEndings = 50;
constexpr std::size_t kMaxNames = 20;

Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json list_document(const RevocationList* list, WallTime now) {
  if (list == nullptr) return nullptr;
  return {{"number", list->number()},
          {"this_update", format_utc(list->this_update())},
          {"next_update", format_utc(list->next_update())},
          {"age_seconds", (now - list->this_update()).count()},
          {"revoked", list->serials().size()}};
}

Json source_document(const RevocationDesk::Source& source) {
  return {{"place", source.source.place},
          {"last_look", time_or_null(source.last_look)},
          {"last_good", time_or_null(source.last_good)},
          {"next_try", time_or_null(source.next_try)},
          {"error", source.error.empty() ? Json(nullptr) : Json(source.error)},
          {"fetched", source.fetched},
          {"unchanged", source.unchanged},
          {"failed", source.failed},
          {"refused", source.refused}};
}

/// Where lists of it are that cannot be read, and why.
Json unread_document(const TrustBundle& bundle, const CertificateInfo& authority) {
  Json unread = Json::array();
  for (const auto& each : bundle.unread()) {
    if (each.authority == bundle.id_of(authority)) unread.push_back(each.words);
  }
  return unread;
}

Json authority_document(const GatewayView& gateway, const AuthorityRules& rules, WallTime now) {
  const auto& bundle = *gateway.snapshot.trust.bundle;
  Json certificates = Json::array();
  for (const auto& authority : bundle.authorities()) {
    if (bundle.rules_of(authority).name != rules.name) continue;
    const auto problem = bundle.problem_of(authority, now);
    certificates.push_back({{"subject", authority.subject},
                            {"key_id", bundle.id_of(authority)},
                            {"not_after", format_utc(authority.not_after)},
                            {"crl", list_document(bundle.list_of(authority), now)},
                            {"unread", unread_document(bundle, authority)},
                            {"problem", problem ? Json(problem->words) : Json(nullptr)}});
  }
  Json sources = Json::array();
  for (const auto& source : gateway.lists.revocations().sources()) {
    if (source.source.authority == rules.name) sources.push_back(source_document(source));
  }
  return {{"name", rules.is_own() ? Json(nullptr) : Json(rules.name)},
          {"crl_required", rules.crl_required},
          {"certificates", std::move(certificates)},
          {"sources", std::move(sources)}};
}

Json outlook_document(const Outlook& outlook) {
  Json endings = Json::array();
  for (const auto& ending : outlook.endings()) {
    if (endings.size() >= kMaxEndings) break;
    endings.push_back(ending_document(ending, outlook.at(), kMaxNames));
  }
  const auto left_off = outlook.endings().size() - endings.size();
  return {{"at", format_utc(outlook.at())},
          {"until", format_utc(outlook.at() + kForecastHorizon)},
          {"endings", std::move(endings)},
          {"left_off", left_off}};
}

}  // namespace

Json trust_document(const GatewayView& gateway) {
  const auto& bundle = *gateway.snapshot.trust.bundle;
  const WallTime now = gateway.clock.now().wall + gateway.clock.behind();
  Json document = {
      {"ca_not_after", nullptr}, {"crl_number", nullptr}, {"crl_next_update", nullptr}, {"problem", nullptr}};
  Json authorities = Json::array();
  for (const auto& rules : bundle.rules()) authorities.push_back(authority_document(gateway, rules, now));
  // Of our own authority, as before there were others.
  for (const auto& authority : bundle.authorities()) {
    if (!bundle.rules_of(authority).is_own()) continue;
    document["ca_not_after"] = format_utc(authority.not_after);
    const auto* list = bundle.list_of(authority);
    if (list == nullptr) continue;
    document["crl_number"] = list->number();
    document["crl_next_update"] = format_utc(list->next_update());
  }
  if (const auto problem = bundle.problem_at(now)) document["problem"] = problem->words;
  document["authorities"] = std::move(authorities);
  const auto& notice = *gateway.snapshot.trust.authorities;
  document["rotation"] = {{"phase", name_of(notice.phase)},
                          {"next", notice.newest.empty() ? Json(nullptr) : Json(notice.newest)},
                          {"refused", gateway.authorities.refused()}};
  document["forecast"] = outlook_document(gateway.outlook.fresh_outlook());
  return document;
}

}  // namespace sallyport
