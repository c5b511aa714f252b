#include "common/tls/context.hpp"

#include "common/base/file.hpp"
#include "common/pki/identity_name.hpp"
#include "common/pki/pem.hpp"
#include "common/tls/library.hpp"
#include "common/tls/peer_check.hpp"
#include "common/tls/wolfssl.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace sallyport {
namespace {

constexpr const char* kSuites = "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256";

TlsError setup_error(std::string words) { return {TlsFault::Setup, {}, {}, std::move(words)}; }

TlsError setup_error(const char* what, int status) {
  return setup_error(std::string{what} + ": " + wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(status)));
}

const unsigned char* data(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// Only what the wire needs is on: TLS 1.3, three suites, three groups, no tickets, nothing resumed.
Result<void, TlsError> restrict_protocol(WOLFSSL_CTX* context) {
  std::array groups{static_cast<int>(WOLFSSL_X25519MLKEM768), static_cast<int>(WOLFSSL_ECC_X25519),
                    static_cast<int>(WOLFSSL_ECC_SECP256R1)};
  const bool is_restricted =
      wolfSSL_CTX_set_cipher_list(context, kSuites) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_set_groups(context, groups.data(), static_cast<int>(groups.size())) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_SetMinEccKey_Sz(context, 256) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_SetMinRsaKey_Sz(context, 2048) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_set_group_messages(context) == WOLFSSL_SUCCESS;
#ifdef HAVE_SESSION_TICKET
  if (wolfSSL_CTX_no_ticket_TLSv13(context) != 0) return fail(setup_error("tickets cannot be switched off"));
#endif
  if (!is_restricted)
    return fail(setup_error("this wolfSSL lacks a suite or group that is needed; run packaging/wolfssl"));
  return {};
}

Result<void, TlsError> use_credentials(WOLFSSL_CTX* context, const Credentials& credentials) {
  std::string chain;
  for (const CertificateInfo& certificate : credentials.chain()) chain += to_pem("CERTIFICATE", certificate.der);
  int status =
      wolfSSL_CTX_use_certificate_chain_buffer(context, data(as_bytes(chain)), static_cast<long>(chain.size()));
  if (status != WOLFSSL_SUCCESS) return fail(setup_error("our certificate cannot be used", status));
  // One that is elsewhere is made known to each session by its engine.
  if (credentials.private_key() == nullptr) return {};
  const Bytes key = credentials.private_key()->der();
  status = wolfSSL_CTX_use_PrivateKey_buffer(context, data(key), static_cast<long>(key.size()), WOLFSSL_FILETYPE_ASN1);
  if (status != WOLFSSL_SUCCESS) return fail(setup_error("our private key cannot be used", status));
  return {};
}

/// An authority or list that the library finds outdated is left out: the library then refuses what depends on it,
/// and the bundle says why.
bool is_outdated(int status) {
  return status == ASN_AFTER_DATE_E || status == ASN_BEFORE_DATE_E || status == CRL_CERT_DATE_ERR;
}

Result<void, TlsError> use_trust(WOLFSSL_CTX* context, const TrustBundle& trust) {
  std::set<std::string> used;  // keys that the library knows
  for (const CertificateInfo& ca : trust.authorities()) {
    const int status = wolfSSL_CTX_load_verify_buffer(context, data(Bytes{ca.der}), static_cast<long>(ca.der.size()),
                                                      WOLFSSL_FILETYPE_ASN1);
    if (status != WOLFSSL_SUCCESS && !is_outdated(status)) {
      return fail(setup_error("an authority cannot be used", status));
    }
    if (status == WOLFSSL_SUCCESS) used.insert(trust.id_of(ca));
  }
  const bool is_required = std::any_of(trust.rules().begin(), trust.rules().end(),
                                       [](const AuthorityRules& rules) { return rules.crl_required; });
  if (!is_required && trust.revocation_lists().empty()) return {};
  // The library would ask for lists up to a root. Where what is trusted is no root, nobody has them: whom an
  // administrator lists is trusted, and the lists of what they sign are all there is to look at.
  const bool all_roots = std::all_of(trust.authorities().begin(), trust.authorities().end(),
                                     [](const CertificateInfo& ca) { return ca.subject_der == ca.issuer_der; });
  const int extent = all_roots ? WOLFSSL_CRL_CHECK | WOLFSSL_CRL_CHECKALL : WOLFSSL_CRL_CHECK;
  if (wolfSSL_CTX_EnableCRL(context, extent) != WOLFSSL_SUCCESS) {
    return fail(setup_error("revocation checks cannot be switched on"));
  }
  for (std::size_t i = 0; i < trust.revocation_lists().size(); ++i) {
    // The library takes no list of an authority that it was not given.
    if (!used.contains(trust.id_of(trust.signer_of(i)))) continue;
    const RevocationList& list = trust.revocation_lists()[i];
    const int status = wolfSSL_CTX_LoadCRLBuffer(context, data(list.der()), static_cast<long>(list.der().size()),
                                                 WOLFSSL_FILETYPE_ASN1);
    if (status != WOLFSSL_SUCCESS && !is_outdated(status)) {
      return fail(setup_error("a revocation list cannot be used", status));
    }
  }
  return {};
}

}  // namespace

