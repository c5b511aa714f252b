#include "client/daemon/tunnel_status.hpp"

#include "common/ipc/queue_document.hpp"

#include <nlohmann/json.hpp>

namespace sallyport {
namespace {

using nlohmann::json;

void put(json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

void put(json& out, const char* key, const std::optional<WallTime>& time) {
  if (time) out[key] = format_utc(*time);
}

template <class Item>
json texts(const std::vector<Item>& items) {
  auto list = json::array();
  for (const auto& item : items) list.push_back(item.to_string());
  return list;
}

json refused(const std::vector<RefusedRoute>& routes) {
  auto list = json::array();
  for (const auto& route : routes) list.push_back({{"route", route.route}, {"reason", route.reason}});
  return list;
}

json ipv6_document(const Ipv6Off& off) {
  return {{"setting", off.setting.empty() ? json(nullptr) : json(off.setting)}, {"routes", texts(off.routes)}};
}

void put_connection(json& out, const TunnelStatus& status) {
  put(out, "gateway", status.gateway);
  put(out, "gateway_name", status.gateway_name);
  put(out, "peer", status.peer);
  put(out, "device", status.device);
  put(out, "user", status.user);
  put(out, "certificate_expires", status.certificate_expires);
  put(out, "since", status.since);
  if (!status.tls_group.empty()) {
    out["tls"] = {{"version", "1.3"}, {"group", status.tls_group}, {"cipher", status.tls_cipher}};
  }
  put(out, "congestion", status.congestion);
  if (status.rtt_microseconds) out["rtt_ms"] = *status.rtt_microseconds / 1000.0;
  if (status.segment_limit) out["segment_limit"] = *status.segment_limit;
}

json failure_document(const TunnelFailure& failure) {
  json document{{"reason", failure.reason}, {"words", failure.words}};
  put(document, "code", failure.code);
  return document;
}

void put_key(json& out, const TunnelStatus& status) {
  if (status.key_failure) out["key"] = {{"failure", failure_document(*status.key_failure)}};
}

void put_renewal(json& out, const TunnelStatus& status) {
  json renewal = json::object();
  put(renewal, "due", status.renewal_due);
  if (status.renewal_failure) renewal["failure"] = failure_document(*status.renewal_failure);
  if (!renewal.empty()) out["renewal"] = std::move(renewal);
}

json traffic(const TunnelStatus& status) {
  return {{"packets_in", status.packets_in}, {"bytes_in", status.bytes_in},       {"packets_out", status.packets_out},
          {"bytes_out", status.bytes_out},   {"dropped", status.packets_dropped}, {"reconnects", status.reconnects}};
}

}  // namespace

std::string_view to_string(TunnelState state) noexcept {
  switch (state) {
    case TunnelState::Down:
      return "down";
    case TunnelState::Connecting:
      return "connecting";
    case TunnelState::Online:
      return "online";
    case TunnelState::Reconnecting:
      return "reconnecting";
  }
  return "down";
}

json to_json(const TunnelStatus& status) {
  json out{{"state", to_string(status.state)}};
  if (status.failure) out["failure"] = failure_document(*status.failure);
  put(out, "retry_at", status.retry_at);
  if (status.state == TunnelState::Down) return out;
  out["profile"] = status.profile;
  put_connection(out, status);
  put_renewal(out, status);
  put_key(out, status);
  out["interface"] = status.interface;
  out["addresses"] = texts(status.addresses);
  out["routes"] = texts(status.routes);
  out["refused_routes"] = refused(status.refused_routes);
  if (status.ipv6_off) out["ipv6_off"] = ipv6_document(*status.ipv6_off);
  if (status.proof) out["proof"] = {{"waiting", status.proof->places}, {"left_off", status.proof->left_off}};
  out["traffic"] = traffic(status);
  out["queue"] = queue_document(status.queue);
  out["network_restored"] = status.network_restored;
  out["switches"] = {
      {"begun", status.switches.begun}, {"done", status.switches.done}, {"held_back", status.switches.held_back}};
  return out;
}

}  // namespace sallyport
