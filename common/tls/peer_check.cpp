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

/// The library stops at the date of the leaf, and at nothing else, where we stopped at it as well.
bool is_only_expired(const PeerIdentity& identity, const WOLFSSL_X509_STORE_CTX& store) {
  return identity.standing == PeerStanding::RenewalOnly && store.error_depth == 0 && store.error == ASN_AFTER_DATE_E;
}

/// The library asks every authority for a list as soon as one has one. Whether this one needs it was judged here.
bool is_only_without_list(const PeerIdentity& identity, const TrustBundle& trust, const WOLFSSL_X509_STORE_CTX& store) {
  if (store.error_depth != 0 || store.error != CRL_MISSING) return false;
  const CertificateInfo* issuer = trust.authority_with(identity.issuer);
  return issuer != nullptr && !trust.rules_of(*issuer).crl_required && trust.list_of(*issuer) == nullptr;
}

}  // namespace

PeerCheck::PeerCheck(const Context& context, std::string name, WallTime now)
    : role_{context.role()},
      trust_{context.trust()},
      grace_{context.renewal_grace()},
      name_{std::move(name)},
      now_{now} {}

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
  // Forged: we would find no more of it, at the price of another verification.
  if (!library_accepts && store.error_depth == 0 && store.error == ASN_SIG_CONFIRM_E) {
    refusal_ = CertificateRefusal::BadSignature;
    return false;
  }
  const WOLFSSL_BUFFER_INFO& leaf = store.certs[0];
  auto identity = judge_leaf(std::as_bytes(std::span{leaf.buffer, leaf.length}));
  if (!identity) {
    refusal_ = identity.error();
  } else if (!library_accepts && !is_only_expired(*identity, store) &&
             !is_only_without_list(*identity, *trust_, store)) {
    refusal_ = refusal_for(store.error);
  } else {
    identity_ = std::make_unique<const PeerIdentity>(std::move(*identity));
  }
  return !refusal_;
}

Result<PeerIdentity, CertificateRefusal> PeerCheck::judge_leaf(Bytes der) const {
  const auto leaf = CertificateInfo::parse(der);
  if (!leaf) return fail(CertificateRefusal::Malformed);
  switch (role_) {
    case Context::Role::Server:
      return judge_device(*leaf);
    case Context::Role::Client:
      return verify_gateway(*leaf, *trust_, name_, now_);
    case Context::Role::OpenServer:
    case Context::Role::BlindClient:
      break;
  }
  return fail(CertificateRefusal::Rejected);
}

Result<PeerIdentity, CertificateRefusal> PeerCheck::judge_device(const CertificateInfo& leaf) const {
  auto identity = verify_device(leaf, *trust_, name_, now_);
  const bool has_ended = !identity && identity.error() == CertificateRefusal::Expired;
  if (!has_ended || grace_ <= std::chrono::seconds{0}) return identity;
  return verify_expired_device(leaf, *trust_, name_, now_, grace_);
}

}  // namespace sallyport
