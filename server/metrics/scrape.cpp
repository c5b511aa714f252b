#include "server/metrics/scrape.hpp"

#include "common/base/text.hpp"
#include "common/ip/address.hpp"
#include "common/wire/problem.hpp"
#include "common/wire/upgrade.hpp"
#include "server/metrics/exposition.hpp"

#include <string>

namespace sallyport {
namespace {

constexpr std::string_view kPath = "/metrics";

ScrapeResult result_of(UpgradeError error) noexcept {
  if (error == UpgradeError::HeadTooLarge) return ScrapeResult::HeadTooLarge;
  return error == UpgradeError::WrongVersion ? ScrapeResult::WrongVersion : ScrapeResult::Malformed;
}

/// Without its port: "[::1]:9469" is "::1". Empty: it is neither name nor address.
std::string_view bare_host(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const auto close = authority.find(']');
  if (close == std::string_view::npos) return {};
  const auto rest = authority.substr(close + 1);
  return rest.empty() || rest.starts_with(':') ? authority.substr(1, close - 1) : std::string_view{};
}

bool names_this_machine(std::string_view authority) {
  const auto host = bare_host(authority);
  return lower_ascii(host) == "localhost" || IpAddress::parse(host).has_value();
}

unsigned status_of(ScrapeResult refusal) noexcept {
  switch (refusal) {
    case ScrapeResult::UnknownPath:
      return 404;
    case ScrapeResult::NotGet:
      return 405;
    case ScrapeResult::ForeignHost:
    case ScrapeResult::NotLocal:
      return 403;
    case ScrapeResult::HeadTooLarge:
      return 431;
    case ScrapeResult::WrongVersion:
      return 505;
    case ScrapeResult::TimedOut:
      return 408;
    case ScrapeResult::TooFast:
    case ScrapeResult::TooMany:
    case ScrapeResult::NotReady:
      return 503;
    default:
      return 400;
  }
}

std::string_view words_for(ScrapeResult refusal) noexcept {
  switch (refusal) {
    case ScrapeResult::HeadTooLarge:
      return "the HTTP head is over 4,096 octets or 32 fields";
    case ScrapeResult::WrongVersion:
      return "the HTTP version is not 1.1";
    case ScrapeResult::UnknownPath:
      return "there is nothing here but /metrics";
    case ScrapeResult::NotGet:
      return "/metrics wants GET";
    case ScrapeResult::ForeignHost:
      return "ask by address or as localhost; names are for [metrics] readers = \"everybody_who_connects\"";
    case ScrapeResult::NotLocal:
      return "only this machine may ask; see [metrics] readers in gateway.toml";
    case ScrapeResult::TooFast:
    case ScrapeResult::TooMany:
      return "too many ask; try again later";
    case ScrapeResult::TimedOut:
      return "the request took longer than its deadline";
    case ScrapeResult::NotReady:
      return "the gateway did not count in time; try again later";
    default:
      return "the HTTP request is malformed, or something follows it";
  }
}

}  // namespace

std::optional<ScrapeResult> ScrapeRequestParser::feed(Bytes bytes) {
  if (!result_) result_ = take(bytes);
  return result_;
}

std::optional<ScrapeResult> ScrapeRequestParser::take(Bytes bytes) {
  const auto whole = collector_.take(bytes);
  if (!whole) return result_of(whole.error());
  if (!*whole) return std::nullopt;
  const auto head = HttpHead::parse(HttpHead::Kind::Request, collector_.text());
  if (!head) return result_of(head.error());
  const std::string* host = head->find("host");
  if (host == nullptr || !is_authority(*host)) return ScrapeResult::Malformed;
  if (host_ == ScrapeHost::ThisMachine && !names_this_machine(*host)) return ScrapeResult::ForeignHost;
  if (head->target != kPath) return ScrapeResult::UnknownPath;
  if (head->method != "GET") return ScrapeResult::NotGet;
  return head->has_body_field() || !bytes.empty() ? ScrapeResult::Malformed : ScrapeResult::Served;
}

void append_scrape_answer(ByteBuffer& out, std::string_view page) {
  append(out, as_bytes("HTTP/1.1 200 OK\r\nContent-Type: " + std::string{kExpositionType} + "\r\nContent-Length: " +
                       std::to_string(page.size()) + "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"));
  append(out, as_bytes(page));
}

void append_scrape_refusal(ByteBuffer& out, ScrapeResult refusal) {
  const Problem problem{.status = status_of(refusal),
                        .title = {},
                        .detail = std::string{words_for(refusal)},
                        .reason = std::string{name_of(refusal)},
                        .code = {}};
  const bool is_method = refusal == ScrapeResult::NotGet;
  append_refusal(out, problem, is_method ? "Allow: GET\r\nConnection: close\r\n" : "Connection: close\r\n");
}

}  // namespace sallyport
