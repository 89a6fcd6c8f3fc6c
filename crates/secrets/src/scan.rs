//! The texts of a heap: many, most of them harmless, some of them source code.

use regex::Regex;

use crate::rules::{BY_NAME, Rule};
use crate::value::{decoded, is_example, looks_random, may_be_password};
use crate::{Confidence, Finding, Hits, Jwt, Rules, apart};

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A string of a program: anything may be in it.
    Data,
    /// Source code, whose names and examples say nothing: only what nothing else looks like counts.
    Source,
}

#[derive(Debug)]
pub(crate) struct Compiled {
    json: Regex,
    environment: Regex,
    cookie: Regex,
    extra_names: Regex,
    slack: Regex,
}

impl Compiled {
    pub(crate) fn new(compile: impl Fn(&str) -> Regex) -> Compiled {
        Compiled {
            json: compile(r#""([^"\\\s]{1,64})"\s{0,8}:\s{0,8}"((?:[^"\\\n]|\\.)+)"#),
            environment: compile(
                r#"(?m)^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]{0,63})=["']?([^\s"']+)["']?[ \t\r]*$"#,
            ),
            cookie: compile(r#"(?:^|;[ \t]{0,2})([A-Za-z0-9_.-]{1,80}=[^\s"';]{16,})"#),
            extra_names: compile(
                r"(?i)^(?:(?:proxy|x)-)?auth(?:orization)?(?:-token|_token|header)?$",
            ),
            // Of bots, users and workspaces: numbers of the team, the user and the application come first.
            slack: compile(
                r"^(?:xox[abceoprs]-(?:[0-9]-)?(?:[0-9]{6,14}-){1,3}[A-Za-z0-9-]{10,}|xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9]{100,}|xoxd-[A-Za-z0-9%+/=_-]{60,}|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{32,})",
            ),
        }
    }
}

/// What kind of value a name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// People choose it.
    Password,
    /// Machines make it.
    Token,
    /// `name=value`.
    Cookie,
}

impl Rules {
    /// The credentials in a text of a heap. Stricter than [`Rules::find`]: a mask too many costs nothing, a false
    /// alarm costs time.
    pub fn scan(&self, text: &str, kind: TextKind) -> Vec<Finding> {
        let mut found: Vec<(&'static Rule, std::ops::Range<usize>)> = Vec::new();
        let (hits, named) = (self.hits(text), self.by_name());
        self.each(text, hits & !named, |rule, range| {
            let secret = text.get(range.clone()).unwrap_or_default();
            let before = text.get(..range.start).unwrap_or_default();
            if is_believed(rule, (before, secret), kind) && self.has_form(rule, text, &range) {
                found.push((rule, range));
            }
        });
        // After the patterns: of two rules for the same text the one that says more names it.
        if kind == TextKind::Data {
            self.basic(text, &mut found);
            if text.contains('=') {
                self.environment(text, &mut found);
            }
            if hits & named != 0 && text.contains("\":") {
                self.json(text, &mut found);
            }
        }
        apart(&mut found, |(_, range)| range);
        found.into_iter().map(|(rule, range)| Finding { rule: rule.id, range }).collect()
    }

    /// Whether the value of a property, variable or key with this name is a credential; gives the part of it that is.
    pub fn named<'a>(&self, name: &str, value: &'a str) -> Option<&'a str> {
        if value.trim().eq_ignore_ascii_case(name) {
            return None;
        }
        self.named_as(self.kind_of_name(name)?, value)
    }