Credentials::Credentials(std::vector<CertificateInfo> chain, Key key)
    : chain_{std::move(chain)}, key_{std::move(key)} {}

const SigningKey& Credentials::signing_key(const Key& key) noexcept {
  const auto* in_memory = std::get_if<PrivateKey>(&key);
  return in_memory != nullptr ? static_cast<const SigningKey&>(*in_memory)
                              : **std::get_if<std::shared_ptr<const RemoteKey>>(&key);
}

const SigningKey& Credentials::key() const noexcept { return signing_key(key_); }

std::shared_ptr<const RemoteKey> Credentials::remote_key() const noexcept {
  const auto* remote = std::get_if<std::shared_ptr<const RemoteKey>>(&key_);
  return remote == nullptr ? nullptr : *remote;
}

Result<Credentials, TlsError> Credentials::join(std::string_view chain_pem, Key key) {
  auto chain = parse_certificates(chain_pem);
  if (!chain) return fail(setup_error(chain.error().words));
  if (!(chain->front().key == signing_key(key).public_key())) {
    return fail(setup_error("the private key does not belong to the certificate"));
  }
  return Credentials{std::move(*chain), std::move(key)};
}

Result<Credentials, TlsError> Credentials::make(std::string_view chain_pem, PrivateKey key) {
  return join(chain_pem, std::move(key));
}

Result<Credentials, TlsError> Credentials::make(std::string_view chain_pem, std::shared_ptr<const RemoteKey> key) {
  return join(chain_pem, std::move(key));
}

Result<Credentials, TlsError> Credentials::load(const std::string& chain_path, const std::string& key_path) {
  const auto chain = read_file(chain_path, std::size_t{256} << 10U);
  if (!chain) return fail(setup_error(to_string(chain.error())));
  auto key = PrivateKey::load(key_path);
  if (!key) return fail(setup_error(key.error().words));
  auto credentials = make(*chain, std::move(*key));
  if (!credentials) credentials.error().words = chain_path + ": " + credentials.error().words;
  return credentials;
}

void Context::Free::operator()(WOLFSSL_CTX* context) const noexcept { wolfSSL_CTX_free(context); }

Context::Context(Role role, std::shared_ptr<const TrustBundle> trust, std::shared_ptr<const Credentials> credentials,
                 std::string trust_domain, std::chrono::seconds renewal_grace)
    : role_{role},
      trust_{std::move(trust)},
      credentials_{std::move(credentials)},
      trust_domain_{std::move(trust_domain)},
      renewal_grace_{renewal_grace} {}

Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;
Context::~Context() = default;

