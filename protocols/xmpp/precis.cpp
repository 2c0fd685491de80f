// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/precis.h"

#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <memory>

namespace hanse::xmpp {

namespace {

// RFC 8264 8: what a code point is to the two string classes.
enum class Kind : std::uint8_t {
  valid,        // PVALID in both
  free,         // FREE_PVAL: in FreeformClass only
  context,      // allowed where its rule of RFC 5892 appendix A holds
  unassigned,
  disallowed,
};

Error refused(const char* what) { return Error{Fault::never, what}; }

Result<std::u16string> to_utf16(std::string_view text) {
  std::u16string out(text.size(), u'\0');  // never longer than the UTF-8
  std::int32_t length = 0;
  UErrorCode code = U_ZERO_ERROR;
  u_strFromUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                static_cast<std::int32_t>(text.size()), &code);
  if (U_FAILURE(code)) return refused("bad UTF-8");
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string to_utf8(const std::u16string& text) {
  std::string out(3 * text.size(), '\0');
  std::int32_t length = 0;
  UErrorCode code = U_ZERO_ERROR;
  u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
              static_cast<std::int32_t>(text.size()), &code);
  out.resize(U_FAILURE(code) ? 0 : static_cast<std::size_t>(length));
  return out;
}

std::u32string points_of(const std::u16string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    UChar32 point = 0;
    U16_NEXT(text.data(), at, text.size(), point);
    out += static_cast<char32_t>(point);
  }
  return out;
}

// ICU's way to fill a buffer: try, and once more when it was too small.
template <class Fill>
Result<std::u16string> filled(std::size_t guess, Fill fill) {
  std::u16string out(guess, u'\0');
  for (int round = 0; round < 2; ++round) {
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t length = fill(out.data(), static_cast<std::int32_t>(out.size()), &code);
    if (length < 0 || (U_FAILURE(code) && code != U_BUFFER_OVERFLOW_ERROR)) break;
    const bool fits = code != U_BUFFER_OVERFLOW_ERROR;
    out.resize(static_cast<std::size_t>(length));
    if (fits) return out;
  }
  return refused("text that cannot be mapped");
}

using NormalizerOf = const UNormalizer2* (*)(UErrorCode*);

Result<std::u16string> normalized(const std::u16string& text, NormalizerOf which) {
  return filled(text.size() + 16, [&](UChar* out, std::int32_t size, UErrorCode* code) {
    const UNormalizer2* normalizer = which(code);
    return unorm2_normalize(normalizer, text.data(), static_cast<std::int32_t>(text.size()), out,
                            size, code);
  });
}

// RFC 8264 5.2.3: toLowerCase of Unicode, of no language.
Result<std::u16string> lower_case(const std::u16string& text) {
  return filled(text.size() + 16, [&](UChar* out, std::int32_t size, UErrorCode* code) {
    return u_strToLower(out, size, text.data(), static_cast<std::int32_t>(text.size()), "", code);
  });
}

// RFC 8264 5.2.1: fullwidth and halfwidth forms become what they are forms of.
std::u16string map_width(const std::u16string& text) {
  UErrorCode code = U_ZERO_ERROR;
  const UNormalizer2* compatible = unorm2_getNFKCInstance(&code);
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    UChar32 point = 0;
    U16_NEXT(text.data(), at, text.size(), point);
    const int width = u_getIntPropertyValue(point, UCHAR_EAST_ASIAN_WIDTH);
    UChar mapped[32];
    std::int32_t length = -1;
    if (U_SUCCESS(code) && (width == U_EA_FULLWIDTH || width == U_EA_HALFWIDTH))
      length = unorm2_getRawDecomposition(compatible, point, mapped, 32, &code);
    if (length >= 0) out.append(mapped, static_cast<std::size_t>(length));
    else out.append(text, start, at - start);
  }
  return out;
}

bool has_compatibility_form(UChar32 point) {
  UErrorCode code = U_ZERO_ERROR;
  UChar units[2];
  std::int32_t length = 0;
  U16_APPEND_UNSAFE(units, length, point);
  const UNormalizer2* compatible = unorm2_getNFKCInstance(&code);
  const bool same = unorm2_isNormalized(compatible, units, length, &code);
  return U_FAILURE(code) || !same;
}

// RFC 8264 9.6.
bool is_exception(UChar32 point, Kind& kind) {
  switch (point) {
    case 0x00df: case 0x03c2: case 0x06fd: case 0x06fe: case 0x0f0b: case 0x3007:
      kind = Kind::valid;
      return true;
    case 0x00b7: case 0x0375: case 0x05f3: case 0x05f4: case 0x30fb:
      kind = Kind::context;
      return true;
    case 0x0640: case 0x07fa: case 0x302e: case 0x302f: case 0x3031: case 0x3032: case 0x3033:
    case 0x3034: case 0x3035: case 0x303b:
      kind = Kind::disallowed;
      return true;
    default: break;
  }
  kind = Kind::context;
  return (point >= 0x0660 && point <= 0x0669) || (point >= 0x06f0 && point <= 0x06f9);
}

