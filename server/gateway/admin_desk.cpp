#include "server/gateway/admin_desk.hpp"

#include "common/base/diagnostic_line.hpp"
#include "common/ipc/diagnostics_document.hpp"
#include "common/ipc/message.hpp"
#include "common/pki/identity_name.hpp"
#include "server/audit/audit_note.hpp"
#include "server/gateway/gateway_document.hpp"
#include "server/gateway/live_document.hpp"
#include "server/gateway/policy_document.hpp"
#include "server/metrics/exposition.hpp"
#include "server/policy/analysis/question.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

/// The date of the list that the device's certificate is held against, as far as one knows which that is.
std::optional<WallTime> revocation_as_of(const GatewayView& gateway, const DeviceRecord& device) {
  const auto& bundle = *gateway.snapshot.trust.bundle;
  if (!device.issuer.empty() && bundle.authority_with(device.issuer) != nullptr)
    return bundle.revocation_as_of(device.issuer);
  return bundle.revocation_as_of_name(device.authority);
}

/// The evidence the gateway has of this person on this device now, or would have if it connected from `from`.
Evidence evidence_for(const GatewayView& gateway, Store& store, const UserId& user, const DeviceId& device,
                      const std::optional<IpAddress>& from) {
  Evidence evidence;
  const auto live = gateway.registry.where([&](const auto& entry) { return entry.grant.device == device; });
  const bool is_theirs = !live.empty() && gateway.registry.find(live.back())->grant.user == user;
  if (!live.empty()) evidence = gateway.registry.find(live.back())->evidence;
  evidence.user = user;
  evidence.device = device;
  if (from) evidence.source = *from;
  const auto behind = gateway.clock.behind();
  const auto record = store.device(device);
  const bool is_known = record && *record;
  evidence.revocation_as_of = earlier_by(behind, revocation_as_of(gateway, is_known ? **record : DeviceRecord{}));
  if (is_known && (*record)->has_certificate()) evidence.certificate_expires = (*record)->not_after - behind;
  if (is_theirs) return evidence;
  // The next session begins with what is on record. What another person proved says nothing of this one.
  const auto proved = record && *record ? store.proof_of(device, user, (*record)->serial)
                                        : Store::Outcome<std::optional<WallTime>>{std::nullopt};
  evidence.user_proved = proved ? earlier_by(behind, *proved) : std::nullopt;
  return evidence;
}

/// Only what is said outright.
bool flag_at(const Json& request, const char* name) { return request.value(name, Json(nullptr)) == true; }

}  // namespace

Result<std::unique_ptr<AdminDesk>, SystemError> AdminDesk::open(Loop& loop, const GatewayView& gateway,
                                                                const GatewayControls& controls, MetricsDesk& metrics,
                                                                Log& log) {
  std::unique_ptr<AdminDesk> desk{new AdminDesk{gateway, controls, metrics, log}};
  auto server = JsonLineServer::open(
      loop, JsonLineServerOptions{.path = gateway.snapshot.config.control_socket(), .mode = 0600, .group = {}},
      [raw = desk.get()](RequestId id, const Json& request, const PeerCredentials& peer) {
        raw->serve(id, request, peer);
      },
      [raw = desk.get()](RequestId id) {
        if (!raw->drills_->gone(id)) raw->live_->gone(id);
      });
  if (!server) return fail(server.error());
  desk->server_ = std::move(*server);
  desk->live_.emplace(loop, gateway, controls, *desk->server_);
  desk->drills_.emplace(controls.drills, *desk->server_);
  return desk;
}

void AdminDesk::serve(RequestId id, const Json& request, const PeerCredentials& peer) {
  if (peer.uid != 0 && peer.uid != ::geteuid()) {
    refuse(id, "only root and the gateway's own user may ask", "use sudo");
    return;
  }
  if (request.value("v", Json(nullptr)) != 1) {
    refuse(id, "this gateway speaks version 1 of the protocol", "use sallyportctl of the same version");
    return;
  }
  const auto verb = text_at(request, "do").value_or("");
  if (verb == "policy.apply" || verb == "policy.rollback") controls_.policy.note_asked();
  if (verb == "status")
    serve_status(id);
  else if (verb == "metrics")
    serve_metrics(id);
  else if (verb == "sessions.list")
    serve_session_list(id);
  else if (verb == "sessions.end")
    serve_session_end(id, request, actor_of(request, peer));
  else if (verb == "drain")
    serve_drain(id, request, actor_of(request, peer));
  else if (verb == "reload")
    serve_reload(id, request, actor_of(request, peer));
  else if (verb == "trust.reload")
    serve_trust_reload(id, actor_of(request, peer));
  else if (verb == "clock.accept")
    serve_clock_accept(id, actor_of(request, peer));
  else if (verb == "device.changed")
    serve_device_change(id, request, actor_of(request, peer));
  else if (verb == "user.changed")
    serve_user_change(id, request, actor_of(request, peer));
  else if (verb == "drill")
    drills_->serve(id, request, actor_of(request, peer));
  else if (verb == "proof.changed")
    serve_proof_change(id, request, actor_of(request, peer));
  else if (verb == "audit.note")
    serve_audit_note(id, request, actor_of(request, peer));
  else if (verb == "policy.explain")
    serve_explain(id, request);
  else if (verb == "denial.show")
    serve_denial(id, request);
  else if (verb == "flows")
    live_->serve_flows(id, request);
  else if (verb == "trace")
    live_->serve_trace(id, request);
  else if (!policies_.serve(verb, request, peer, [this, id](const Json& answer) { server_->reply(id, answer); }))
    refuse(id, "this gateway does not know the request \"" + verb + '"', "use sallyportctl of the same version");
}