Result<Context, TlsError> Context::open(Role role, std::shared_ptr<const TrustBundle> trust,
                                        std::shared_ptr<const Credentials> credentials, std::string trust_domain,
                                        std::chrono::seconds renewal_grace) {
  if (auto prepared = prepare_tls_library(); !prepared) return fail(prepared.error());
  const bool is_server = role == Role::Server || role == Role::OpenServer;
  const bool checks_peer = role == Role::Server || role == Role::Client;
  if (checks_peer != (trust != nullptr)) return fail(setup_error("trust is needed where the peer is checked"));
  if (is_server && !credentials) return fail(setup_error("a server needs credentials"));
  Context context{role, std::move(trust), std::move(credentials), std::move(trust_domain), renewal_grace};
  context.context_.reset(wolfSSL_CTX_new(is_server ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method()));
  WOLFSSL_CTX* raw = context.context_.get();
  if (raw == nullptr) return fail(TlsError{TlsFault::Library, {}, {}, "no memory for a TLS context"});
  if (auto done = restrict_protocol(raw); !done) return fail(done.error());
  if (context.credentials_) {
    if (auto done = use_credentials(raw, *context.credentials_); !done) return fail(done.error());
  }
  if (!checks_peer) {
    wolfSSL_CTX_set_verify(raw, WOLFSSL_VERIFY_NONE, nullptr);
    return context;
  }
  if (auto done = use_trust(raw, *context.trust_); !done) return fail(done.error());
  wolfSSL_CTX_set_verify(raw, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, &PeerCheck::on_verify);
  return context;
}

Result<ServerContext, TlsError> ServerContext::make(std::shared_ptr<const TrustBundle> trust,
                                                    std::shared_ptr<const Credentials> credentials,
                                                    std::string trust_domain, std::chrono::seconds renewal_grace) {
  if (!is_trust_domain(trust_domain)) return fail(setup_error("not a trust domain: use a lower-case host name"));
  if (!credentials) return fail(setup_error("trust and credentials are needed"));
  auto context = open(Role::Server, std::move(trust), std::move(credentials), std::move(trust_domain), renewal_grace);
  if (!context) return fail(context.error());
  return ServerContext{std::move(*context)};
}

Result<ServerContext, TlsError> ServerContext::for_thread() const { return with_trust(trust()); }

Result<ServerContext, TlsError> ServerContext::with_trust(std::shared_ptr<const TrustBundle> other) const {
  return make(std::move(other), shared_credentials(), trust_domain(), renewal_grace());
}

Result<ClientContext, TlsError> ClientContext::make(std::shared_ptr<const TrustBundle> trust,
                                                    std::shared_ptr<const Credentials> credentials) {
  if (!credentials) return fail(setup_error("trust and credentials are needed"));
  auto context = open(Role::Client, std::move(trust), std::move(credentials), {});
  if (!context) return fail(context.error());
  return ClientContext{std::move(*context)};
}

Result<ClientContext, TlsError> ClientContext::for_thread() const { return make(trust(), shared_credentials()); }

Result<OpenServerContext, TlsError> OpenServerContext::make(std::shared_ptr<const Credentials> credentials) {
  auto context = open(Role::OpenServer, nullptr, std::move(credentials), {});
  if (!context) return fail(context.error());
  return OpenServerContext{std::move(*context)};
}

Result<VisitorContext, TlsError> VisitorContext::make(std::shared_ptr<const TrustBundle> trust) {
  auto context = open(Role::Client, std::move(trust), nullptr, {});
  if (!context) return fail(context.error());
  return VisitorContext{std::move(*context)};
}

Result<BlindContext, TlsError> BlindContext::make() {
  auto context = open(Role::BlindClient, nullptr, nullptr, {});
  if (!context) return fail(context.error());
  return BlindContext{std::move(*context)};
}

}  // namespace sallyport
