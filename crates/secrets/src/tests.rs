use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(Rules::standard().mask(text), expected, "{text}");
}

#[test]
fn credentials_are_masked_where_they_stand() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9";
    check(&format!("got {jwt}, fine"), "got [REDACTED:json-web-token], fine");
    check(
        "Authorization: Bearer abcdef0123456789",
        "Authorization: Bearer [REDACTED:bearer-token]",
    );
    check(
        "Authorization: Basic dXNlcjpwYXNz",
        "Authorization: Basic [REDACTED:basic-authorization]",
    );
    check(
        "postgres://app:s3cr3t@db:5432/backstage?ssl=1",
        "postgres://app:[REDACTED:password-in-url]@db:5432/backstage?ssl=1",
    );
    check(
        "Server=db;User Id=sa;Password=hunter2hunter;Encrypt=yes",
        "Server=db;User Id=sa;Password=[REDACTED:password-in-connection-string];Encrypt=yes",
    );
    check("key AKIAIOSFODNN7EXAMPLE end", "key [REDACTED:aws-access-key] end");
    check(
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = [REDACTED:aws-secret-key]",
    );
    let pat = "ghp_0123456789abcdefghijABCDEFGHIJklmnop";
    check(&format!("git clone with {pat}"), "git clone with [REDACTED:github-token]");
    check("use glpat-abcDEF123456-ghiJKL78", "use [REDACTED:gitlab-token]");
    check("xoxb-123456789012-abcdefABCDEF", "[REDACTED:slack-token]");
    check(
        "//registry/:_authToken=0123456789abcdef0123",
        "//registry/:_authToken=[REDACTED:npm-token]",
    );
    check("npm_abcdefghijklmnopqrstuvwxyz0123456789", "[REDACTED:npm-token]");
    check(
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\nb",
        "a\n[REDACTED:private-key]\nb",
    );
    check(r#"{"clientSecret":"abc123def","x":1}"#, r#"{"clientSecret":"[REDACTED:named]","x":1}"#);
    check("DB_PASSWORD=correcthorse next", "DB_PASSWORD=[REDACTED:named] next");
    check("token: d34db33f99", "token: [REDACTED:named]");
}

