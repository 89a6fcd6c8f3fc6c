//! `secrets`: the credentials in a heap, masked.

use heapglass_analysis::{Secret, SecretHolder, SecretReport};
use heapglass_secrets::{Confidence, Jwt, Rule, Rules};
use schemars::JsonSchema;
use serde::Serialize;

use super::EdgeEntry;
use crate::text::{calendar, secrets_words};

/// What `secrets` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SecretsBody {
    /// The answer in sentences.
    pub text: Vec<String>,
    /// Number of different credentials.
    pub count: u64,
    /// Strings that have at least one in them.
    pub string_count: u64,
    /// Different texts that were looked at.
    pub text_count: u64,
    /// Joined strings that were not read because there are too many of them.
    pub unread_count: u64,
    /// Number of rules that were applied.
    pub rule_count: u64,
    /// How many there are of each kind, the sure ones first.
    pub by_rule: Vec<SecretRuleEntry>,
    /// The credentials, by kind and then by the string's id.
    pub secrets: Vec<SecretEntry>,
    /// Number of credentials that are not in `secrets`.
    pub more: u64,
}

/// How many credentials of a kind there are.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SecretRuleEntry {
    /// The rule's name: `json-web-token`.
    pub rule: String,
    /// The same for people.
    pub title: String,
    /// How sure it is.
    pub confidence: ConfidenceEntry,
    /// Number of different credentials.
    pub count: u64,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceEntry {
    /// Nothing else looks like it.
    High,
    /// What stands around it says so.
    Medium,
    /// The name of what holds it says so, and nothing else.
    Low,
}

/// One credential.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SecretEntry {
    /// The rule that found it: `json-web-token`.
    pub rule: String,
    /// The rule for people.
    pub title: String,
    /// How sure it is.
    pub confidence: ConfidenceEntry,
    /// What may be shown of it: its length, and its first four characters if it is long.
    pub preview: String,
    /// The credential itself; there with `--show` only, and never for part of another string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it says of itself; `null` for all but JSON Web Tokens.
    pub jwt: Option<JwtEntry>,
    /// Id of a string that has it in it.
    pub string_id: u64,
    /// Strings that have it in them.
    pub copies: u64,
    /// The object that holds the string; `null` where nothing does.
    pub holder: Option<SecretHolderEntry>,
    /// The shortest way to it from a root, in words; `null` where only weak edges lead to it.
    pub path: Option<String>,
}

/// What a JSON Web Token says of itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JwtEntry {
    /// How it is signed.
    pub algorithm: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// When it expires, as RFC 3339.
    pub expires: Option<String>,
    /// When it was issued, as RFC 3339.
    pub issued: Option<String>,
}

/// What holds a credential.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SecretHolderEntry {
    /// The object's id.
    pub id: u64,
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_class_name: Option<String>,
    /// The edge to the string.
    pub edge: EdgeEntry,
}

impl SecretsBody {
    /// The answer; `show` puts the credentials themselves in.
    pub fn new(report: &SecretReport, show: bool) -> SecretsBody {
        let by_rule = report.by_rule.iter().map(|&(rule, count)| SecretRuleEntry {
            rule: rule.id.to_owned(),
            title: rule.title.to_owned(),
            confidence: rule.confidence.into(),
            count,
        });
        let secrets = report.secrets.iter().map(|secret| SecretEntry::new(secret, show));
        SecretsBody {
            text: secrets_words::answer(report, Rules::all().count()),
            count: report.count,
            string_count: report.string_count,
            text_count: report.text_count,
            unread_count: report.unread_count,
            rule_count: Rules::all().count() as u64,
            by_rule: by_rule.collect(),
            secrets: secrets.collect(),
            more: report.count.saturating_sub(report.secrets.len() as u64),
        }
    }
}

impl SecretEntry {
    fn new(secret: &Secret, show: bool) -> SecretEntry {
        let value = secret.value.as_ref().filter(|_| show);
        let Rule { id, title, confidence, .. } = secret.rule;
        SecretEntry {
            rule: (*id).to_owned(),
            title: (*title).to_owned(),
            confidence: (*confidence).into(),
            preview: secret.preview.clone(),
            value: value.map(|value| value.reveal().to_owned()),
            jwt: secret.jwt.as_ref().map(JwtEntry::from),
            string_id: secret.string.0,
            copies: secret.copies,
            holder: secret.holder.as_ref().map(SecretHolderEntry::from),
            path: secret.path.clone(),
        }
    }
}

impl From<Confidence> for ConfidenceEntry {
    fn from(confidence: Confidence) -> ConfidenceEntry {
        match confidence {
            Confidence::High => ConfidenceEntry::High,
            Confidence::Medium => ConfidenceEntry::Medium,
            Confidence::Low => ConfidenceEntry::Low,
        }
    }
}

impl From<&Jwt> for JwtEntry {
    fn from(jwt: &Jwt) -> JwtEntry {
        JwtEntry {
            algorithm: jwt.algorithm.clone(),
            issuer: jwt.issuer.clone(),
            expires: jwt.expires.and_then(calendar::of_seconds),
            issued: jwt.issued.and_then(calendar::of_seconds),
        }
    }
}

impl From<&SecretHolder> for SecretHolderEntry {
    fn from(holder: &SecretHolder) -> SecretHolderEntry {
        SecretHolderEntry {
            id: holder.id.0,
            class_name: holder.class_name.clone(),
            original_class_name: holder.original_class_name.clone(),
            edge: EdgeEntry::from(&holder.edge),
        }
    }
}