void AdminDesk::serve_status(RequestId id) {
  controls_.orders.query(
      [this, id](const GatewayStatus& status) { server_->reply(id, status_document(gateway_, status)); });
}

void AdminDesk::serve_metrics(RequestId id) {
  metrics_.write([this, id](const std::string& page) {
    server_->reply(id, {{"v", 1}, {"ok", true}, {"content_type", kExpositionType}, {"page", page}});
  });
}

void AdminDesk::serve_session_list(RequestId id) {
  controls_.orders.query(
      [this, id](const GatewayStatus& status) { server_->reply(id, session_list_document(gateway_, status)); });
}

void AdminDesk::serve_session_end(RequestId id, const Json& request, const std::string& by) {
  const auto session = request.find("session");
  if (session == request.end() || !session->is_number_unsigned()) {
    refuse(id, "\"session\" must be a number", "see: sallyportctl sessions list");
    return;
  }
  const SessionId wanted{session->get<std::uint64_t>()};
  if (gateway_.registry.find(wanted) == nullptr) {
    refuse(id, "there is no session " + session->dump(), "see: sallyportctl sessions list");
    return;
  }
  controls_.sessions.note_session_end(wanted, by);
  controls_.orders.end_sessions({wanted}, EndReason::EndedByAdmin, [this, id](std::size_t ended) {
    server_->reply(id, {{"v", 1}, {"ok", true}, {"ended", ended}});
  });
}

/// {"do":"drain", "seconds", "stop"}
void AdminDesk::serve_drain(RequestId id, const Json& request, const std::string& by) {
  const auto seconds = request.find("seconds");
  const auto stop = request.find("stop");
  const bool is_good = seconds != request.end() && seconds->is_number_unsigned() && stop != request.end() &&
                       stop->is_boolean() && *seconds >= kShortestDrain.count() && *seconds <= kLongestDrain.count();
  if (!is_good) return refuse(id, "\"seconds\" must be from 8 to 3600 and \"stop\" true or false", {});
  if (!controls_.drain.drain(std::chrono::seconds{seconds->get<std::uint64_t>()}, stop->get<bool>(), by)) {
    return refuse(id, "the gateway is draining or stopping already", "see: sallyportctl status");
  }
  server_->reply(id, {{"v", 1}, {"ok", true}, {"drain", drain_document(gateway_)}});
}

void AdminDesk::serve_reload(RequestId id, const Json& request, const std::string& by) {
  std::optional<unsigned> allow_stranding;
  if (const auto allowed = request.find("allow_stranding"); allowed != request.end() && allowed->is_number_unsigned())
    allow_stranding = static_cast<unsigned>(std::min<std::uint64_t>(allowed->get<std::uint64_t>(), UINT32_MAX));
  const auto result =
      controls_.reload.reload(by, allow_stranding, [this, id](std::size_t ended, ReloadedPolicy policy) {
        server_->reply(id, reload_document(gateway_, ended, policy));
      });
  if (!result) refuse_reload(id, result.error());
}

void AdminDesk::serve_trust_reload(RequestId id, const std::string& by) {
  const auto result = controls_.reload.reload_trust(
      [this, id](std::size_t ended) { server_->reply(id, reload_document(gateway_, ended, ReloadedPolicy::InForce)); },
      by);
  if (!result) refuse_reload(id, result.error());
}

void AdminDesk::serve_clock_accept(RequestId id, const std::string& by) {
  const auto before = gateway_.clock.behind();
  if (auto accepted = controls_.clock.accept(by); !accepted) return refuse(id, accepted.error(), {});
  server_->reply(id, {{"v", 1}, {"ok", true}, {"was_behind_seconds", before.count()}});
}

void AdminDesk::serve_proof_change(RequestId id, const Json& request, const std::string& by) {
  const auto user = text_at(request, "user").value_or("");
  const auto what = text_at(request, "what").value_or("");
  const bool is_known = what == "enrolled" || what == "replaced" || what == "reset";
  if (!is_user_id(user) || !is_known) {
    refuse(id, "\"user\" must be an e-mail address and \"what\" one of enrolled, replaced and reset", {});
    return;
  }
  const bool is_noted = what != "reset" && flag_at(request, "noted");
  controls_.presence.forget_proofs(
      UserId{user}, "proof." + what, by, is_noted, [this, id](std::size_t sessions, bool recorded) {
        server_->reply(id, {{"v", 1}, {"ok", true}, {"sessions", sessions}, {"recorded", recorded}});
      });
}

