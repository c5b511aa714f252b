#include "common/pki/random.hpp"

#include "common/pki/wolfcrypt.hpp"

namespace sallyport {

Result<void, PkiError> fill_random(MutableBytes out) {
  wolf::Random random;
  if (random.status() != 0) return wolf::library_failure("cannot seed the random generator", random.status());
  const int status = wc_RNG_GenerateBlock(random.get(), wolf::room(out), wolf::size(out));
  if (status != 0) return wolf::library_failure("cannot make random octets", status);
  return {};
}

}  // namespace sallyport
