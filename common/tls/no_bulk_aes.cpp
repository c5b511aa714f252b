// Instead of bulk_aes.cpp, where there is no libipsec-mb.
#include "common/tls/bulk_aes.hpp"

namespace sallyport {

std::unique_ptr<const AesGcm> find_bulk_aes() { return nullptr; }

}  // namespace sallyport
