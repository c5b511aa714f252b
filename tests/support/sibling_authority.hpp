#pragma once

#include "common/pki/certificate_authority.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/distinguished_name.hpp"
#include "common/pki/random.hpp"

#include <chrono>
#include <cstdlib>
#include <string>

namespace sallyport {

/// The same key under another certificate, by the name `name`, signed by `signer`: what is made when an authority is
/// certified anew, by itself or by another one. Aborts the test program when it cannot be made.
inline CertificateAuthority sibling_of(const CertificateAuthority& authority, const std::string& name,
                                       const CertificateAuthority& signer, std::chrono::seconds lasts_longer = {}) {
  const CertificateInfo& own = authority.certificate();
  ByteBuffer serial(16);
  if (!fill_random(serial)) std::abort();
  const CertificateDraft draft{
      std::move(serial),
      signer.certificate().key == own.key ? encode_common_name(name) : signer.certificate().subject_der,
      encode_common_name(name),
      own.not_before,
      own.not_after + lasts_longer,
      own.key,
      {basic_constraints(true), key_usage({.digital_signature = false, .key_cert_sign = true, .crl_sign = true}),
       subject_key_id(own.subject_key_id), alternative_names({own.uris, {}, {}, {}})}};
  const auto der = sign_certificate(draft, signer.key());
  auto info = der ? CertificateInfo::parse(*der) : fail(der.error());
  if (!info) std::abort();
  auto sibling = CertificateAuthority::assemble(std::move(*info), authority.key().clone());
  if (!sibling) std::abort();
  return std::move(*sibling);
}

}  // namespace sallyport
