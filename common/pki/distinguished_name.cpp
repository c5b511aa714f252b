#include "common/pki/distinguished_name.hpp"

#include "common/base/text.hpp"
#include "common/pki/der.hpp"
#include "common/pki/oids.hpp"

#include <functional>

namespace sallyport {
namespace {

std::string_view label_of(std::string_view oid) {
  if (oid == oids::kCommonName) return "CN";
  if (oid == oids::kOrganization) return "O";
  if (oid == oids::kOrganizationalUnit) return "OU";
  if (oid == oids::kCountry) return "C";
  return "?";
}

bool for_each_attribute(Bytes name, const std::function<void(std::string_view oid, Bytes value)>& take) {
  const auto sequence = der::only(name, der::Sequence);
  if (!sequence) return false;
  der::Reader names{sequence->content};
  while (!names.empty()) {
    const auto set = names.next(der::Set);
    if (!set) return false;
    der::Reader attributes{set->content};
    while (!attributes.empty()) {
      const auto attribute = attributes.next(der::Sequence);
      if (!attribute) return false;
      der::Reader reader{attribute->content};
      const auto oid = reader.next(der::Oid);
      const auto value = reader.next();
      if (!oid || !value || !reader.empty()) return false;
      take(as_text(oid->content), value->content);
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> describe_name(Bytes name) {
  std::string out;
  const bool is_well_formed = for_each_attribute(name, [&out](std::string_view oid, Bytes value) {
    if (!out.empty()) out += ',';
    if (out.size() > 512) return;
    out += std::string{label_of(oid)} + '=' + escape_untrusted(as_text(value));
  });
  if (!is_well_formed) return std::nullopt;
  return out;
}

std::string common_name_of(Bytes name) {
  std::string out;
  const bool is_well_formed = for_each_attribute(name, [&out](std::string_view oid, Bytes value) {
    if (out.empty() && oid == oids::kCommonName) out = escape_untrusted(as_text(value));
  });
  return is_well_formed ? out : std::string{};
}

std::vector<std::string> attributes_of(Bytes name, std::string_view oid) {
  std::vector<std::string> values;
  const bool is_well_formed = for_each_attribute(name, [&](std::string_view each, Bytes value) {
    if (each == oid) values.push_back(escape_untrusted(as_text(value)));
  });
  return is_well_formed ? values : std::vector<std::string>{};
}

ByteBuffer encode_common_name(std::string_view common_name) {
  const ByteBuffer attribute = der::sequence({der::oid(oids::kCommonName), der::text(der::Utf8String, common_name)});
  return der::sequence({der::wrap(der::Set, attribute)});
}

}  // namespace sallyport
