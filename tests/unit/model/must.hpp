#pragma once

#include "common/base/result.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sallyport::model {

/// Of what cannot fail unless the model itself is wrong.
template <class T, class E>
T must(Result<T, E> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "model: %s\n", to_string(result.error()).c_str());
  std::abort();
}
template <class E>
void must(Result<void, E> result) {
  if (result) return;
  std::fprintf(stderr, "model: %s\n", to_string(result.error()).c_str());
  std::abort();
}

}  // namespace sallyport::model
