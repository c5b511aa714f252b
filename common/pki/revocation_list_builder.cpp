#include "common/pki/revocation_list_builder.hpp"

#include "common/base/hex.hpp"
#include "common/base/text.hpp"
#include "common/pki/algorithm.hpp"
#include "common/pki/certificate_builder.hpp"
#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <optional>

namespace sallyport {
namespace {

Result<ByteBuffer, PkiError> encode_entries(const std::vector<RevokedSerial>& revoked) {
  ByteBuffer entries;
  for (const RevokedSerial& entry : revoked) {
    const auto serial = from_hex(entry.serial_hex);
    if (!serial || serial->empty() || serial->size() > 20) {
      return fail(PkiError{PkiProblem::Malformed, "not a serial number: " + escape_untrusted(entry.serial_hex)});
    }
    append(entries, der::sequence({der::integer(Bytes{*serial}), der::time(entry.revoked_at)}));
  }
  // RFC 5280 5.1.2.6: with nothing revoked the list itself is left out.
  return entries.empty() ? ByteBuffer{} : der::wrap(der::Sequence, entries);
}

}  // namespace

Result<ByteBuffer, PkiError> sign_revocation_list(const RevocationListDraft& draft, const PrivateKey& issuer_key) {
  auto entries = encode_entries(draft.revoked);
  if (!entries) return entries;
  const ByteBuffer number = encode_extension(oids::kCrlNumber, false, der::integer(draft.number));
  const ByteBuffer extensions =
      der::wrap(der::constructed(0), der::sequence({authority_key_id(draft.authority_key_id), number}));
  const ByteBuffer tbs =
      der::sequence({der::integer(1), encode_signature_algorithm(issuer_key.signature_algorithm()), draft.issuer,
                     der::time(draft.this_update), der::time(draft.next_update), *entries, extensions});
  return sign_object(tbs, issuer_key);
}

}  // namespace sallyport
