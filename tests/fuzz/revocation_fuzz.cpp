// What a server of revocation lists may say (a body, lines of a head), the record of what of that cannot be read, and
// foreign names against an identity mapping.
#include "common/pki/identity_mapping.hpp"
#include "common/pki/trust_bundle.hpp"
#include "server/revocation/http_answer.hpp"
#include "server/trust/unread_record.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace sallyport;

constexpr const char* kAuthority =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgzCCASmgAwIBAgIUGqv7DqwSCWMsPpSU7KYI6lK8LhswCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEZnV6ejAeFw0yNjExMjcyMjM5MjJaFw0zNjExMjQyMjM5MjJa\n"
    "MA8xDTALBgNVBAMMBGZ1enowWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQi2QUE\n"
    "jqVJsxSIJbRpBPAT7glMbmfwRcyC0ZB3gqTmI3mA5A748jLvaG0ykorhFGiuogXy\n"
    "IHinFBus08DM5yNRo2MwYTAdBgNVHQ4EFgQUUYgaqUxZYtaKh2gjnYd89CW3nUEw\n"
    "HwYDVR0jBBgwFoAUUYgaqUxZYtaKh2gjnYd89CW3nUEwDwYDVR0TAQH/BAUwAwEB\n"
    "/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIgdrOhdtGpnoZR7vZf\n"
    "eH6xv9+0vqaaH7eRQuB/DQxvMLYCIQCu8DpNXK5SARaM/QXSxns5ZIqFrswK/fge\n"
    "/Zbg9VwMHQ==\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* kOwn =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBgTCCASegAwIBAgIUQHbZtut6p2H30rTR0ytFOgnreVEwCgYIKoZIzj0EAwIw\n"
    "DjEMMAoGA1UEAwwDb3duMB4XDTI2MTEyNzIyMzk1NFoXDTM2MTEyNDIyMzk1NFow\n"
    "DjEMMAoGA1UEAwwDb3duMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjPUi+KMl\n"
    "RrIGEzA7p8Vz8OL3h77QqpK7I6c2frzn4Excn51piZnaMInYOOcdyq3kXAC640Sm\n"
    "8HVaxAt8tkhNiaNjMGEwHQYDVR0OBBYEFC23AFKtk8SaddUna7fbMWfFZrYJMB8G\n"
    "A1UdIwQYMBaAFC23AFKtk8SaddUna7fbMWfFZrYJMA8GA1UdEwEB/wQFMAMBAf8w\n"
    "DgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0gAMEUCIECAPB4QyREZT6HYE9b9\n"
    "p5/LirnkF90QzoJZ1c4/+fa1AiEAhe/xCKHskvKefao6Mv/fzQn1pO9moOUQ6OSR\n"
    "TcCXoFk=\n"
    "-----END CERTIFICATE-----\n";
/// Its list number 5.
constexpr const char* kList =
    "-----BEGIN X509 CRL-----\n"
    "MIGlME4CAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEZnV6ehcNMjYxMTI3MjIz\n"
    "OTIyWhcNMzUwMjEzMjIzOTIyWqAOMAwwCgYDVR0UBAMCAQUwCgYIKoZIzj0EAwID\n"
    "RwAwRAIgQGglOpyZMUwVmX4N9FpEnL2SpBMaNZhYbQjj+62Ecr0CIAZvrK2CCxVF\n"
    "xkNH4BQAToTDpZhNgRnADvDk6x69u7ys\n"
    "-----END X509 CRL-----\n";
const WallTime kNow{std::chrono::seconds{1'796'000'000}};

void require(bool holds) {
  if (!holds) std::abort();
}

/// One authority of ours, and a foreign one whose list is number 5.
const TrustBundle& running() {
  static const auto bundle = [] {
    TrustSources sources{kOwn, std::nullopt, false, {}};
    ForeignAuthority& corp = sources.foreign.emplace_back();
    corp.rules.name = "corp";
    corp.certificates_pem = kAuthority;
    corp.lists.push_back({"first", kList});
    auto loaded = TrustBundle::load(sources, kNow);
    require(loaded.has_value());
    return *loaded;
  }();
  return *bundle;
}

void check_body(std::string_view text) {
  const auto offer = running().offer("corp", {{"x", std::string{text}, {}, "x"}}, kNow);
  require(!offer.newer || offer.newer->revocation_lists().front().number() > 5 || !offer.newer->unread().empty());
  require(offer.newer || !offer.faults.empty() || !read_revocation_lists(text)->lists.empty());
  if (!offer.newer) return;
  // Whatever is read beside it, what cannot be read leaves no date, and no list of before is lost.
  const auto& corp = offer.newer->authorities().back();
  require(offer.newer->list_of(corp) != nullptr && offer.newer->list_of(corp)->number() >= 5);
  require(offer.newer->is_unread(corp) != offer.newer->revocation_as_of(offer.newer->id_of(corp)).has_value());
  require(!offer.newer->is_unread(corp) || !offer.faults.empty());
  require(running().offer("other", {{"x", std::string{text}}}, kNow).newer == nullptr);
}

void check_head(std::string_view text) {
  Validators validators;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    take_header(text.substr(0, end), validators);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (const auto& value : {validators.etag, validators.last_modified}) {
    require(value.size() <= 256);
    require(std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  }
}

/// What is written down is read again, and what was read is written as it is.
void check_record(std::string_view text) {
  const auto unread = parse_unread(text);
  if (!unread) return;
  const auto again = parse_unread(to_text(*unread));
  require(again && again->size() == unread->size() && to_text(*again) == to_text(*unread));
}

void check_pattern(std::string_view text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto pattern = UriPattern::parse(text.substr(0, end));
  const auto uri = text.substr(std::min(end + 1, text.size()));
  const auto match = pattern ? pattern->match(uri) : std::nullopt;
  if (!match) return;
  auto rebuilt = pattern->text();
  for (const auto& [word, value] : {std::pair{std::string_view{"{user}"}, match->user}, {"{device}", match->device}}) {
    const auto at = rebuilt.find(word);
    require((at == std::string::npos) == value.empty());
    if (at != std::string::npos) rebuilt.replace(at, word.size(), value);
  }
  // What a placeholder stands for may look like one itself.
  require(rebuilt == uri || uri.find('{') != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_body(text);
  check_head(text);
  check_record(text);
  check_pattern(text);
  return 0;
}
