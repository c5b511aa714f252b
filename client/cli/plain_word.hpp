#pragma once

#include <cstddef>

namespace sallyport {

constexpr bool is_word(const char* word, const char* other) noexcept {
  while (*word != '\0' && *word == *other) ++word, ++other;
  return *word == *other;
}

/// Means itself: no option, and nothing that the parser of the whole command line makes something else of.
constexpr bool is_plain_word(const char* word) noexcept {
  constexpr char kOthers[] = "._:/@-";
  if (*word == '\0' || *word == '-') return false;
  for (; *word != '\0'; ++word) {
    const char c = *word;
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    for (std::size_t i = 0; !is_plain && kOthers[i] != '\0'; ++i) is_plain = c == kOthers[i];
    if (!is_plain) return false;
  }
  return true;
}

/// Each with its end: an array of pointers would have to be relocated before it is read.
constexpr char kCommandWords[] = "up\0down\0status\0posture\0why\0login\0unlock\0version\0enroll\0";

constexpr bool is_command_word(const char* word) noexcept {
  for (const char* each = kCommandWords; *each != '\0';) {
    if (is_word(word, each)) return true;
    while (*each++ != '\0') {
    }
  }
  return false;
}

}  // namespace sallyport