/// What was done is said for the record alone: the records themselves decide.
void AdminDesk::serve_device_change(RequestId id, const Json& request, const std::string& by) {
  const auto device = text_at(request, "device").value_or("");
  const auto what = text_at(request, "what").value_or("");
  if (!is_device_id(device) || (what != "revoked" && what != "disabled" && what != "enabled")) {
    refuse(id, "\"device\" must name one and \"what\" be one of revoked, disabled and enabled", {});
    return;
  }
  confirm_change(
      id, [this, device, what, by] { return controls_.journal.note_device(DeviceId{device}, "device." + what, by); });
}

/// Answers when who must go is gone; nobody stays until the disk has the record of it.
void AdminDesk::confirm_change(RequestId id, std::function<bool()> record) {
  controls_.trust.recheck_devices([this, id, record = std::move(record)](std::size_t ended) {
    const bool recorded = record();
    server_->reply(id, {{"v", 1}, {"ok", true}, {"ended", ended}, {"recorded", recorded}});
  });
}

void AdminDesk::serve_user_change(RequestId id, const Json& request, const std::string& by) {
  const auto user = text_at(request, "user").value_or("");
  const auto what = text_at(request, "what").value_or("");
  if (!is_user_id(user) || (what != "disabled" && what != "enabled")) {
    refuse(id, "\"user\" must be an e-mail address and \"what\" one of disabled and enabled", {});
    return;
  }
  const auto reason = text_at(request, "reason").value_or("");
  // A right is recorded before it is given: by then there is a record.
  if (what == "enabled" && flag_at(request, "noted")) return confirm_change(id, [] { return true; });
  confirm_change(id, [this, user, what, by, reason] {
    return controls_.journal.note_user(UserId{user}, "user." + what, by, reason);
  });
}

void AdminDesk::refuse_reload(RequestId id, const Diagnostics& diagnostics) {
  log_.event(Level::Error, "reload.refused", to_line(diagnostics));
  server_->reply(id, {{"v", 1},
                      {"ok", false},
                      {"error", "the new files are wrong; everything that ran keeps running"},
                      {"hint", "correct them and reload again"},
                      {"diagnostics", diagnostics_document(diagnostics)}});
}

void AdminDesk::serve_explain(RequestId id, const Json& request) {
  const auto user = text_at(request, "as");
  const auto to = text_at(request, "to");
  if (!user || !to) {
    refuse(id, "\"as\" and \"to\" are needed", "sallyportctl policy explain --as USER --device ID --to HOST:PORT");
    return;
  }
  const auto from_text = text_at(request, "from");
  const auto from = from_text ? IpAddress::parse(*from_text) : std::nullopt;
  const auto at_text = text_at(request, "at");
  const auto at = at_text ? parse_utc(*at_text) : std::optional{gateway_.clock.now().wall};
  if ((from_text && !from) || !at) {
    refuse(id, "\"from\" must be an address and \"at\" a time like 2026-11-21T08:00:00Z", {});
    return;
  }
  const Evidence evidence =
      evidence_for(gateway_, controls_.store, UserId{*user}, DeviceId{text_at(request, "device").value_or("")}, from);
  const auto assumptions = read_assumptions(request);
  if (!assumptions) return refuse(id, assumptions.error().message, assumptions.error().hint);
  auto answer = answer_question(*gateway_.snapshot.policy.policy, evidence, *assumptions, *to, *at);
  if (!answer) return refuse(id, answer.error().message, answer.error().hint);
  Json document = std::move(*answer);
  document["ok"] = true;
  const auto record = controls_.store.device(evidence.device);
  document["device_state"] = record && *record ? Json(name_of((*record)->state)) : Json(nullptr);
  const auto disabled = controls_.store.disabled_user(evidence.user);
  document["user_disabled"] = !disabled || disabled->has_value();
  server_->reply(id, document);
}

/// What sallyportctl does to files and store by itself.
void AdminDesk::serve_audit_note(RequestId id, const Json& request, const std::string& by) {
  const auto record = request.value("record", Json(nullptr));
  auto audit = record.is_object() ? noted_record(record) : std::nullopt;
  if (!audit)
    return refuse(id, "\"record\" must be of an event that sallyportctl makes", "use sallyportctl of the same version");
  audit->by = by;
  server_->reply(id, {{"v", 1}, {"ok", true}, {"recorded", controls_.journal.record(std::move(*audit))}});
}

void AdminDesk::serve_denial(RequestId id, const Json& request) {
  const auto* entry = gateway_.decisions.denials().find(text_at(request, "code").value_or(""));
  if (entry == nullptr)
    refuse(id, "no recent refusal has this code", "older ones are in the audit file");
  else
    server_->reply(id, denial_document(*entry));
}

void AdminDesk::refuse(RequestId id, const std::string& error, const std::string& hint) {
  server_->reply(id, {{"v", 1}, {"ok", false}, {"error", error}, {"hint", hint}});
}

}  // namespace sallyport
