// The key table against the structs: what it says of defaults and requirements must be so.
#include "config/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "texts.h"

namespace weir::config {
namespace {

TEST(Keys, TheWrittenDefaultsAreTheDefaults) {
  std::string text = "gateway.lan = [\"a\"]\n";
  for (const Key& key : keys()) {
    if (repeats(key.section()) || key.fallback == Key::required) continue;
    text += std::string(key.path) + " = " + std::string(key.fallback) + "\n";
  }
  const Parsed parsed = parse_text(text);
  ASSERT_TRUE(parsed.config) << text;
  EXPECT_TRUE(parsed.diagnostics.empty());
  const Config& written = *parsed.config;
  const Config assumed;
  EXPECT_EQ(written.gateway.wan, assumed.gateway.wan);
  EXPECT_EQ(written.gateway.source, assumed.gateway.source);
  EXPECT_EQ(written.gateway.on_failure, assumed.gateway.on_failure);
  EXPECT_EQ(written.gateway.exempt, assumed.gateway.exempt);
  EXPECT_EQ(written.gateway.http, assumed.gateway.http);
  EXPECT_EQ(written.gateway.tls, assumed.gateway.tls);
  EXPECT_EQ(written.gateway.quic, assumed.gateway.quic);
  EXPECT_EQ(written.gateway.floor, assumed.gateway.floor);
  EXPECT_EQ(written.gateway.workers, assumed.gateway.workers);
  EXPECT_EQ(written.gateway.mark, assumed.gateway.mark);
  EXPECT_EQ(written.gateway.table, assumed.gateway.table);
  EXPECT_EQ(written.gateway.observe, assumed.gateway.observe);
  EXPECT_EQ(written.gateway.timezone, assumed.gateway.timezone);
  EXPECT_EQ(written.clients.names, assumed.clients.names);
  EXPECT_EQ(written.clients.names_by_place, assumed.clients.names_by_place);
  EXPECT_EQ(written.clients.ipv6, assumed.clients.ipv6);
  EXPECT_EQ(written.limits.connections, assumed.limits.connections);
  EXPECT_EQ(written.limits.head, assumed.limits.head);
  EXPECT_EQ(written.limits.idle, assumed.limits.idle);
  EXPECT_EQ(written.limits.drain, assumed.limits.drain);
  EXPECT_EQ(written.cache.memory, assumed.cache.memory);
  EXPECT_EQ(written.control.socket, assumed.control.socket);
  EXPECT_EQ(written.control.metrics, assumed.control.metrics);
  EXPECT_EQ(written.log.access, assumed.log.access);
  EXPECT_EQ(written.log.format, assumed.log.format);
  EXPECT_EQ(written.log.keep, assumed.log.keep);
  EXPECT_EQ(written.log.query, assumed.log.query);
  EXPECT_EQ(written.log.only_blocked, assumed.log.only_blocked);
  EXPECT_EQ(written.log.events, assumed.log.events);
  EXPECT_EQ(written.page.contact, assumed.page.contact);
}

TEST(Keys, EachIsDocumentedOnceUnderAKnownSection) {
  const std::set<std::string_view> known(sections().begin(), sections().end());
  std::set<std::string_view> paths;
  for (const Key& key : keys()) {
    EXPECT_TRUE(known.contains(key.section())) << key.path;
    EXPECT_TRUE(paths.insert(key.path).second) << key.path;
    EXPECT_FALSE(key.doc.empty()) << key.path;
    EXPECT_EQ(find_key(key.path), &key);
  }
  EXPECT_EQ(find_key("gateway"), nullptr);
  EXPECT_EQ(find_key("rule.user"), nullptr);
}

TEST(Keys, ARequiredKeyIsMissed) {
  const std::string lan = "gateway.lan = [\"a\"]\n";
  for (const Key& key : keys()) {
    if (key.fallback != Key::required) continue;
    const bool repeated = repeats(key.section());
    const Parsed parsed = parse_text(repeated ? lan + "[[" + std::string(key.section()) + "]]\n" : "");
    bool missed = false;
    for (const Diagnostic& d : parsed.diagnostics) missed |= d.message.find(key.leaf()) != std::string::npos;
    EXPECT_TRUE(missed) << key.path;
    EXPECT_FALSE(parsed.config) << key.path;
  }
}

}  // namespace
}  // namespace weir::config
