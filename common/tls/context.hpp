#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/pki/certificate_info.hpp"
#include "common/pki/private_key.hpp"
#include "common/pki/remote_key.hpp"
#include "common/pki/trust_bundle.hpp"
#include "common/tls/tls_error.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

struct WOLFSSL_CTX;

namespace sallyport {

/// Our own certificate (leaf first, then what was in the file behind it) and its key.
class Credentials {
 public:
  /// Refuses a key that does not belong to the first certificate.
  [[nodiscard]] static Result<Credentials, TlsError> make(std::string_view chain_pem, PrivateKey key);
  [[nodiscard]] static Result<Credentials, TlsError> make(std::string_view chain_pem,
                                                          std::shared_ptr<const RemoteKey> key);
  /// Reads both files; the key as PrivateKey::load does.
  [[nodiscard]] static Result<Credentials, TlsError> load(const std::string& chain_path, const std::string& key_path);

  [[nodiscard]] const std::vector<CertificateInfo>& chain() const noexcept { return chain_; }
  [[nodiscard]] const CertificateInfo& leaf() const noexcept { return chain_.front(); }
  [[nodiscard]] const SigningKey& key() const noexcept;
  /// The key when it is in memory; null: it is elsewhere, see remote_key().
  [[nodiscard]] const PrivateKey* private_key() const noexcept { return std::get_if<PrivateKey>(&key_); }
  /// The key when it is elsewhere; null: it is in memory.
  [[nodiscard]] std::shared_ptr<const RemoteKey> remote_key() const noexcept;

 private:
  using Key = std::variant<PrivateKey, std::shared_ptr<const RemoteKey>>;
  Credentials(std::vector<CertificateInfo> chain, Key key);
  [[nodiscard]] static Result<Credentials, TlsError> join(std::string_view chain_pem, Key key);
  [[nodiscard]] static const SigningKey& signing_key(const Key& key) noexcept;
  std::vector<CertificateInfo> chain_;
  Key key_;
};

/// Everything one thread needs to make engines of one role. Immutable. Every object owns a library context of its own,
/// because contexts remember intermediates of peers, leak on list reloads and lock when shared: build a new one for
/// every reload and one per thread with for_thread(). Engines keep what they need of it alive.
class Context {
 public:
  /// OpenServer asks for no certificate; BlindClient checks none.
  enum class Role : std::uint8_t { Server, Client, OpenServer, BlindClient };

  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;
  ~Context();

  [[nodiscard]] Role role() const noexcept { return role_; }
  [[nodiscard]] const std::shared_ptr<const TrustBundle>& trust() const noexcept { return trust_; }
  /// Not of a VisitorContext or a BlindContext, which have none.
  [[nodiscard]] const Credentials& credentials() const noexcept { return *credentials_; }
  /// Our key when it is elsewhere; null otherwise.
  [[nodiscard]] std::shared_ptr<const RemoteKey> remote_key() const noexcept {
    return credentials_ ? credentials_->remote_key() : nullptr;
  }
  /// Servers: the trust domain devices must belong to. Clients: empty.
  [[nodiscard]] const std::string& trust_domain() const noexcept { return trust_domain_; }
  /// For how long after its end a device's certificate may still ask to be renewed; 0: not at all.
  [[nodiscard]] std::chrono::seconds renewal_grace() const noexcept { return renewal_grace_; }
  /// The same, kept alive by whoever has it.
  [[nodiscard]] const std::shared_ptr<const Credentials>& shared_credentials() const noexcept { return credentials_; }
  /// For common/tls alone.
  [[nodiscard]] WOLFSSL_CTX* library_context() const noexcept { return context_.get(); }

 protected:
  /// An opened context, ready for engines.
  [[nodiscard]] static Result<Context, TlsError> open(Role role, std::shared_ptr<const TrustBundle> trust,
                                                      std::shared_ptr<const Credentials> credentials,
                                                      std::string trust_domain,
                                                      std::chrono::seconds renewal_grace = {});

 private:
  struct Free {
    void operator()(WOLFSSL_CTX* context) const noexcept;
  };
  Context(Role role, std::shared_ptr<const TrustBundle> trust, std::shared_ptr<const Credentials> credentials,
          std::string trust_domain, std::chrono::seconds renewal_grace);

  Role role_;
  std::shared_ptr<const TrustBundle> trust_;
  std::shared_ptr<const Credentials> credentials_;
  std::string trust_domain_;
  std::chrono::seconds renewal_grace_;
  std::unique_ptr<WOLFSSL_CTX, Free> context_;
};

/// The gateway's side: asks every peer for a device certificate of `trust_domain`.
class ServerContext : public Context {
 public:
  /// With a `renewal_grace`, peers whose certificate ended at most that long ago get through the handshake as well:
  /// look at the standing of every peer.
  [[nodiscard]] static Result<ServerContext, TlsError> make(std::shared_ptr<const TrustBundle> trust,
                                                            std::shared_ptr<const Credentials> credentials,
                                                            std::string trust_domain,
                                                            std::chrono::seconds renewal_grace = {});
  /// The same settings in a fresh library context.
  [[nodiscard]] Result<ServerContext, TlsError> for_thread() const;
  /// The same, but for whom it trusts.
  [[nodiscard]] Result<ServerContext, TlsError> with_trust(std::shared_ptr<const TrustBundle> other) const;

 private:
  explicit ServerContext(Context&& context) : Context{std::move(context)} {}
};

/// The laptop's side.
class ClientContext : public Context {
 public:
  [[nodiscard]] static Result<ClientContext, TlsError> make(std::shared_ptr<const TrustBundle> trust,
                                                            std::shared_ptr<const Credentials> credentials);
  [[nodiscard]] Result<ClientContext, TlsError> for_thread() const;

 private:
  explicit ClientContext(Context&& context) : Context{std::move(context)} {}
};

/// The gateway's side towards peers that have no certificate yet: it proves itself and asks for nothing. Whoever is at
/// the other end of such an engine is nobody.
class OpenServerContext : public Context {
 public:
  [[nodiscard]] static Result<OpenServerContext, TlsError> make(std::shared_ptr<const Credentials> credentials);

 private:
  explicit OpenServerContext(Context&& context) : Context{std::move(context)} {}
};

/// The side of a laptop that has no certificate yet; it checks the gateway as ClientContext does.
class VisitorContext : public Context {
 public:
  [[nodiscard]] static Result<VisitorContext, TlsError> make(std::shared_ptr<const TrustBundle> trust);

 private:
  explicit VisitorContext(Context&& context) : Context{std::move(context)} {}
};

/// Talks to whoever answers and checks nothing. Only for what is proved by other means afterwards, such as an
/// authority whose digest is known; no secret may be sent through it.
class BlindContext : public Context {
 public:
  [[nodiscard]] static Result<BlindContext, TlsError> make();

 private:
  explicit BlindContext(Context&& context) : Context{std::move(context)} {}
};

}  // namespace sallyport
