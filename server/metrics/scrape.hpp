#pragma once

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/wire/http_head.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

/// What a connection to the metrics listener came to. All but Served are refusals.
enum class ScrapeResult : std::uint8_t {
  Served,
  Malformed,     ///< no HTTP request as we read it, or octets behind it
  HeadTooLarge,  ///< over 4,096 octets or 32 fields
  WrongVersion,
  UnknownPath,
  NotGet,
  ForeignHost,   ///< asked for by a name that may be anybody's: a web page that a browser here was led to
  NotLocal,      ///< from another machine, which may not
  TooFast,       ///< closed without words: more connections than the rate allows
  TooMany,       ///< others came while it took its time, or all places are taken
  TimedOut,      ///< its request was not whole in time
  NotReady,      ///< the gateway did not answer in time
  Disconnected,  ///< it went before it had asked
};
inline constexpr std::size_t kScrapeResults = static_cast<std::size_t>(ScrapeResult::Disconnected) + 1;

/// Stable: "head_too_large".
[[nodiscard]] constexpr std::string_view name_of(ScrapeResult result) noexcept {
  constexpr std::array<std::string_view, kScrapeResults> kNames{
      "served",    "malformed", "head_too_large", "http_version", "unknown_path", "not_get",     "foreign_host",
      "not_local", "too_fast",  "too_many",       "timed_out",    "not_ready",    "disconnected"};
  return kNames[static_cast<std::size_t>(result)];
}

/// Whose Host a listener takes.
enum class ScrapeHost : std::uint8_t {
  ThisMachine,  ///< "localhost" or an address: no name that somebody else can point at this machine
  Any,
};

/// Reads the one request that a metrics listener answers: GET /metrics. Pure; at most kMaxHeadSize octets.
class ScrapeRequestParser {
 public:
  explicit ScrapeRequestParser(ScrapeHost host) noexcept : host_{host} {}

  /// Nullopt: wants more. Served: answer it. Final once it is not nullopt.
  [[nodiscard]] std::optional<ScrapeResult> feed(Bytes bytes);

 private:
  [[nodiscard]] std::optional<ScrapeResult> take(Bytes bytes);

  ScrapeHost host_;
  HeadCollector collector_;
  std::optional<ScrapeResult> result_;
};

/// 200 with a page; the sender closes afterwards.
void append_scrape_answer(ByteBuffer& out, std::string_view page);
/// Status and a problem document; the sender closes afterwards.
void append_scrape_refusal(ByteBuffer& out, ScrapeResult refusal);

}  // namespace sallyport
