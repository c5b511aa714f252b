#pragma once

#include "common/base/result.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace sallyport {

[[noreturn]] inline void give_up(const std::string& words) {
  std::fprintf(stderr, "crowd: %s\n", words.c_str());
  std::exit(1);
}

/// A program that measures has no way on without what it asked for.
template <class T, class E>
T must(Result<T, E> result) {
  if (!result) give_up(to_string(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace sallyport
