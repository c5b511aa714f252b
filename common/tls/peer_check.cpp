#include "common/tls/peer_check.hpp"

#include "common/tls/wolfssl.hpp"

namespace sallyport {
namespace {

CertificateRefusal refusal_for(int library_error) {
  switch (library_error) {
    case ASN_BEFORE_DATE_E:
      return CertificateRefusal::NotYetValid;
    case ASN_AFTER_DATE_E:
      return CertificateRefusal::Expired;
    case ASN_NO_SIGNER_E:
    case ASN_SELF_SIGNED_E:
      return CertificateRefusal::UnknownCa;
    case ASN_SIG_CONFIRM_E:
      return CertificateRefusal::BadSignature;
    case ASN_CRIT_EXT_E:
      return CertificateRefusal::UnknownCriticalExtension;
    case ASN_PARSE_E:
      return CertificateRefusal::Malformed;
    case EXTKEYUSE_AUTH_E:
      return CertificateRefusal::WrongExtendedKeyUsage;
    case KEYUSE_SIGNATURE_E:
      return CertificateRefusal::NoDigitalSignature;
    case RSA_KEY_SIZE_E:
    case ECC_KEY_SIZE_E:
      return CertificateRefusal::WeakKey;
    case DOMAIN_NAME_MISMATCH:
    case IPADDR_MISMATCH:
      return CertificateRefusal::WrongName;
    case CRL_MISSING:
      return CertificateRefusal::CrlMissing;
    case CRL_CERT_REVOKED:
      return CertificateRefusal::Revoked;
    case CRL_CERT_DATE_ERR:
      return CertificateRefusal::CrlExpired;
    default:
      return CertificateRefusal::Rejected;
  }
}

}  // namespace

PeerCheck::PeerCheck(Context::Role role, std::shared_ptr<const TrustBundle> trust, std::string name, WallTime now)
    : role_{role}, trust_{std::move(trust)}, name_{std::move(name)}, now_{now} {}

int PeerCheck::on_verify(int library_accepts, WOLFSSL_X509_STORE_CTX* store) {
  auto* check = static_cast<PeerCheck*>(store->userCtx);
  return check != nullptr && check->judge(library_accepts == 1, *store) ? 1 : 0;
}

bool PeerCheck::judge(bool library_accepts, const WOLFSSL_X509_STORE_CTX& store) {
  if (refusal_) return false;
  if (store.totalCerts < 1 || store.certs == nullptr) {
    refusal_ = CertificateRefusal::NoCertificate;
    return false;
  }
  const WOLFSSL_BUFFER_INFO& leaf = store.certs[0];
  auto identity = judge_leaf(std::as_bytes(std::span{leaf.buffer, leaf.length}));
  if (!identity) {
    refusal_ = identity.error();
  } else if (!library_accepts) {
    refusal_ = refusal_for(store.error);
  } else {
    identity_ = std::move(*identity);
  }
  return !refusal_;
}

Result<PeerIdentity, CertificateRefusal> PeerCheck::judge_leaf(Bytes der) const {
  const auto leaf = CertificateInfo::parse(der);
  if (!leaf) return fail(CertificateRefusal::Malformed);
  return role_ == Context::Role::Server ? verify_device(*leaf, *trust_, name_, now_)
                                        : verify_gateway(*leaf, *trust_, name_, now_);
}

}  // namespace sallyport
