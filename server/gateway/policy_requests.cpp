#include "server/gateway/policy_requests.hpp"

#include "common/base/text.hpp"
#include "common/ipc/message.hpp"
#include "server/gateway/policy_document.hpp"
#include "server/history/candidate_file.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sallyport {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxOnBehalfOf = 64;

Json wrong_usage(const std::string& error, const std::string& hint) {
  return {{"v", 1}, {"ok", false}, {"error", error}, {"hint", hint}};
}

/// False: there is something at `key`, and it is no number that can be meant.
bool read_number(const Json& request, const char* key, std::optional<std::uint64_t>& number) {
  const auto found = request.find(key);
  if (found == request.end()) return true;
  if (!found->is_number_unsigned()) return false;
  number = found->get<std::uint64_t>();
  return true;
}

Result<std::vector<PolicyFile>, Diagnostics> candidate_of(const Json& request, const GatewayConfig& config) {
  const auto name = text_at(request, "candidate");
  if (!name) {
    auto found = read_policy_files(config.policy_directory);
    if (!found) return fail(found.error());
    return std::move(found->texts);
  }
  auto files = take_candidate(config.runtime, *name);
  if (files) return std::move(*files);
  return fail(Diagnostics{{"candidate", 0, 0, files.error(), {}}});
}

Json answer_to(const LoadedPolicy& candidate, const PolicyImpact& impact) {
  return {{"v", 1},
          {"ok", true},
          {"hash", candidate.policy->hash()},
          {"rules", candidate.policy->rules().size()},
          {"empty", candidate.is_empty()},
          {"impact", impact_document(impact)}};
}

}  // namespace

std::string actor_of(const Json& request, const PeerCredentials& peer) {
  std::string actor = peer.uid == 0 ? "root" : "uid " + std::to_string(peer.uid);
  const auto person = text_at(request, "on_behalf_of");
  if (person && !person->empty()) actor += " (" + escape_untrusted(*person, kMaxOnBehalfOf) + ')';
  return actor;
}

bool PolicyRequests::serve(const std::string& verb, const Json& request, const PeerCredentials& peer,
                           const Reply& reply) {
  const auto by = actor_of(request, peer);
  if (verb == "policy.apply")
    apply(request, by, reply);
  else if (verb == "policy.confirm")
    confirm(request, by, reply);
  else if (verb == "policy.rollback")
    roll_back(request, by, reply);
  else if (verb == "policy.impact")
    tell_impact(request, reply);
  else
    return false;
  return true;
}

void PolicyRequests::apply(const Json& request, const std::string& by, const Reply& reply) {
  std::optional<std::uint64_t> max_cut;
  std::optional<std::uint64_t> confirm;
  const bool is_read = read_number(request, "max_cut", max_cut) && read_number(request, "confirm", confirm);
  constexpr auto kShortest = static_cast<std::uint64_t>(kShortestTrial.count());
  constexpr auto kLongest = static_cast<std::uint64_t>(std::chrono::seconds{kLongestTrial}.count());
  if (!is_read || (confirm && (*confirm < kShortest || *confirm > kLongest))) {
    return reply(wrong_usage(R"("confirm" is a number of seconds, 10 to 86400, and "max_cut" a number of sessions)",
                             "sallyportctl policy apply --confirm 2m --max-cut 0"));
  }
  const auto digest = text_at(request, "digest");
  if (request.contains("digest") && (!digest || !is_policy_digest(*digest)))
    return reply(wrong_usage(R"("digest" is 64 digits of hexadecimal)", "sallyportctl policy apply DIR"));
  ChangeRequest change{.by = by, .max_cut = max_cut, .confirm = {}, .digest = {}};
  if (digest) change.digest = PolicyDigest{*digest};
  if (confirm) change.confirm = std::chrono::seconds{*confirm};
  policy_.versions().apply(snapshot_.config.policy_directory, change, answering(reply));
}

void PolicyRequests::confirm(const Json& request, const std::string& by, const Reply& reply) {
  std::optional<std::uint64_t> version;
  if (!read_number(request, "version", version))
    return reply(wrong_usage(R"("version" is a number)", "sallyportctl policy confirm 8"));
  answering(reply)(policy_.versions().confirm(by, version ? std::optional{VersionNumber{*version}} : std::nullopt));
}

void PolicyRequests::roll_back(const Json& request, const std::string& by, const Reply& reply) {
  std::optional<std::uint64_t> max_cut;
  std::optional<std::uint64_t> version;
  if (!read_number(request, "max_cut", max_cut) || !read_number(request, "version", version)) {
    return reply(wrong_usage(R"("version" and "max_cut" are numbers)", "see: sallyportctl policy history"));
  }
  const auto target = version ? std::optional{VersionNumber{*version}} : std::nullopt;
  policy_.versions().roll_back(target, {.by = by, .max_cut = max_cut, .confirm = {}, .digest = {}}, answering(reply));
}

void PolicyRequests::tell_impact(const Json& request, const Reply& reply) {
  const auto files = candidate_of(request, snapshot_.config);
  const auto candidate = files ? load_policy_texts(*files) : fail(files.error());
  if (!candidate) {
    return reply(refusal_document({.reason = PolicyRefusalReason::BadPolicy,
                                   .words = "the policy in question is wrong",
                                   .diagnostics = candidate.error()}));
  }
  policy_.measure(candidate->policy,
                  [reply, candidate = *candidate](const PolicyImpact& impact) { reply(answer_to(candidate, impact)); });
}

WhenPolicyChanged PolicyRequests::answering(const Reply& reply) {
  return [this, reply](const PolicyOutcome& outcome) {
    reply(outcome ? change_document(*outcome, policy_.versions()) : refusal_document(outcome.error()));
  };
}

}  // namespace sallyport
