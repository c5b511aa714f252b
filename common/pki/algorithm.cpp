#include "common/pki/algorithm.hpp"

#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <array>

namespace sallyport {
namespace {

struct Row {
  SignatureAlgorithm algorithm;
  std::string_view oid;
  bool has_null;  ///< RSA identifiers carry a NULL parameter, the others none
};

constexpr std::array kRows{
    Row{SignatureAlgorithm::EcdsaSha256, oids::kEcdsaSha256, false},
    Row{SignatureAlgorithm::EcdsaSha384, oids::kEcdsaSha384, false},
    Row{SignatureAlgorithm::EcdsaSha512, oids::kEcdsaSha512, false},
    Row{SignatureAlgorithm::RsaSha256, oids::kRsaSha256, true},
    Row{SignatureAlgorithm::RsaSha384, oids::kRsaSha384, true},
    Row{SignatureAlgorithm::RsaSha512, oids::kRsaSha512, true},
    Row{SignatureAlgorithm::Ed25519, oids::kEd25519, false},
    Row{SignatureAlgorithm::Sha1, oids::kRsaSha1, true},
    Row{SignatureAlgorithm::Sha1, oids::kEcdsaSha1, false},
    Row{SignatureAlgorithm::Md5, oids::kRsaMd5, true},
};

}  // namespace

std::optional<SignatureAlgorithm> parse_signature_algorithm(Bytes algorithm_identifier) {
  const auto sequence = der::only(algorithm_identifier, der::Sequence);
  if (!sequence) return std::nullopt;
  der::Reader reader{sequence->content};
  const auto oid = reader.next(der::Oid);
  if (!oid) return std::nullopt;
  for (const Row& row : kRows) {
    if (as_text(oid->content) == row.oid) return row.algorithm;
  }
  return SignatureAlgorithm::Other;
}

ByteBuffer encode_signature_algorithm(SignatureAlgorithm algorithm) {
  for (const Row& row : kRows) {
    if (row.algorithm != algorithm) continue;
    const ByteBuffer null = row.has_null ? der::wrap(der::Null, {}) : ByteBuffer{};
    return der::sequence({der::oid(row.oid), null});
  }
  return {};
}

std::optional<SignedObject> parse_signed_object(Bytes der) {
  const auto outer = der::only(der, der::Sequence);
  if (!outer) return std::nullopt;
  der::Reader reader{outer->content};
  const auto tbs = reader.next(der::Sequence);
  const auto algorithm = reader.next(der::Sequence);
  const auto bits = reader.next(der::BitString);
  if (!tbs || !algorithm || !bits || !reader.empty()) return std::nullopt;
  const auto kind = parse_signature_algorithm(algorithm->whole);
  const auto signature = der::octets_of_bit_string(bits->content);
  if (!kind || !signature) return std::nullopt;
  return SignedObject{tbs->whole, algorithm->whole, *kind, *signature};
}

}  // namespace sallyport
