//! What a JSON Web Token says of itself.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::Regex;
use serde_json::Value;

/// What may be told of a JSON Web Token. The token itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jwt {
    /// How it is signed: `RS256`.
    pub algorithm: Option<String>,
    /// Who issued it (`iss`).
    pub issuer: Option<String>,
    /// When it expires (`exp`), in seconds since 1970.
    pub expires: Option<i64>,
    /// When it was issued (`iat`), in seconds since 1970.
    pub issued: Option<i64>,
}

/// Characters of an issuer that are kept.
const MOST: usize = 200;

impl Jwt {
    /// Reads a token, as far as it is there; `None` if it only looks like one.
    pub fn read(token: &str) -> Option<Jwt> {
        let mut parts = token.split('.');
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?;
        let payload = decoded(parts.next()?);
        let header = header.as_object()?;
        let text = |value: &Value| value.as_str().map(|text| text.chars().take(MOST).collect());
        let mut jwt = Jwt { algorithm: header.get("alg").and_then(text), ..Jwt::default() };
        match serde_json::from_slice::<Value>(&payload) {
            Ok(claims) => {
                jwt.issuer = claims.get("iss").and_then(text);
                jwt.expires = claims.get("exp").and_then(seconds);
                jwt.issued = claims.get("iat").and_then(seconds);
            }
            // V8 cuts long strings off: what comes before the cut is read all the same.
            Err(_) => {
                let payload = String::from_utf8_lossy(&payload);
                jwt.issuer = claim(&payload, "iss").map(|text| text.chars().take(MOST).collect());
                jwt.expires = claim(&payload, "exp").and_then(|text| text.parse().ok());
                jwt.issued = claim(&payload, "iat").and_then(|text| text.parse().ok());
            }
        }
        Some(jwt)
    }
}

fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

/// As much of base64 as is whole.
fn decoded(text: &str) -> Vec<u8> {
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(whole)).unwrap_or_default()
}

/// A claim in JSON that has no end.
fn claim(payload: &str, name: &str) -> Option<String> {
    static CLAIM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#""(iss|exp|iat)":(?:"([^"\\]*)"|([0-9]{1,15})[,}.])"#).ok());
    let found = CLAIM
        .as_ref()?
        .captures_iter(payload)
        .find(|claim| claim.get(1).is_some_and(|is| is.as_str() == name))?;
    found.get(2).or_else(|| found.get(3)).map(|value| value.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl", part(header), part(payload))
    }

    #[test]
    fn issuer_and_expiry_are_told() {
        let token = token(
            r#"{"alg":"ES256","typ":"JWT"}"#,
            r#"{"iss":"https://sso.example.org/realms/a","sub":"user:default/x","exp":1790000000,"iat":1789996400.5}"#,
        );
        let expected = Jwt {
            algorithm: Some("ES256".to_owned()),
            issuer: Some("https://sso.example.org/realms/a".to_owned()),
            expires: Some(1_790_000_000),
            issued: Some(1_789_996_400),
        };
        assert_eq!(Jwt::read(&token), Some(expected.clone()));
        // Cut off within the payload.
        let cut = &token[..token.len() - 30];
        let read = Jwt::read(cut).expect("a token");
        assert_eq!((read.issuer, read.expires), (expected.issuer, expected.expires));
    }

    #[test]
    fn what_only_looks_like_a_token_is_none() {
        for text in ["", "eyJhbGci", "eyJxxxxxxxxx.eyJxxxx.x", "eyJhbGciOiJIUzI1NiJ9"] {
            assert_eq!(Jwt::read(text), None, "{text}");
        }
        assert_eq!(
            Jwt::read("eyJhbGciOiJIUzI1NiJ9.eyJ").and_then(|jwt| jwt.algorithm).as_deref(),
            Some("HS256")
        );
    }
}
