// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_stream_parser.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include <new>

#include "protocols/wire/xml_writer.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/base/utf8.h"

namespace hanse::xml {
namespace {

using Kind = StreamFault::Kind;

constexpr std::size_t name_bytes_usual = 64;  // in the dictionary, with a namespace now and then

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

std::string_view view(const xmlChar* begin, const xmlChar* end) {
  return {reinterpret_cast<const char*>(begin), static_cast<std::size_t>(end - begin)};
}

// libxml2 gives an attribute as five pointers, a declaration as two.
struct Attributes {
  const xmlChar** at;
  std::size_t count;
  std::string_view name(std::size_t i) const { return view(at[5 * i]); }
  std::string_view ns(std::size_t i) const { return view(at[5 * i + 2]); }
  std::string_view value(std::size_t i) const { return view(at[5 * i + 3], at[5 * i + 4]); }
};

struct Declarations {
  const xmlChar** at;
  std::size_t count;
  std::string_view prefix(std::size_t i) const { return view(at[2 * i]); }
  std::string_view ns(std::size_t i) const { return view(at[2 * i + 1]); }
};

}  // namespace

// What libxml2 calls. Nothing may be thrown through it.
struct StreamParser::Hooks {
  static void start(void* self, const xmlChar* name, const xmlChar* prefix, const xmlChar* ns,
                    int declaration_count, const xmlChar** declarations, int attribute_count, int,
                    const xmlChar** attributes) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    if (parser.priming_) return;
    start(parser, view(name), view(prefix), view(ns),
          {declarations, static_cast<std::size_t>(declaration_count)},
          {attributes, static_cast<std::size_t>(attribute_count)});
    // Not every fault that libxml2 reports stops it, and none of ours does.
    if (parser.fault_) xmlStopParser(parser.context_);
  }

  static void start(StreamParser& parser, std::string_view name, std::string_view prefix,
                    std::string_view ns, const Declarations& declarations,
                    const Attributes& attributes) {
    if (parser.fault_) return;
    const bool is_root = parser.root_.empty();
    if (!fits(parser, name, ns, declarations, attributes)) return;
    Element& element = place_of(parser, ns, name);
    element.attributes.reserve(attributes.count);
    for (std::size_t i = 0; i < attributes.count; ++i) {
      Attribute& attribute = element.attributes.emplace_back();
      attribute.ns = attributes.ns(i);
      attribute.name = attributes.name(i);
      attribute.value = attributes.value(i);
    }
    if (!is_root) {
      parser.open_.push_back(&element);
      return;
    }
    parser.root_ = prefix.empty() ? std::string(name) : std::string(prefix) + ":" + element.name;
    for (std::size_t i = 0; i < declarations.count; ++i) {
      parser.declared_.push_back(
          {std::string(declarations.prefix(i)), std::string(declarations.ns(i))});
    }
    parser.complete_ = true;
  }

  static Element& place_of(StreamParser& parser, std::string_view ns, std::string_view name) {
    if (!parser.open_.empty()) return parser.open_.back()->add(ns, name);
    parser.unit_ = Element(ns, name);
    return parser.unit_;
  }

  // xmpp 7.5: libxml2 has its own bounds nearly nowhere (the depth of 256 is looked at by a
  // function that is not called).
  static bool fits(StreamParser& parser, std::string_view name, std::string_view ns,
                   const Declarations& declarations, const Attributes& attributes) {
    const StreamLimits& limits = parser.limits_;
    const auto long_name = [&](std::string_view it) { return it.size() > limits.name_bytes_max; };
    const auto long_ns = [&](std::string_view it) { return it.size() > limits.ns_bytes_max; };
    bool long_names = long_name(name) || long_ns(ns);
    for (std::size_t i = 0; i < attributes.count; ++i) {
      long_names = long_names || long_name(attributes.name(i)) || long_ns(attributes.ns(i));
    }
    for (std::size_t i = 0; i < declarations.count; ++i) {
      long_names = long_names || long_name(declarations.prefix(i)) || long_ns(declarations.ns(i));
    }
    if (long_names) {
      parser.fail(Kind::policy, "a name that is too long");
    } else if (parser.open_.size() >= limits.depth_max) {
      parser.fail(Kind::policy, "elements too deep inside of each other");
    } else if (static_cast<std::size_t>(parser.context_->nsNr) / 2 > limits.namespaces_max) {
      parser.fail(Kind::policy, "too many namespaces in scope");
    } else {
      count(parser, 1 + attributes.count);
    }
    return !parser.fault_;
  }

  static void count(StreamParser& parser, std::size_t nodes) {
    parser.nodes_ += nodes;
    if (parser.nodes_ > parser.limits_.nodes_max) {
      parser.fail(Kind::policy, "too many elements and attributes");
    }
  }

  static void end(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    if (parser.fault_) return;
    if (parser.open_.empty()) {
      parser.closed_ = true;
      return;
    }
    parser.open_.pop_back();
    parser.complete_ = parser.open_.empty();
  }

