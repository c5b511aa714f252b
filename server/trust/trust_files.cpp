#include "server/trust/trust_files.hpp"

#include "common/base/file.hpp"
#include "common/base/hex.hpp"
#include "server/authority/rotated_trust.hpp"
#include "server/trust/authority_files.hpp"
#include "server/trust/unread_record.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sallyport {
namespace {

auto at(const std::string& file, std::string message, std::string hint = {}) {
  return fail(Diagnostics{Diagnostic{.file = file, .message = std::move(message), .hint = std::move(hint)}});
}

Result<std::string, Diagnostics> read_trusted(const std::string& path, const char* hint) {
  if (auto trusted = require_trusted_path(path); !trusted) return at(path, trusted.error().message, hint);
  auto content = read_file(path);
  if (!content) return at(path, content.error().message, hint);
  return std::move(*content);
}

/// Whether a list of one of these authorities was in force once.
bool is_remembered(const HighWaterMark& mark, const std::string& ca_pem) {
  const auto authorities = parse_certificates(ca_pem);
  if (!authorities) return !mark.empty();
  return std::any_of(authorities->begin(), authorities->end(), [&mark](const CertificateInfo& authority) {
    const auto id = authority.key.key_id();
    return !id || mark.find(to_hex(*id));
  });
}

bool is_about_authorities(TrustProblem problem) {
  switch (problem) {
    case TrustProblem::MalformedCa:
    case TrustProblem::NotACa:
    case TrustProblem::WeakCa:
    case TrustProblem::SharedCa:
    case TrustProblem::UnknownCa:
    case TrustProblem::CaNotYetValid:
    case TrustProblem::CaExpired:
      return true;
    case TrustProblem::MissingCrl:
    case TrustProblem::UnreadCrl:
    case TrustProblem::MalformedCrl:
    case TrustProblem::UnknownCrlIssuer:
    case TrustProblem::ForgedCrl:
    case TrustProblem::OlderCrl:
    case TrustProblem::CrlNotYetValid:
    case TrustProblem::CrlExpired:
      break;
  }
  return false;
}

}  // namespace

Result<TrustSources, Diagnostics> read_trust_sources(const GatewayConfig& config) {
  auto ca = read_trusted(config.ca, "run: sallyportctl ca init");
  if (!ca) return fail(ca.error());
  TrustSources sources{
      .ca_pem = std::move(*ca), .crl_pem = {}, .crl_required = config.crl_required, .high_water_mark = {}};
  sources.crl_grace = config.crl_grace;
  auto mark = HighWaterMark::load(config.crl_number);
  if (!mark) return at(config.crl_number, mark.error().words);
  sources.high_water_mark = std::move(*mark);
  const bool is_absent = ::access(config.crl.c_str(), F_OK) != 0 && errno == ENOENT;
  // Where a list of ours was in force once, its absence would un-revoke.
  if (!is_absent || config.crl_required || is_remembered(sources.high_water_mark, sources.ca_pem)) {
    auto crl = read_trusted(config.crl,
                            "without it nobody can be told revoked; restore the file, or run: sallyportctl crl issue");
    if (!crl) return fail(crl.error());
    sources.crl_pem = std::move(*crl);
  }
  for (const auto& settings : config.authorities) {
    auto authority = read_authority(settings, config.revocation_cache());
    if (!authority) return fail(authority.error());
    sources.foreign.push_back(std::move(*authority));
  }
  return sources;
}

Diagnostics trust_diagnostics(const GatewayConfig& config, const TrustError& error) {
  constexpr std::string_view kForeign = "authority ";
  if (!error.words.starts_with(kForeign)) {
    return {Diagnostic{
        .file = is_about_authorities(error.problem) ? config.ca : config.crl, .message = error.words, .hint = {}}};
  }
  const auto name = error.words.substr(kForeign.size(), error.words.find(':') - kForeign.size());
  const auto* settings = config.authority(name);
  return {Diagnostic{.file = settings == nullptr ? config.crl : settings->certificates,
                     .message = error.words,
                     .hint = "see docs/foreign-ca.md"}};
}

Result<std::shared_ptr<const TrustBundle>, Diagnostics> load_trust_files(const GatewayConfig& config, WallTime now) {
  auto sources = read_trust_sources(config);
  if (!sources) return fail(sources.error());
  auto unread = load_unread(config.revocation_cache());
  if (!unread) return at(unread.error().path, unread.error().message);
  sources->unread = std::move(*unread);
  const auto rotation = load_rotation(config);
  if (!rotation) return at(rotation.error().path, rotation.error().message);
  if (const auto applied = apply_rotation(config, *rotation, *sources); !applied)
    return at(applied.error().path, applied.error().message);
  auto bundle = TrustBundle::load(*sources, now);
  if (!bundle) return fail(trust_diagnostics(config, bundle.error()));
  return std::move(*bundle);
}

}  // namespace sallyport