#[test]
fn json_within_json_is_read() {
    check(
        r#"{"msg":"body {\"password\":\"pa ss,w\",\"user\":\"bob\"}"}"#,
        r#"{"msg":"body {\"password\":\"[REDACTED:named]\",\"user\":\"bob\"}"}"#,
    );
    check(r#"{\\\"token\\\": \\\"abc\\\"}"#, r#"{\\\"token\\\": \\\"[REDACTED:named]\\\"}"#);
    check(
        r#"{\"authorization\":\"Basic dXNlcjpwYXNz\"}"#,
        r#"{\"authorization\":\"Basic [REDACTED:basic-authorization]\"}"#,
    );
    check(
        r#"{"password":"correct horse \"battery\" staple","a":1}"#,
        r#"{"password":"[REDACTED:named]","a":1}"#,
    );
}

#[test]
fn short_values_under_telling_names_are_credentials() {
    for (text, expected) in [
        ("password=abc", "password=[REDACTED:password-in-connection-string]"),
        ("DB_PASSWORD=abc next", "DB_PASSWORD=[REDACTED:named] next"),
        ("DB_PASSWORD=1234", "DB_PASSWORD=[REDACTED:named]"),
        ("password: x9", "password: [REDACTED:named]"),
        ("token:abc", "token:[REDACTED:named]"),
        ("api_key:'k1', a", "api_key:'[REDACTED:named]', a"),
        (r#"{"secret":"ab"}"#, r#"{"secret":"[REDACTED:named]"}"#),
        ("{ token: d34, user: 1 }", "{ token: [REDACTED:named], user: 1 }"),
        ("Map(1) { 'password' => 'x9' }", "Map(1) { 'password' => '[REDACTED:named]' }"),
        ("auth: { user: 'x', pass: 'hunter2' }", "auth: { user: 'x', pass: '[REDACTED:named]' }"),
        ("ALTER ROLE x PASSWORD 'hunter2'", "ALTER ROLE x PASSWORD '[REDACTED:named]'"),
        (
            "<add key=\"Password\" value=\"x9\" />",
            "<add key=\"Password\" value=\"[REDACTED:named]\" />",
        ),
        ("sshpass -p x9 ssh h", "sshpass -p [REDACTED:command-line] ssh h"),
        ("docker login -u x -p x9 r.io", "docker login -u x -p [REDACTED:command-line] r.io"),
        ("Set-Cookie: sid=9f8e7d6c5b4a39281706; Path=/; HttpOnly", "Set-Cookie: [REDACTED:cookie]"),
        (
            "Cookie: a=1; sid=9f8e7d6c5b4a39281706; jwt=0a1b2c3d4e5f60718293 GET /",
            "Cookie: a=1; [REDACTED:cookie] GET /",
        ),
        (
            "Cookie: a=1; sid=9f8e7d6c5b4a39281706; b=2 Cookie: sid=9f8e7d6c5b4a39281706; b=2",
            "Cookie: a=1; [REDACTED:cookie] Cookie: [REDACTED:cookie]",
        ),
        ("<db.password>x y9</db.password>", "<db.password>[REDACTED:named]</db.password>"),
        ("your password is Tulip-77x, bob", "your password is [REDACTED:named], bob"),
        ("The passphrase was: `a1b2c3`", "The passphrase was: `[REDACTED:named]`"),
        (
            "# local\ndb:5432:shop:app:Tul\\:ip 7\ndb:5432:shop:app:Tul\\:ip7\n*:*:*:app:y9",
            "# local\ndb:5432:shop:app:Tul\\:ip 7\ndb:5432:shop:app:[REDACTED:pgpass-password]\n*:*:*:app:[REDACTED:pgpass-password]",
        ),
        (
            "('ada', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy')",
            "('ada', '[REDACTED:password-hash]')",
        ),
        ("login of bob, sid: 9f8e7d6c5b4a39281706", "login of bob, sid: [REDACTED:named]"),
        (r#"{"session_id":"s%3AAb3dEf9hIjKlMnOpQr.x"}"#, r#"{"session_id":"[REDACTED:named]"}"#),
        ("sessionId=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 ok", "sessionId=[REDACTED:named] ok"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_no_credential_stays() {
    for text in [
        "if (password === undefined) return token == other",
        "password => hash(password)",
        "password: must have 8 characters",
        "invalid password: required",
        "unexpected token: }",
        "Tokenizer.token:12:5",
        "token: 42, secret: 7",
        "passwordPolicy: strict, tokenType: Bearer",
        r#"{\"tokens\":5,\"secretName\":\"x\"}"#,
        "db-password:\n  valueFrom: x",
        "NODE_OPTIONS=--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=/tmp",
        "PATH=/usr/local/bin:/usr/bin",
        "http://localhost:9229/json",
        "https://example.org/a@b",
        "the token expired; a new password is needed",
        "password: ${POSTGRES_PASSWORD}",
        "password=********",
        "secretName: backstage-postgres",
        "Max tokens=4096",
        "the password is required, and the password is at least 8 characters long",
        "the password was not found; a passphrase is optional!",
        "session: opened-by-a-controller-of-sessions",
        "session: 2026-11-30T10:00:00Z, inside: 1234567890123456",
        "10:5432:a:b",
        "ws://127.0.0.1:9229/0f2c936f-b1cd-4ac9-aab3-f63b0f33d55e",
        "image: quay.io/rhdh/rhdh-hub-rhel9@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ] {
        check(text, text);
    }
}

#[test]
fn names_tell_of_values() {
    let rules = Rules::standard();
    for name in [
        "POSTGRES_PASSWORD",
        "GITHUB_TOKEN",
        "AUTH_CLIENT_SECRET",
        "API_KEY",
        "NODE_AUTH_TOKEN",
        "DATABASE_URL",
        "SESSION_SECRET",
        "DB_PASS",
        "npm_config__auth",
    ] {
        assert!(rules.is_secret_name(name), "{name}");
    }
    for name in [
        "NODE_OPTIONS",
        "PATH",
        "HOSTNAME",
        "SECRET_NAME",
        "TOKEN_FILE",
        "secretName",
        "secretKeyRef",
        "PWD",
        "NODE_EXTRA_CA_CERTS",
        "MAX_TOKENS",
        "KEYCLOAK_HOST",
        "automountServiceAccountToken",
    ] {
        assert!(!rules.is_secret_name(name), "{name}");
    }
    assert_eq!(rules.mask_value("DB_PASSWORD", "x1"), "[REDACTED:named]");
    assert_eq!(rules.mask_value("DB_PASSWORD", "$(OTHER)"), "$(OTHER)");
    assert_eq!(
        rules.mask_value("URL", "redis://:pw123@h"),
        "redis://:[REDACTED:password-in-url]@h"
    );
}

#[test]
fn findings_say_what_and_where() {
    let text = "ä Bearer abcdef0123456789";
    let found = Rules::standard().find(text);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].rule, &text[found[0].range.clone()]),
        ("bearer-token", "abcdef0123456789")
    );
}

#[test]
fn keys_over_several_lines() {
    let mut lines = Lines::default();
    let text = [
        "start",
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw",
        "ggSjAgEAAoIBAQ==",
        "-----END PRIVATE KEY-----",
        "after DB_PASSWORD=correcthorse",
    ];
    let out: Vec<String> = text.iter().filter_map(|line| lines.mask(line)).collect();
    assert_eq!(out, ["start", "[REDACTED:private-key]", "after DB_PASSWORD=[REDACTED:named]"]);
    assert_eq!(lines.masked(), 2);
}

#[test]
fn keys_whose_lines_have_a_time_before_them() {
    let mut lines = Lines::default();
    let text = [
        "2026-11-22T10:00:00.1Z stdout -----BEGIN PRIVATE KEY-----",
        "2026-11-22T10:00:00.2Z stdout MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDJ",
        "2026-11-22T10:00:00.3Z stdout",
        "2026-11-22T10:00:00.4Z stdout ggSjAgEAAoIBAQ==",
        "2026-11-22T10:00:00.5Z stdout qQ==",
        "2026-11-22T10:00:00.6Z stdout -----END PRIVATE KEY-----",
        "2026-11-22T10:00:00.7Z stdout listening on 7007",
    ];
    let out: Vec<String> = text.iter().filter_map(|line| lines.mask(line)).collect();
    assert_eq!(
        out,
        ["2026-11-22T10:00:00.1Z stdout [REDACTED:private-key]", text[6]],
        "the short last lines are of the key, too"
    );
    // One that was cut off ends where lines of another kind come.
    let out: Vec<String> =
        [text[0], text[1], text[6], text[4]].iter().filter_map(|line| lines.mask(line)).collect();
    assert_eq!(out, ["2026-11-22T10:00:00.1Z stdout [REDACTED:private-key]", text[6], text[4]]);
}

#[test]
fn long_lines_take_linear_time() {
    // Each would take hours in quadratic time.
    let mut lines = Lines::default();
    for piece in [
        "a",
        "token ",
        "eyJ",
        "Bearer ",
        "://a:",
        "password",
        "-----BEGIN PRIVATE KEY-----",
        "= \"",
        "\\\"",
    ] {
        let long = piece.repeat(4_000_000 / piece.len());
        let masked = Lines::default().mask(&long).expect("a line");
        // Pieces of credentials are none; a key that has no end is one to the end of what is looked at.
        match piece {
            "-----BEGIN PRIVATE KEY-----" => {
                let rest = masked.replace("[REDACTED:private-key]", "");
                assert!(masked.starts_with("[REDACTED:private-key]"), "{}", &masked[..100]);
                assert!(rest.len() < long.len() / 100, "{} bytes of a key are left", rest.len());
            }
            _ => assert!(masked == long, "{piece}: {}", &masked[..100]),
        }
    }
    let long = format!("{}password=correcthorse{}", "x ".repeat(200_000), " y".repeat(200_000));
    assert!(!lines.mask(&long).expect("a line").contains("correcthorse"));
}
