//! The rules. No pattern looks far ahead before it knows that it matches, so that long lines take linear time.

mod around;
mod shapes;

pub(crate) use around::{AROUND, BY_NAME};
pub(crate) use shapes::SHAPES;

/// How much a finding is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Nothing else looks like it.
    High,
    /// What stands around it says so.
    Medium,
    /// The name of what holds it says so, and nothing else.
    Low,
}

/// A kind of credential.
#[derive(Debug)]
pub struct Rule {
    /// Its name for programs: `json-web-token`.
    pub id: &'static str,
    /// Its name for people: “JSON Web Token”.
    pub title: &'static str,
    /// The same of several: “JSON Web Tokens”.
    pub plural: &'static str,
    /// How sure one can be of a finding.
    pub confidence: Confidence,
    pub(crate) patterns: &'static [Pattern],
}

/// What a credential looks like.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// One of these is in every text with such a credential, whatever the case.
    pub(crate) keywords: &'static [&'static str],
    /// The first group that took part, if the pattern has any, is the credential.
    pub(crate) regex: &'static str,
    /// Bits per character that the credential has at least; what has less is a placeholder.
    pub(crate) entropy: f64,
}

const fn pattern(keywords: &'static [&'static str], regex: &'static str, entropy: f64) -> Pattern {
    Pattern { keywords, regex, entropy }
}

/// All rules, the sure ones first.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    SHAPES.iter().chain(AROUND).chain(BY_NAME)
}

/// Names whose values are credentials.
pub(crate) const SECRET_NAMES: &str = r"(?i)(?:passw|passphrase|passwd|(?:^|[_.-])(?:pass|pwd|pw|pat|key|auth)$|pwd$|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|account[_.-]?key|credential|connection[_.-]?string|database[_.-]?url|[_.-]dsn$|^dsn$|_auth(?:$|_)|cookie|session[_.-]?key|webhook[_.-]?url|^npm_config_.{0,40}auth|(?-i:[a-z0-9]Pass$)|^bearer$|kennwort|(?:mfa|otp)[_.-]?seed|(?:^|[_.-])(?:otp|pin)$|client-key-data)";

/// Names that sound like it, and whose values say how something is configured.
pub(crate) const HARMLESS_NAMES: &str = r"(?i)(?:(?:secret|token|passw(?:or)?d|pwd|pass|key|credential|cookie)s?[_.-]?(?:hash[_.-]?)?(?:algo|algorithm|field|label|name|names|ref|file|path|dir|type|ttl|expiry|expiration|expires|lifetime|age|length|count|limit|size|url|uri|endpoint|issuer|audience|enabled|required|rotation|policy|provider|format|version)s?$|(?:^|[_.-])max[_.-]?tokens?$|auth(?:orization)?[_.-]?(?:scheme|type|method|mode|mechanism|strategy|provider)s?$|^automountServiceAccountToken$|^serviceAccountToken$|^(?:secretRef|secretKeyRef|secretName|imagePullSecrets?|envFrom)$|^key$|^topologyKey$|^tokenExpirationSeconds$|^SHLVL$|token(?:i[sz]er|i[sz]ation|i[sz]e)s?$|(?-i:^PWD$|^OLDPWD$))";