    /// As [`Rules::named`], for a name of this kind that is not the value itself.
    pub fn named_as<'a>(&self, kind: NameKind, value: &'a str) -> Option<&'a str> {
        let value = value.trim();
        if is_example(value) {
            return None;
        }
        match kind {
            NameKind::Password => may_be_password(value).then_some(value),
            NameKind::Cookie => {
                let cookies =
                    self.scan.cookie.captures_iter(value).filter_map(|found| found.get(1));
                cookies.map(|cookie| cookie.as_str()).find(|cookie| !is_attribute(cookie))
            }
            NameKind::Token => {
                let secret = match value.split_once(' ') {
                    Some((scheme, rest))
                        if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
                    {
                        rest.trim()
                    }
                    _ => value,
                };
                looks_random(secret).then_some(secret)
            }
        }
    }

    /// Whether [`Rules::named`] could ever say yes to a value with this name.
    pub fn is_telling_name(&self, name: &str) -> bool {
        self.kind_of_name(name).is_some()
    }

    /// As [`Rules::named`], for a name that only stands before the value: what people choose is not told from any
    /// other word there.
    pub fn named_beside<'a>(&self, name: &str, value: &'a str) -> Option<&'a str> {
        self.named(name, value).filter(|secret| looks_random(secret))
    }

    /// Whether values with this name are passwords, which people choose.
    pub fn is_password_name(&self, name: &str) -> bool {
        self.kind_of_name(name) == Some(NameKind::Password)
    }

    /// Of what a name tells; `None` if [`Rules::named`] never says yes to a value with it.
    pub fn kind_of_name(&self, name: &str) -> Option<NameKind> {
        if name.len() < 3 || name.len() > 64 {
            return None;
        }
        let lower = name.to_ascii_lowercase();
        if lower == "cookie" || lower == "set-cookie" {
            return Some(NameKind::Cookie);
        }
        if self.scan.extra_names.is_match(name) {
            return Some(NameKind::Token);
        }
        if !self.is_secret_name(name) {
            return None;
        }
        let is_password =
            ["password", "passwd", "passphrase", "_pass", "pwd", "secret", "pass", "kennwort"]
                .iter()
                .any(|end| lower.ends_with(end));
        Some(if is_password { NameKind::Password } else { NameKind::Token })
    }

    /// The patterns that go by names.
    fn by_name(&self) -> Hits {
        let by_name = self.patterns.iter().enumerate();
        by_name.fold(0, |hits, (at, pattern)| {
            hits | if pattern.rule.confidence == Confidence::Low { 1 << at } else { 0 }
        })
    }

    /// Whether a match of a loose pattern has the form that the owner gives such credentials, and stands alone.
    fn has_form(&self, rule: &Rule, text: &str, range: &std::ops::Range<usize>) -> bool {
        match rule.id {
            "slack-token" => self.scan.slack.is_match(text.get(range.clone()).unwrap_or_default()),
            "google-api-key" => {
                let next = text.as_bytes().get(range.end);
                next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"_-".contains(byte))
            }
            "azure-client-secret" => {
                let before = range.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
                before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"_~.-".contains(byte))
            }
            _ => true,
        }
    }

    /// `"password": "…"` in JSON.
    fn json(&self, text: &str, found: &mut Vec<(&'static Rule, std::ops::Range<usize>)>) {
        let Some(rule) = rule("named-in-json") else { return };
        for captures in self.scan.json.captures_iter(text) {
            let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            if let Some(secret) = self.named(name.as_str(), value.as_str()) {
                found.push((rule, within(text, value.range(), secret)));
            }
        }
    }

    /// `DB_PASSWORD=…` on a line of its own.
    fn environment(&self, text: &str, found: &mut Vec<(&'static Rule, std::ops::Range<usize>)>) {
        let Some(rule) = rule("named-in-environment") else { return };
        for captures in self.scan.environment.captures_iter(text) {
            let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { continue };
            // Lower case is code, unless npm has made it.
            let is_variable = !name.as_str().bytes().any(|byte| byte.is_ascii_lowercase())
                || name.as_str().starts_with("npm_config_");
            if is_variable && let Some(secret) = self.named(name.as_str(), value.as_str()) {
                found.push((rule, within(text, value.range(), secret)));
            }
        }
    }

    /// `Basic dXNlcjpwYXNz`, which is in a heap without the header's name.
    fn basic(&self, text: &str, found: &mut Vec<(&'static Rule, std::ops::Range<usize>)>) {
        let Some(secret) = text.strip_prefix("Basic ").filter(|secret| secret.len() >= 8) else {
            return;
        };
        let is_login =
            decoded(secret).is_some_and(|login| login.contains(&b':') && login.is_ascii());
        if let (true, Some(rule)) = (is_login, rule("basic-authorization")) {
            found.push((rule, text.len() - secret.len()..text.len()));
        }
    }
}

/// Whether what looks like a cookie says where one is sent: `Domain=shop.example.com`.
fn is_attribute(cookie: &str) -> bool {
    let (name, _) = cookie.split_once('=').unwrap_or_default();
    ["domain", "path"].iter().any(|attribute| name.eq_ignore_ascii_case(attribute))
}

/// Where a part that was taken out of a value stands in the text.
fn within(text: &str, value: std::ops::Range<usize>, part: &str) -> std::ops::Range<usize> {
    let at = text.get(value.clone()).and_then(|value| value.find(part)).unwrap_or(0);
    value.start + at..value.start + at + part.len()
}

fn rule(id: &str) -> Option<&'static Rule> {
    BY_NAME.iter().chain(crate::rules::AROUND).find(|rule| rule.id == id)
}

/// Whether a match in a heap, after what stands before it in its text, is a credential.
fn is_believed(rule: &Rule, (before, secret): (&str, &str), kind: TextKind) -> bool {
    match rule.id {
        "json-web-token" => Jwt::read(secret).is_some(),
        // Without a line of its text it is a program's constant, to look for keys with.
        "private-key" => has_key(secret),
        // It begins with the sign of a variable.
        "password-hash" => true,
        "docker-auth" => decoded(secret).is_some_and(|login| login.contains(&b':')),
        "cookie" if is_attribute(secret) => false,
        // A class of a style sheet begins so.
        "openai-key" => !is_example(secret) && secret.bytes().any(|byte| byte.is_ascii_digit()),
        _ if rule.confidence == Confidence::High => !is_example(secret),
        _ if kind == TextKind::Source => false,
        "bearer-token" | "authorization" | "query-parameter" | "cookie" | "command-line"
        | "netrc-password" => {
            !is_example(secret) && looks_random(secret.rsplit(' ').next().unwrap_or(secret))
        }
        "password-in-url" | "password-in-connection-string" => {
            !is_example(secret)
                && !secret.starts_with(['$', '{', '%', '('])
                && secret.len() >= 3
                && !is_code(rule, secret, before)
        }
        _ => !is_example(secret),
    }
}

/// Whether what stands where a password would is a program's: `e.password||""`, the port in `http://h:8080@evil`.
fn is_code(rule: &Rule, secret: &str, before: &str) -> bool {
    if rule.id == "password-in-url" {
        let is_web = ["http", "https"].iter().any(|scheme| {
            before.rsplit_once("://").is_some_and(|(start, _)| start.ends_with(scheme))
        });
        return is_web && secret.len() <= 5 && secret.bytes().all(|byte| byte.is_ascii_digit());
    }
    let is_name = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
    };
    let is_field = secret.rsplit_once('.').is_some_and(|(object, field)| {
        let field = field.to_ascii_lowercase();
        object.split('.').all(is_name) && ["password", "pwd"].iter().any(|name| field == *name)
    });
    is_field || secret.contains("||") && secret.contains('.')
}

/// Whether something that begins like a private key goes on like one.
fn has_key(text: &str) -> bool {
    let Some((_, body)) = text.split_once("PRIVATE KEY") else { return false };
    let body = body.trim_start_matches(" BLOCK").trim_start_matches('-');
    let body = body.replace("\\n", "\n");
    body.lines().take(12).any(|line| {
        let line = line.trim();
        line.len() >= 32
            && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    })
}
