#pragma once

#include "common/base/result.hpp"
#include "server/revocation/http_answer.hpp"
#include "server/revocation/list_source.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sallyport {

struct HttpAnswer {
  long status = 0;
  std::string body;
  Validators validators;
  bool was_conditional = false;
};

struct HttpResult {
  std::size_t id;  ///< that get() was given
  Result<HttpAnswer, std::string> answer;
};

/// GET, several at once, on the thread that calls: http and https alone, nobody followed elsewhere, nothing unpacked,
/// no proxy and no password from the environment, at most `max_size` octets within `timeout`.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `id` is not under way.
  void get(std::size_t id, const ListSource& source, const Validators& known);
  [[nodiscard]] bool is_busy() const noexcept { return !transfers_.empty(); }
  /// What is over, after at most `most`, or as soon as there is something to do.
  [[nodiscard]] std::vector<HttpResult> wait(std::chrono::milliseconds most);
  /// Forgets whatever is under way.
  void abandon() noexcept;
  /// From any thread: wait() returns.
  void wake() noexcept;

 private:
  struct Transfer;
  struct Multi;

  std::vector<HttpResult> take_finished();

  std::unique_ptr<Multi> multi_;
  std::unordered_map<std::size_t, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace sallyport
