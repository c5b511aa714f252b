#pragma once

#include "client/cli/plain_word.hpp"

#include <cstddef>

namespace sallyport {

/// `sallyport up` as most people type it, a part of what plain_command() takes. Also read before the C library is
/// ready: nothing here calls, allocates or refers to anything that has to be relocated.
struct UpWords {
  const char* socket = nullptr;   ///< null: the usual one
  const char* profile = nullptr;  ///< null: none is named
};

/// Of this file alone: what several files share is found by a table that is made later.
constexpr char kUsualSocket[] = "/run/sallyport/client.sock";
constexpr std::size_t kLongestUpRequest = 128;

/// `words` follow the program's name; a null ends them. False: it is something else.
constexpr bool read_up_words(const char* const* words, UpWords& up) noexcept {
  bool says_up = false;
  for (; *words != nullptr; ++words) {
    if (is_word(*words, "--json")) continue;
    if (is_word(*words, "--socket")) {
      ++words;
      if (up.socket != nullptr || *words == nullptr || !is_plain_word(*words)) return false;
      up.socket = *words;
    } else if (!says_up) {
      says_up = is_word(*words, "up");
      if (!says_up) return false;
    } else {
      if (up.profile != nullptr || !is_plain_word(*words) || is_command_word(*words)) return false;
      up.profile = *words;
    }
  }
  return says_up;
}

/// The request as run_up() sends it, with its line end. 0: it does not fit.
constexpr std::size_t write_up_request(const UpWords& up, char (&out)[kLongestUpRequest]) noexcept {
  std::size_t size = 0;
  const auto add = [&](const char* text) {
    while (*text != '\0' && size < kLongestUpRequest) out[size++] = *text++;
  };
  add("{\"do\":\"up\"");
  if (up.profile != nullptr) {
    add(",\"profile\":\"");
    add(up.profile);
    add("\"");
  }
  add(",\"v\":1}\n");
  return size < kLongestUpRequest ? size : 0;
}

}  // namespace sallyport
