#include "common/pki/certificate_extensions.hpp"

#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <algorithm>

namespace sallyport {
namespace {

constexpr std::size_t kMaxExtensions = 32;
constexpr std::size_t kMaxNames = 64;

std::optional<Extension> read_extension(Bytes content) {
  der::Reader reader{content};
  const auto oid = reader.next(der::Oid);
  if (!oid) return std::nullopt;
  bool is_critical = false;
  if (const auto flag = reader.next(der::Boolean)) {
    const auto value = der::boolean(flag->content);
    if (!value) return std::nullopt;
    is_critical = *value;
  }
  const auto value = reader.next(der::OctetString);
  if (!value || !reader.empty()) return std::nullopt;
  return Extension{oid->content, is_critical, value->content};
}

bool read_basic_constraints(Bytes value, CertificateInfo& info) {
  const auto sequence = der::only(value, der::Sequence);
  if (!sequence) return false;
  der::Reader reader{sequence->content};
  if (const auto flag = reader.next(der::Boolean)) {
    const auto is_ca = der::boolean(flag->content);
    if (!is_ca) return false;
    info.is_ca = *is_ca;
  }
  if (const auto length = reader.next(der::Integer)) {
    const auto number = der::small_integer(length->content);
    if (!number || *number > 255) return false;
    info.path_length = static_cast<unsigned>(*number);
  }
  return reader.empty();
}

bool read_key_usage(Bytes value, CertificateInfo& info) {
  const auto bits = der::only(value, der::BitString);
  if (!bits || bits->content.empty() || bits->content.size() > 3) return false;
  unsigned flags = 0;
  if (bits->content.size() > 1) flags = std::to_integer<unsigned>(bits->content[1]);
  constexpr unsigned kDigitalSignature = 0x80, kKeyCertSign = 0x04, kCrlSign = 0x02;
  KeyUsage usage;
  usage.digital_signature = (flags & kDigitalSignature) != 0;
  usage.key_cert_sign = (flags & kKeyCertSign) != 0;
  usage.crl_sign = (flags & kCrlSign) != 0;
  usage.others = (flags & ~(kDigitalSignature | kKeyCertSign | kCrlSign)) != 0 || bits->content.size() > 2;
  info.key_usage = usage;
  return true;
}

bool read_extended_key_usage(Bytes value, CertificateInfo& info) {
  const auto sequence = der::only(value, der::Sequence);
  if (!sequence || sequence->content.empty()) return false;
  ExtendedKeyUsage usage;
  der::Reader reader{sequence->content};
  while (!reader.empty()) {
    const auto oid = reader.next(der::Oid);
    if (!oid) return false;
    const std::string_view name = as_text(oid->content);
    if (name == oids::kServerAuth) {
      usage.server_auth = true;
    } else if (name == oids::kClientAuth) {
      usage.client_auth = true;
    } else if (name == oids::kAnyExtendedKeyUsage) {
      usage.any = true;
    } else {
      usage.others = true;
    }
  }
  info.extended_key_usage = usage;
  return true;
}

/// A name with a space, a NUL or any octet beyond ASCII is never one of ours, and is how name checks get fooled.
bool take_text(Bytes octets, std::vector<std::string>& names) {
  const std::string_view text = as_text(octets);
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.empty() || !is_plain || names.size() >= kMaxNames) return false;
  names.emplace_back(text);
  return true;
}

bool take_address(Bytes octets, std::vector<IpAddress>& addresses) {
  if ((octets.size() != 4 && octets.size() != 16) || addresses.size() >= kMaxNames) return false;
  addresses.push_back(IpAddress::from_octets(octets));
  return true;
}

bool take_general_name(const der::Element& name, CertificateInfo& info) {
  switch (name.tag) {
    case der::context(1):
      return take_text(name.content, info.emails);
    case der::context(2):
      return take_text(name.content, info.dns_names);
    case der::context(6):
      return take_text(name.content, info.uris);
    case der::context(7):
      return take_address(name.content, info.addresses);
    default:
      return true;
  }
}

bool read_alternative_names(Bytes value, CertificateInfo& info) {
  const auto sequence = der::only(value, der::Sequence);
  if (!sequence || sequence->content.empty()) return false;
  der::Reader reader{sequence->content};
  while (!reader.empty()) {
    const auto name = reader.next();
    if (!name || !take_general_name(*name, info)) return false;
  }
  return true;
}

bool read_subject_key_id(Bytes value, CertificateInfo& info) {
  const auto id = der::only(value, der::OctetString);
  if (!id) return false;
  info.subject_key_id.assign(id->content.begin(), id->content.end());
  return true;
}

bool take_extension(const Extension& extension, CertificateInfo& info) {
  const std::string_view oid = as_text(extension.oid);
  if (oid == oids::kBasicConstraints) return read_basic_constraints(extension.value, info);
  if (oid == oids::kKeyUsage) return read_key_usage(extension.value, info);
  if (oid == oids::kExtendedKeyUsage) return read_extended_key_usage(extension.value, info);
  if (oid == oids::kSubjectAltName) return read_alternative_names(extension.value, info);
  if (oid == oids::kSubjectKeyId) return read_subject_key_id(extension.value, info);
  if (oid == oids::kAuthorityKeyId) {
    const auto id = read_authority_key_id(extension.value);
    if (id) info.authority_key_id.assign(id->begin(), id->end());
    return id.has_value();
  }
  info.has_unknown_critical_extension |= extension.is_critical;
  return true;
}

}  // namespace

bool for_each_extension(Bytes sequence, const std::function<bool(const Extension&)>& take) {
  const auto outer = der::only(sequence, der::Sequence);
  if (!outer) return false;
  std::vector<std::string_view> seen;
  der::Reader reader{outer->content};
  while (!reader.empty()) {
    const auto element = reader.next(der::Sequence);
    const auto extension = element ? read_extension(element->content) : std::nullopt;
    if (!extension || seen.size() >= kMaxExtensions) return false;
    if (std::find(seen.begin(), seen.end(), as_text(extension->oid)) != seen.end()) return false;
    seen.push_back(as_text(extension->oid));
    if (!take(*extension)) return false;
  }
  return true;
}

bool read_certificate_extensions(Bytes sequence, CertificateInfo& info) {
  return for_each_extension(sequence, [&info](const Extension& extension) { return take_extension(extension, info); });
}

std::optional<Bytes> read_authority_key_id(Bytes value) {
  const auto sequence = der::only(value, der::Sequence);
  if (!sequence) return std::nullopt;
  const auto id = der::Reader{sequence->content}.next(der::context(0));
  return id ? id->content : Bytes{};
}

}  // namespace sallyport
