#include "server/revocation/http_client.hpp"

#include "common/base/text.hpp"
#include "common/base/version.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <thread>

namespace sallyport {
namespace {

/// All lines of an answer's head together.
constexpr std::size_t kMaxHead = 16U << 10U;

bool prepare_library() {
  static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return is_ready;
}

struct FreeEasy {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

}  // namespace

struct HttpClient::Multi {
  std::unique_ptr<CURLM, FreeMulti> handle;
};

struct HttpClient::Transfer {
  std::size_t id = 0;
  CURLM* multi = nullptr;
  std::unique_ptr<CURL, FreeEasy> handle;
  std::unique_ptr<curl_slist, FreeList> headers;
  HttpAnswer answer;
  std::size_t max_size = 0;
  std::size_t head = 0;
  bool is_too_large = false;

  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (handle) curl_multi_remove_handle(multi, handle.get());
  }

  void add_header(const std::string& line) {
    if (auto* longer = curl_slist_append(headers.get(), line.c_str())) {
      (void)headers.release();
      headers.reset(longer);
    }
  }

  bool ask(const ListSource& source, const Validators& known);
  std::string words_for(CURLcode code) const;

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* transfer);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* transfer);
};

std::size_t HttpClient::Transfer::on_body(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const std::size_t length = size * count;
  if (length > self.max_size - self.answer.body.size()) {
    self.is_too_large = true;
    return 0;
  }
  self.answer.body.append(data, length);
  return length;
}

std::size_t HttpClient::Transfer::on_header(char* data, std::size_t size, std::size_t count, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  const std::size_t length = size * count;
  self.head += length;
  if (self.head > kMaxHead) {
    self.is_too_large = true;
    return 0;
  }
  take_header({data, length}, self.answer.validators);
  return length;
}

bool HttpClient::Transfer::ask(const ListSource& source, const Validators& known) {
  CURL* curl = handle.get();
  if (!known.etag.empty()) add_header("If-None-Match: " + known.etag);
  if (!known.last_modified.empty()) add_header("If-Modified-Since: " + known.last_modified);
  answer.was_conditional = !known.empty();
  max_size = source.max_size;
  const auto timeout = static_cast<long>(std::chrono::milliseconds{source.timeout}.count());
  const std::string agent = "sallyport-gateway/" + std::string{product_version()};
  const CURLcode steps[] = {
      curl_easy_setopt(curl, CURLOPT_URL, source.place.c_str()),
      curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
      curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L),
      curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L),
      // An empty name switches the environment's off.
      curl_easy_setopt(curl, CURLOPT_PROXY, source.proxy.c_str()),
      curl_easy_setopt(curl, CURLOPT_NOPROXY, ""),
      curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)),
      curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
      curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout),
      curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout),
      // What is given up is not waited for, not even while its name is being resolved.
      curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L),
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L),
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L),
      source.ca_file.empty() ? CURLE_OK : curl_easy_setopt(curl, CURLOPT_CAINFO, source.ca_file.c_str()),
      source.ca_file.empty() ? CURLE_OK : curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr),
      curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str()),
      curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get()),
      curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_body),
      curl_easy_setopt(curl, CURLOPT_WRITEDATA, static_cast<void*>(this)),
      curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header),
      curl_easy_setopt(curl, CURLOPT_HEADERDATA, static_cast<void*>(this)),
      curl_easy_setopt(curl, CURLOPT_PRIVATE, static_cast<void*>(this)),
  };
  return std::all_of(std::begin(steps), std::end(steps), [](CURLcode code) { return code == CURLE_OK; });
}

std::string HttpClient::Transfer::words_for(CURLcode code) const {
  if (is_too_large) return "the answer is larger than " + std::to_string(max_size) + " octets allow";
  return escape_untrusted(curl_easy_strerror(code));
}

HttpClient::HttpClient() : multi_{std::make_unique<Multi>()} {
  if (prepare_library()) multi_->handle.reset(curl_multi_init());
}

HttpClient::~HttpClient() = default;

void HttpClient::get(std::size_t id, const ListSource& source, const Validators& known) {
  auto transfer = std::make_unique<Transfer>();
  transfer->id = id;
  transfer->multi = multi_->handle.get();
  if (transfer->multi != nullptr) transfer->handle.reset(curl_easy_init());
  const bool is_begun = transfer->handle && transfer->ask(source, known) &&
                        curl_multi_add_handle(transfer->multi, transfer->handle.get()) == CURLM_OK;
  // What could not begin is over: wait() says so.
  if (!is_begun) transfer->handle.reset();
  transfers_.insert_or_assign(id, std::move(transfer));
}

std::vector<HttpResult> HttpClient::wait(std::chrono::milliseconds most) {
  auto* multi = multi_->handle.get();
  int running = 0;
  if (multi == nullptr) {
    std::this_thread::sleep_for(transfers_.empty() ? most : std::chrono::milliseconds{0});
    return take_finished();
  }
  curl_multi_perform(multi, &running);
  auto finished = take_finished();
  if (!finished.empty()) return finished;
  curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(most.count(), 0, 60'000)), nullptr);
  curl_multi_perform(multi, &running);
  return take_finished();
}

std::vector<HttpResult> HttpClient::take_finished() {
  std::vector<HttpResult> results;
  int left = 0;
  while (const CURLMsg* message = multi_->handle ? curl_multi_info_read(multi_->handle.get(), &left) : nullptr) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* owner = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    auto& transfer = *reinterpret_cast<Transfer*>(owner);
    if (code == CURLE_OK) {
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &transfer.answer.status);
      results.push_back({transfer.id, std::move(transfer.answer)});
    } else {
      results.push_back({transfer.id, fail(transfer.words_for(code))});
    }
    transfers_.erase(results.back().id);
  }
  for (auto each = transfers_.begin(); each != transfers_.end();) {
    if (each->second->handle) {
      ++each;
      continue;
    }
    results.push_back({each->first, fail(std::string{"the request could not begin"})});
    each = transfers_.erase(each);
  }
  return results;
}

void HttpClient::abandon() noexcept { transfers_.clear(); }

void HttpClient::wake() noexcept {
  if (multi_->handle) curl_multi_wakeup(multi_->handle.get());
}

}  // namespace sallyport
