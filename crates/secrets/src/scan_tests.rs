use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn named(name: &str, value: &str) -> bool {
    Rules::standard().named(name, value).is_some()
}

#[test]
fn names_and_values_have_to_fit() {
    for (name, value) in [
        ("password", "hunter2"),
        ("dbPassword", "correct horse battery staple"),
        ("clientSecret", "a1b2c3d4e5"),
        ("apiKey", "9f8e7d6c5b4a39281706"),
        ("authorization", "Custom 9f8e7d6c5b4a39281706"),
        ("SESSION_SECRET", "keyboard cat"),
        ("refreshToken", "0.AXoA9f8e7d6c5b4a3928"),
        ("cookie", "sid=9f8e7d6c5b4a39281706; theme=dark"),
        ("cookie", "theme=dark; sid=9f8e7d6c5b4a39281706"),
        ("set-cookie", "a=1; Domain=shop.example-company.com; sid=9f8e7d6c5b4a39281706"),
        ("dbPass", "hunter2"),
        ("pwd", "hunter2"),
        ("bearer", "9f8e7d6c5b4a39281706"),
        ("mfaSeed", "JBSWY3DPEHPK3PXP"),
        ("kennwort", "hunter2"),
        ("sessionToken", "session-qkzjwhfpaxvbnmlr7tyd"),
    ] {
        assert!(named(name, value), "{name} = {value}");
    }
    for (name, value) in [
        ("password", "password"),
        ("password", "***"),
        ("password", "${DB_PASSWORD}"),
        ("password", "Invalid password"),
        ("password", "The password must have at least eight characters."),
        ("type", "hunter2"),
        ("token", "identifier"),
        ("token", "BlockStatement"),
        ("tokenType", "Bearer123"),
        ("credentials", "same-origin"),
        ("accessToken", "accessToken"),
        ("tokenPath", "/var/run/secrets/token1"),
        ("authToken", "https://a.example.org/token1"),
        ("cookie", "cookie"),
        ("set-cookie", "a=1; Domain=shop.example-company.com; Path=/account/settings/2"),
        ("secret", "<secret>"),
        ("password_hash_algo", "argon2id"),
        ("cookieName", "connect.sid2026"),
        ("tokenizer", "gpt2-tokenizer-v1x9"),
        ("passwordField", "login-form-1"),
        ("PWD", "hunter2"),
        ("METADATA_TOKEN", "x-aws-ec2-metadata-token"),
        ("SESSION_TOKEN_HEADER", "x-amz-s3session-token"),
        ("SESSION_AUTH_TOKEN", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"),
        ("challengePassword", "1.2.840.113549.1.9.7"),
        ("token", "getAuthenticationTokenFromHeader"),
        // Names of headers, parameters, schemes, fields and files stand under such names as well.
        ("SESSION_TOKEN_QUERY_PARAM", "X-Amz-S3session-Token"),
        ("SHA256_TOKEN_TO_REFRESH", "token_sha256_to_refresh"),
        ("S3_EXPRESS_AUTH_SCHEME", "sigv4-s3express"),
        ("token", "ContentMD5"),
        ("apiKey", "google/api/apikeys/v2/resources.proto"),
        (
            "accountKey",
            "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        ),
    ] {
        assert!(!named(name, value), "{name} = {value}");
    }
}

#[test]
fn source_code_does_not_flood() {
    let rules = Rules::standard();
    for text in [
        "function login(token: string, password = 'changeit1') { return token }",
        "// postgres://user:pass1234@localhost/db\nconst x = { secret: 'a1b2c3d4' };",
        "if (header.startsWith('Bearer ')) bearer token-1234567890",
    ] {
        assert!(rules.scan(text, TextKind::Source).is_empty(), "{text}");
    }
    for text in [
        "token: string",
        "Bearer authentication",
        "-----BEGIN PRIVATE KEY-----",
        "https://user:pass@host/",
        "password=",
        "invalid password: required",
        "cookie: undefined",
        "NODE_OPTIONS=--max-old-space-size=100",
        "Basic authentication",
    ] {
        assert!(rules.scan(text, TextKind::Data).is_empty(), "{text}");
    }
}

#[test]
fn logins_are_told_from_other_base64() {
    for (login, is_one) in [
        ("ada:swordfish", true),
        ("ada@example.org:\u{e4}\u{20ac}\u{e4}", true),
        ("corp\\ada:pass word", true),
        ("https://example.org/", false),
        ("{\"alg\":\"HS256\"}", false),
        ("no colon in it", false),
        ("ada:\u{0}\u{1}\u{2}\u{3}\u{4}", false),
        (":nobody but a word", false),
    ] {
        assert_eq!(crate::is_login(&STANDARD.encode(login)), is_one, "{login}");
    }
    for packed in
        ["YWRhOnN3b3JkZmlzaA", "YWRhOj4-Pz8_fn5-", "YWRhOj4+Pz8/fn5+", "YWRhOnN3b3JkZmlzaA=="]
    {
        assert!(crate::is_login(packed), "{packed}");
    }
    for text in ["", "YTpi", "getUserByName", "handleRequest123", "ABCDEFGHIJKLMNOP"] {
        assert!(!crate::is_login(text), "{text}");
    }
}

#[test]
fn previews_give_nothing_away() {
    assert_eq!(preview("hunter2"), "… (7 characters)");
    assert_eq!(preview("ä"), "… (1 character)");
    assert_eq!(preview("0123456789abcdefghij"), "0123… (20 characters)");
    assert_eq!(preview("ab\ncdefghijklmnopqrstuv"), "ab c… (23 characters)");
}

#[test]
fn what_only_looks_like_it_is_no_alarm() {
    for text in [
        "sk-spinner-container-wrapper-large-animated-circle",
        r#"var password=e.password||"";"#,
        "password=this.form.password;",
        "http://h:8080@evil",
        "use --token to log in",
    ] {
        let found = Rules::standard().scan(text, TextKind::Data);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}