  static void text(void* self, const xmlChar* bytes, int size) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    if (parser.fault_ || parser.open_.empty()) return;
    Element& element = *parser.open_.back();
    const std::size_t nodes = element.nodes.size();
    element.add_text(view(bytes, bytes + size));
    count(parser, element.nodes.size() - nodes);
    if (parser.fault_) xmlStopParser(parser.context_);
  }

  // libxml2 lets overlong forms through in a section, and in nothing else.
  static void section(void* self, const xmlChar* bytes, int size) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    if (is_utf8(view(bytes, bytes + size))) return text(self, bytes, size);
    parser.fail(Kind::not_well_formed, "no UTF-8");
    xmlStopParser(parser.context_);
  }

  // The five of XML itself are never asked for. Without an answer libxml2 gives up by itself.
  static xmlEntityPtr entity(void* self, const xmlChar*) noexcept {
    static_cast<StreamParser*>(self)->fail(Kind::restricted, "an entity");
    return nullptr;
  }

  // These stand in front of the parser already (Scanner, Prolog). libxml2 would pass over them
  // and report nothing.
  static void restricted(void* self) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    parser.fail(Kind::restricted, "a comment, processing instruction or DOCTYPE");
    xmlStopParser(parser.context_);
  }
  static void comment(void* self, const xmlChar*) noexcept { restricted(self); }
  static void instruction(void* self, const xmlChar*, const xmlChar*) noexcept { restricted(self); }
  static void subset(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    restricted(self);
  }

  static void error(void* self, xmlErrorPtr error) noexcept {
    StreamParser& parser = *static_cast<StreamParser*>(self);
    if (error->domain == XML_FROM_NAMESPACE && error->level != XML_ERR_FATAL) {
      switch (error->code) {
        case XML_NS_ERR_XML_NAMESPACE:
        case XML_NS_ERR_UNDEFINED_NAMESPACE:
        case XML_NS_ERR_EMPTY: parser.fail(Kind::bad_namespace_prefix, error->message); break;
        case XML_NS_ERR_QNAME:
        case XML_NS_ERR_ATTRIBUTE_REDEFINED:
        case XML_NS_ERR_COLON: parser.fail(Kind::not_well_formed, error->message); break;
        default: break;  // a namespace that is no URI: it is only a name
      }
    } else if (error->level == XML_ERR_FATAL) {
      parser.fail(Kind::not_well_formed, error->message);
    }
  }

  static xmlSAXHandler table() {
    xmlSAXHandler hooks{};
    hooks.initialized = XML_SAX2_MAGIC;
    hooks.startElementNs = start;
    hooks.endElementNs = end;
    hooks.characters = hooks.ignorableWhitespace = text;
    hooks.cdataBlock = section;
    hooks.getEntity = entity;
    hooks.comment = comment;
    hooks.processingInstruction = instruction;
    hooks.internalSubset = hooks.externalSubset = subset;
    hooks.serror = error;
    return hooks;
  }
};

StreamParser::StreamParser(const StreamLimits& limits) : limits_(limits) {}

StreamParser::~StreamParser() { end(); }

void StreamParser::begin() {
  xmlSAXHandler hooks = Hooks::table();
  context_ = xmlCreatePushParserCtxt(&hooks, this, nullptr, 0, nullptr);
  if (context_ == nullptr) throw std::bad_alloc();
  // A declared encoding would be followed (xmpp 7.1). Without NOENT an ampersand in an attribute
  // comes as "&#38;"; there is no other entity for it to replace, as none is declared or answered
  // for. The declaration is ours: with it the parser is past its guesses about the first octets.
  xmlCtxtUseOptions(context_, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT);
  push("<?xml version='1.0'?>");
  if (root_.empty()) return;
  std::string header = "<" + root_;
  for (const Declaration& declaration : declared_) {
    header += declaration.prefix.empty() ? " xmlns='" : " xmlns:" + declaration.prefix + "='";
    escape_into(declaration.ns, header);
    header += '\'';
  }
  header += '>';
  priming_ = true;
  push(header);
  priming_ = false;
}

void StreamParser::end() {
  if (context_ != nullptr) xmlFreeParserCtxt(context_);
  context_ = nullptr;
}

void StreamParser::push(std::string_view bytes) {
  xmlParseChunk(context_, bytes.data(), static_cast<int>(bytes.size()), 0);
  if (context_->wellFormed == 0) fail(Kind::not_well_formed, "not well-formed");
}

void StreamParser::feed(std::string_view bytes) {
  if (fault_) return;
  if (context_ == nullptr) begin();
  push(bytes);
}

void StreamParser::flush(bool in_cdata) { feed(in_cdata ? "]]><" : "<"); }

void StreamParser::fail(Kind kind, std::string_view what) {
  if (fault_) return;  // the first counts
  while (!what.empty() && what.back() == '\n') what.remove_suffix(1);
  fault_ = StreamFault{kind, escape_text(what)};
}

std::optional<Element> StreamParser::take() {
  if (!complete_) return std::nullopt;
  complete_ = false;
  nodes_ = 0;
  return std::move(unit_);
}

void StreamParser::recycle(std::size_t element_bytes) {
  if (context_ == nullptr) return;
  const std::size_t names_max = limits_.dictionary_names_max;
  if (element_bytes > limits::xml_parser_bytes_kept_max ||
      static_cast<std::size_t>(xmlDictSize(context_->dict)) > names_max ||
      xmlDictGetUsage(context_->dict) > names_max * name_bytes_usual) {
    end();
  }
}

void StreamParser::rest() {
  if (open_.empty() && !fault_ && !closed_) end();
}

}  // namespace hanse::xml
