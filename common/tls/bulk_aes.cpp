#include "common/tls/bulk_aes.hpp"

#include "common/pki/hmac.hpp"

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace sallyport {
namespace {

/// The library chooses its code for whole AVX-512 with VAES by these; its other code is no faster than wolfSSL's.
constexpr std::uint64_t kNeeded = IMB_CPUFLAGS_AVX512_T2;

/// The library's functions for keys of one size. They work on nothing but what they are given.
struct Functions {
  aes_gcm_pre_t expand;
  aes_gcm_enc_dec_t seal;
  aes_gcm_enc_dec_t open;
};

/// All that is secret while one message is worked on; wiped when it goes.
struct Workspace {
  alignas(64) gcm_key_data key;
  gcm_context_data state;
  std::array<std::byte, AesGcm::kTagSize> tag;

  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { ::explicit_bzero(this, sizeof *this); }
};

const std::uint8_t* data(Bytes bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
std::uint8_t* room(MutableBytes bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }

class BulkAes : public AesGcm {
 public:
  BulkAes(const Functions& with_128, const Functions& with_256) : with_128_{with_128}, with_256_{with_256} {}

  std::string name() const override { return std::string{"libipsec-mb "} + ::imb_get_version_str(); }

  void seal(const Parameters& parameters, Bytes plaintext, MutableBytes out, MutableBytes tag) const noexcept override {
    Workspace workspace;
    const Functions& functions = prepare(parameters, workspace);
    functions.seal(&workspace.key, &workspace.state, room(out), data(plaintext), plaintext.size(),
                   data(parameters.nonce), data(parameters.associated), parameters.associated.size(), room(tag),
                   kTagSize);
  }

  bool open(const Parameters& parameters, Bytes ciphertext, Bytes tag, MutableBytes out) const noexcept override {
    Workspace workspace;
    const Functions& functions = prepare(parameters, workspace);
    functions.open(&workspace.key, &workspace.state, room(out), data(ciphertext), ciphertext.size(),
                   data(parameters.nonce), data(parameters.associated), parameters.associated.size(),
                   room(workspace.tag), kTagSize);
    if (equal_in_constant_time(workspace.tag, tag)) return true;
    ::explicit_bzero(out.data(), out.size());
    return false;
  }

 private:
  const Functions& prepare(const Parameters& parameters, Workspace& workspace) const noexcept {
    const Functions& functions = parameters.key.size() == IMB_GCM_256_KEY_LEN ? with_256_ : with_128_;
    functions.expand(parameters.key.data(), &workspace.key);
    return functions;
  }

  Functions with_128_;
  Functions with_256_;
};

struct FreeManager {
  void operator()(IMB_MGR* manager) const noexcept { ::free_mb_mgr(manager); }
};

}  // namespace

std::unique_ptr<const AesGcm> find_bulk_aes() {
  // The library asks the processor alone, not the system, which may keep those registers from us.
  if (!static_cast<bool>(__builtin_cpu_supports("avx512f"))) return nullptr;
  // It is asked once which code suits this processor, and of no use afterwards.
  const std::unique_ptr<IMB_MGR, FreeManager> manager{::alloc_mb_mgr(0)};
  if (!manager) return nullptr;
  IMB_ARCH chosen = IMB_ARCH_NONE;
  ::init_mb_mgr_auto(manager.get(), &chosen);
  if (chosen != IMB_ARCH_AVX512 || (manager->features & kNeeded) != kNeeded) return nullptr;
  return std::make_unique<const BulkAes>(Functions{manager->gcm128_pre, manager->gcm128_enc, manager->gcm128_dec},
                                         Functions{manager->gcm256_pre, manager->gcm256_enc, manager->gcm256_dec});
}

}  // namespace sallyport