bool is_hangul_jamo(UChar32 point) {
  const int type = u_getIntPropertyValue(point, UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

// RFC 8264 8, in its order; only that code points to be ignored are not excused by being unknown.
Kind kind_of(UChar32 point) {
  Kind kind = Kind::disallowed;
  if (is_exception(point, kind)) return kind;
  if (point >= 0x21 && point <= 0x7e) return Kind::valid;
  if (u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL)) return Kind::context;
  if (is_hangul_jamo(point) || U_IS_UNICODE_NONCHAR(point) ||
      u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
    return Kind::disallowed;
  const auto category = static_cast<std::uint32_t>(U_GET_GC_MASK(point));
  if (category & U_GC_CN_MASK) return Kind::unassigned;
  if (category & U_GC_CC_MASK) return Kind::disallowed;
  if (has_compatibility_form(point)) return Kind::free;
  constexpr std::uint32_t letter_digits = U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK |
                                          U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK |
                                          U_GC_MC_MASK;
  if (category & letter_digits) return Kind::valid;
  constexpr std::uint32_t other = U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK |
                                  U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;
  return category & other ? Kind::free : Kind::disallowed;
}

bool has_script(char32_t point, UScriptCode wanted) {
  return u_getIntPropertyValue(static_cast<UChar32>(point), UCHAR_SCRIPT) == wanted;
}

int joining(char32_t point) {
  return u_getIntPropertyValue(static_cast<UChar32>(point), UCHAR_JOINING_TYPE);
}

// RFC 5892 A.1 and A.2.
bool joins(const std::u32string& text, std::size_t at) {
  constexpr std::uint8_t virama = 9;
  if (at > 0 && u_getCombiningClass(static_cast<UChar32>(text[at - 1])) == virama) return true;
  if (text[at] == 0x200d) return false;
  std::size_t left = at, right = at + 1;
  while (left > 0 && joining(text[left - 1]) == U_JT_TRANSPARENT) --left;
  while (right < text.size() && joining(text[right]) == U_JT_TRANSPARENT) ++right;
  if (left == 0 || right == text.size()) return false;
  const int before = joining(text[left - 1]), after = joining(text[right]);
  return (before == U_JT_LEFT_JOINING || before == U_JT_DUAL_JOINING) &&
         (after == U_JT_RIGHT_JOINING || after == U_JT_DUAL_JOINING);
}

bool has_kana_or_han(const std::u32string& text) {
  return std::any_of(text.begin(), text.end(), [](char32_t point) {
    return point != 0x30fb && (has_script(point, USCRIPT_HIRAGANA) ||
                               has_script(point, USCRIPT_KATAKANA) ||
                               has_script(point, USCRIPT_HAN));
  });
}

bool has_any(const std::u32string& text, char32_t first, char32_t last) {
  return std::any_of(text.begin(), text.end(),
                     [=](char32_t point) { return point >= first && point <= last; });
}

// RFC 5892 appendix A: a code point that is allowed only in its place.
bool context_holds(const std::u32string& text, std::size_t at) {
  const char32_t point = text[at];
  switch (point) {
    case 0x200c: case 0x200d: return joins(text, at);
    case 0x00b7:  // A.3: between two l, for Catalan
      return at > 0 && at + 1 < text.size() && text[at - 1] == U'l' && text[at + 1] == U'l';
    case 0x0375:  // A.4: Greek follows
      return at + 1 < text.size() && has_script(text[at + 1], USCRIPT_GREEK);
    case 0x05f3: case 0x05f4:  // A.5, A.6: Hebrew before
      return at > 0 && has_script(text[at - 1], USCRIPT_HEBREW);
    case 0x30fb: return has_kana_or_han(text);  // A.7
    default: break;
  }
  if (point <= 0x0669) return !has_any(text, 0x06f0, 0x06f9);  // A.8: the two kinds of digits
  return !has_any(text, 0x0660, 0x0669);                       // A.9: are not mixed
}

// The rules that look at the whole string are answered once for all code points of their kind.
bool contexts_hold(const std::u32string& text) {
  bool digits_seen = false, dot_seen = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    Kind kind = Kind::valid;
    const char32_t point = text[at];
    if (point < 0x80) continue;
    if (!is_exception(static_cast<UChar32>(point), kind) && point != 0x200c && point != 0x200d)
      continue;
    if (kind == Kind::disallowed) return false;
    if (kind != Kind::context && point != 0x200c && point != 0x200d) continue;
    const bool digit = point >= 0x0660 && point <= 0x06f9;
    if ((digit && digits_seen) || (point == 0x30fb && dot_seen)) continue;
    if (!context_holds(text, at)) return false;
    digits_seen = digits_seen || digit;
    dot_seen = dot_seen || point == 0x30fb;
  }
  return true;
}

bool in_identifier_class(const std::u32string& text) {
  return contexts_hold(text) && std::all_of(text.begin(), text.end(), [](char32_t point) {
    const Kind kind = kind_of(static_cast<UChar32>(point));
    return kind == Kind::valid || kind == Kind::context;
  });
}

bool in_freeform_class(const std::u32string& text) {
  return contexts_hold(text) && std::all_of(text.begin(), text.end(), [](char32_t point) {
    return kind_of(static_cast<UChar32>(point)) != Kind::disallowed;
  });
}

// RFC 5893 2, for a string that holds text written from right to left. One that begins with L
// fails rule 5 by that text, so only rules 1 to 4 are left to look at.
bool bidi_rule_holds(const std::u32string& text) {
  bool right_to_left = false, european = false, arabic = false, foreign = false;
  UCharDirection last = U_LEFT_TO_RIGHT;  // NSM aside
  for (const char32_t point : text) {
    const UCharDirection direction = u_charDirection(static_cast<UChar32>(point));
    if (direction != U_DIR_NON_SPACING_MARK) last = direction;
    switch (direction) {
      case U_RIGHT_TO_LEFT: case U_RIGHT_TO_LEFT_ARABIC: right_to_left = true; break;
      case U_ARABIC_NUMBER: right_to_left = arabic = true; break;
      case U_EUROPEAN_NUMBER: european = true; break;
      case U_EUROPEAN_NUMBER_SEPARATOR: case U_COMMON_NUMBER_SEPARATOR:
      case U_EUROPEAN_NUMBER_TERMINATOR: case U_OTHER_NEUTRAL: case U_BOUNDARY_NEUTRAL:
      case U_DIR_NON_SPACING_MARK: break;
      default: foreign = true;
    }
  }
  if (!right_to_left) return true;
  const UCharDirection first = u_charDirection(static_cast<UChar32>(text.front()));
  if (first != U_RIGHT_TO_LEFT && first != U_RIGHT_TO_LEFT_ARABIC) return false;
  if (foreign || (european && arabic)) return false;
  return last == U_RIGHT_TO_LEFT || last == U_RIGHT_TO_LEFT_ARABIC || last == U_EUROPEAN_NUMBER ||
         last == U_ARABIC_NUMBER;
}

Result<std::u16string> enforce_username(const std::u16string& text) {
  const std::u16string narrow = map_width(text);
  if (!in_identifier_class(points_of(narrow))) return refused("a character no name may hold");
  Result<std::u16string> lower = lower_case(narrow);
  if (!lower) return lower;
  Result<std::u16string> out = normalized(*lower, unorm2_getNFCInstance);
  if (out && !bidi_rule_holds(points_of(*out))) return refused("writing directions are mixed");
  return out;
}

Result<std::u16string> enforce_opaque(std::u16string text) {
  if (!in_freeform_class(points_of(text))) return refused("a character that is not allowed");
  for (char16_t& unit : text)  // all of Zs stands below U+10000
    if (U_GET_GC_MASK(unit) & U_GC_ZS_MASK) unit = u' ';
  return normalized(text, unorm2_getNFCInstance);
}

// RFC 8264 7: what was prepared must stay as it is when it is prepared again, also by our peer.
template <class Enforce>
Result<std::string> settled(std::string_view text, Enforce enforce) {
  const Result<std::u16string> units = to_utf16(text);
  if (!units) return units.error();
  const Result<std::u16string> once = enforce(*units);
  if (!once) return once.error();
  const Result<std::u16string> twice = enforce(*once);
  if (!twice) return twice.error();
  if (*once != *twice) return refused("text that has no stable form");
  return to_utf8(*once);
}

}  // namespace

Result<std::string> prepare_username(std::string_view text) {
  return settled(text, enforce_username);
}

Result<std::string> prepare_opaque(std::string_view text) {
  return settled(text, enforce_opaque);
}

Result<std::string> to_unicode_domain(std::string_view domain) {
  const Result<std::u16string> units = to_utf16(domain);
  if (!units) return units.error();
  constexpr std::uint32_t options = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI |
                                    UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
                                    UIDNA_NONTRANSITIONAL_TO_UNICODE;
  UErrorCode opening = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, decltype(&uidna_close)> idna(
      uidna_openUTS46(options, &opening), &uidna_close);
  if (U_FAILURE(opening)) return Error{Fault::broken, "ICU has no IDNA data"};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const Result<std::u16string> out =
      filled(units->size() + 16, [&](UChar* to, std::int32_t size, UErrorCode* code) {
        info = UIDNA_INFO_INITIALIZER;
        return uidna_nameToUnicode(idna.get(), units->data(),
                                   static_cast<std::int32_t>(units->size()), to, size, &info,
                                   code);
      });
  if (!out) return out.error();
  if (info.errors != 0) return refused("not a domain name");
  return to_utf8(*out);
}

}  // namespace hanse::xmpp
