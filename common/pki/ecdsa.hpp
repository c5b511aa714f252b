#pragma once

#include "common/base/bytes.hpp"

struct ecc_key;

namespace sallyport {

class GoodSignatures;

/// Whether `signature` (DER) is `key`'s of `digest`: ECDSA as wolfCrypt computes it. Returns its status; `result` is 1
/// if it is, and 0 else. What was found good is remembered in `good` and not computed again; null: nothing is
/// remembered.
///
/// **Why both verifiers of a certificate may share what is remembered.** We and the TLS library judge each certificate
/// on our own: either reads it, finds the authority that it names and that one's key, reads algorithm and signature,
/// and hashes the octets that were signed. Both end in this computation, by the same function (wc_ecc_verify_hash), and
/// its answer depends on nothing but its arguments: curve and point of the key, digest, signature. Only that answer is
/// remembered. So whoever comes second, in the same handshake or a later one, is told what he would have computed, and
/// every step before it and after it is his own.
///
/// - What is remembered is named by SHA-256 over all of these arguments, as they were given to the computation, each
///   behind its length. Another issuer's key, another body, another hash (a digest of other length or other octets) or
///   a bit of the signature is another name, and is computed. Who wants an answer for what was not verified must find a
///   collision of SHA-256, with which he could forge certificates anyway. Two readers that take a certificate for two
///   different things come with two names.
/// - It says neither whose key that is, nor whether anybody trusts it, nor anything of dates, revocation, names and
///   purposes: these are asked every time, by both, so that nothing carries over from one authority to another.
/// - "No" is never remembered: nobody has a good certificate refused by showing a bad one first.
/// - A place costs a signature that is good, by a key that verification got as far as, which is an authority's that is
///   trusted. Garbage takes no place and drives nobody out. A certificate takes two places at most: with (r, s) also
///   (r, n-s) is good; of each only the one DER encoding is remembered, whatever else the library may read.
/// - It is bounded (GoodSignatures::kMost), belongs to one TrustBundle and goes with it: each reload of trust begins
///   with nothing. What a peer signs in its handshake does not come here (SignatureMemory).
///
/// Whoever shows somebody's certificate can tell by the time whether it was verified lately; that is all that can be
/// learnt.
[[nodiscard]] int verify_ecdsa(ecc_key& key, Bytes digest, Bytes signature, GoodSignatures* good, int& result);

}  // namespace sallyport
