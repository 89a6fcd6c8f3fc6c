//! Credentials that are told by what stands around them.

use super::{Confidence, Pattern, Rule, pattern};

const fn rule(
    id: &'static str,
    title: &'static str,
    plural: &'static str,
    patterns: &'static [Pattern],
) -> Rule {
    Rule { id, title, plural, confidence: Confidence::Medium, patterns }
}

/// Credentials by what stands before them in the same text.
pub(crate) const AROUND: &[Rule] = &[
    rule(
        "bearer-token",
        "bearer token",
        "bearer tokens",
        &[pattern(&["bearer"], r#"(?i)\bbearer[ \t]+["']?([A-Za-z0-9._~+/=-]{10,})"#, 0.0)],
    ),
    rule(
        "basic-authorization",
        "basic authorization",
        "basic authorizations",
        &[pattern(
            &["authorization", "basic"],
            r#"(?i)\bauthorization(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,7}["'])?basic[ \t]+([A-Za-z0-9+/=_-]{8,})"#,
            0.0,
        )],
    ),
    rule(
        "authorization",
        "value of an Authorization header",
        "values of Authorization headers",
        &[pattern(
            &["authorization"],
            r#"(?i)\bauthorization(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,7}["'])?((?:token|digest|negotiate|apikey|api-key)[ \t]+[^\s"',;\\]{8,})"#,
            0.0,
        )],
    ),
    rule(
        "password-in-url",
        "password in a URL",
        "passwords in URLs",
        &[pattern(
            &["://"],
            r#"\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/?#@"'<>]*:([^\s/"'<>]+)@[^\s@"'<>]"#,
            0.0,
        )],
    ),
    rule(
        "password-in-connection-string",
        "password in a connection string",
        "passwords in connection strings",
        &[pattern(
            &["password=", "pwd=", "accountkey=", "sharedaccesskey=", "password =", "pwd ="],
            r#"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)[ \t]{0,2}=[ \t]{0,2}["']?([^\s;"'&,=>][^\s;"'&,]*)"#,
            0.0,
        )],
    ),
    rule(
        "aws-secret-key",
        "AWS secret key",
        "AWS secret keys",
        &[pattern(
            &["aws"],
            r#"(?i)aws[a-z_. -]{0,20}(?:secret|key)[a-z_. -]{0,20}(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([A-Za-z0-9/+=]{40})\b"#,
            3.0,
        )],
    ),
    rule(
        "jenkins-token",
        "Jenkins token",
        "Jenkins tokens",
        &[pattern(
            &["jenkins"],
            r#"(?i)jenkins[a-z_. -]{0,20}token(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([a-f0-9]{32,40})\b"#,
            2.5,
        )],
    ),
    rule(
        "query-parameter",
        "credential in a query",
        "credentials in queries",
        &[
            pattern(
                &[
                    "_token=",
                    "_secret=",
                    "apikey=",
                    "api_key=",
                    "&token=",
                    "?token=",
                    "&password=",
                    "?password=",
                    "&sig=",
                    "?sig=",
                    "-signature=",
                    "-security-token=",
                ],
                r#"(?i)[?&](?:access_token|refresh_token|id_token|auth_token|client_secret|api_?key|token|password|sig|x-(?:amz|goog)-(?:signature|security-token))=([^&\s"'#<>]{8,})"#,
                2.5,
            ),
            pattern(&["code=4"], r"(?i)[?&]code=(4(?:/|%2F)[A-Za-z0-9_-]{20,})", 2.5),
        ],
    ),
    rule(
        "command-line",
        "credential on a command line",
        "credentials on command lines",
        &[
            pattern(
                &["--"],
                r#"(?i)(?:^|[\s"'])--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|secret|token|api-?key)[ \t]+["']?([^\s"'=,;<>\[\](){}-][^\s"',;]*)"#,
                0.0,
            ),
            pattern(
                &["mysql", "mariadb"],
                r#"(?i)\b(?:mysql|mariadb)[a-z-]{0,12}(?:[ \t][^\n|;&]{0,200}?)?[ \t](?-i:-p)["']?([^\s"']+)"#,
                0.0,
            ),
            pattern(
                &["sshpass", "docker login", "podman login", "oc login", "registry login"],
                r#"(?i)\b(?:sshpass|(?:docker|podman|oc|registry)[ \t]+login)(?:[ \t][^\n|;&]{0,200}?)?[ \t](?-i:-p)[ \t]{0,4}["']?([^\s"']+)"#,
                0.0,
            ),
            pattern(
                &["curl"],
                r#"(?i)\bcurl(?:[ \t][^\n|;]{0,200}?)?[ \t](?:(?-i:-u)|--user)[ \t]{0,4}["']?[^\s:"'/]{1,100}:([^\s"']+)"#,
                0.0,
            ),
        ],
    ),
    rule(
        "netrc-password",
        "password in a .netrc",
        "passwords in .netrc files",
        &[pattern(
            &["password "],
            r"(?m)(?:^[ \t]*|\blogin[ \t]+\S{1,100}[ \t]+)password[ \t]+(\S+)[ \t]*$",
            0.0,
        )],
    ),
    rule(
        "pgpass-password",
        "password in a .pgpass",
        "passwords in .pgpass files",
        // A row is host, port, database, user and password, all of a line.
        &[pattern(
            &[":5432:", ":5433:", ":5434:", ":6432:", ":26257:", ":*:"],
            r"(?m)^[ \t]*[A-Za-z0-9._*/-]+:(?:[0-9]{4,5}|\*):[^:\s]+:[^:\s]+:((?:[^\s:\\]|\\.)+)[ \t\r]*$",
            0.0,
        )],
    ),
    rule(
        "cookie",
        "cookie",
        "cookies",
        &[
            pattern(
                &["cookie"],
                r#"(?i)\b(?:set-)?cookie(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([A-Za-z0-9_.-]{1,80}=[^\s"'\\]{16,})"#,
                2.5,
            ),
            // Short ones, which say what somebody likes, may stand before that of a session.
            pattern(
                &["cookie"],
                r#"(?i)\b(?:set-)?cookie(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?(?:[A-Za-z0-9_.-]{1,80}=[^\s"'\\;]{0,15};[ \t]{0,2}){1,16}([A-Za-z0-9_.-]{1,80}=[^\s"'\\;]{16,})"#,
                2.5,
            ),
        ],
    ),
];

/// Credentials by the names that a program gives them.
pub(crate) const BY_NAME: &[Rule] = &[
    Rule {
        id: "named-in-environment",
        title: "variable of the environment with a telling name",
        plural: "variables of the environment with telling names",
        confidence: Confidence::Medium,
        patterns: &[],
    },
    Rule {
        id: "named-in-json",
        title: "JSON field with a telling name",
        plural: "JSON fields with telling names",
        confidence: Confidence::Medium,
        patterns: &[],
    },
    Rule {
        id: "named",
        title: "value with a telling name",
        plural: "values with telling names",
        confidence: Confidence::Low,
        patterns: NAMED,
    },
];

const NAMED: &[Pattern] = &[
    // What a program calls a password is one, whatever it looks like.
    pattern(
        &["password", "passwd", "passphrase", "_pass"],
        r#"(?i)(?:password|passwd|passphrase|_pass)(?:\\{0,7}["'][ \t]{0,3}[:=][ \t]{0,3}|[ \t]{0,2}=[ \t]{0,2}|:[ \t]{0,4})\\{0,7}["']?([0-9]{3,})"#,
        0.0,
    ),
    pattern(
        &[
            "password",
            "passwd",
            "passphrase",
            "secret",
            "token",
            "apikey",
            "api_key",
            "api-key",
            "accesskey",
            "access_key",
            "access-key",
            "private_key",
            "privatekey",
            "credential",
            "_pass",
            "pwd",
            "dbpass",
            "signing_key",
            "signingkey",
            "encryption_key",
            "encryptionkey",
            "client-key-data",
            "kennwort",
            "mfaseed",
            "mfa_seed",
        ],
        concat!(
            r"(?i)(?:password|passwd|passphrase|secret(?:[_-]?key(?:[_-]?base)?)?|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|_pass|pwd|dbpass|(?:signing|encryption)[_-]?key|client-key-data|kennwort|mfa[_-]?seed)",
            // JSON within JSON has its quotes escaped, once for each time that it was packed.
            // A Map is printed with arrows.
            r#"(?:\\{0,7}["'][ \t]{0,3}(?:=>|[:=])[ \t]{0,3}|[ \t]{0,2}=[ \t]{0,2}|:[ \t]{0,4})"#,
            r#"(?:\\{1,7}["']((?:[^"'\\\n]|\\{1,7}[^"'\\\n])+)"#,
            r#"|"((?:[^"\\\n]|\\.)+)|'((?:[^'\\\n]|\\.)+)"#,
            // What is compared or called is no value; a few digits are a count or a position.
            r#"|([^\s"'=>,;&{}\[\]()\\][^\s"',;&{}\[\]\\]{5,}|[^\s"'=>,;&{}\[\]()\\0-9][^\s"',;&{}\[\]\\]{0,4}))"#,
        ),
        0.9,
    ),
    // A mail server's, in programs with Node.js; without quotes it is a word of tests.
    pattern(
        &["pass:", "pass=", "pass\"", "pass'", "pass ="],
        r#"(?i)(?:^|[\s{,.("'])pass(?:\\{0,7}["'])?[ \t]{0,3}[:=][ \t]{0,3}(?:"([^"\\\n]{4,})"|'([^'\\\n]{4,})')"#,
        0.9,
    ),
    // In a sentence. What has no digit and no sign within may be the next word of it.
    pattern(
        &["password", "passphrase", "passwd"],
        concat!(
            r#"(?i)\b(?:password|passphrase|passwd)[ \t]+(?:is|was)[ \t]*:?[ \t]+["'`\u{201c}]?"#,
            r#"([^ \t\r\n"'`,;\u{201c}\u{201d}]{0,40}[0-9!@#$%^&*+][^ \t\r\n"'`,;\u{201c}\u{201d}]{3,}"#,
            r#"|[^ \t\r\n"'`,;\u{201c}\u{201d}]{1,40}[0-9@#$%^&*+][^ \t\r\n"'`,;\u{201c}\u{201d}]{2}"#,
            r#"|[^ \t\r\n"'`,;\u{201c}\u{201d}]{2,40}[0-9@#$%^&*+][^ \t\r\n"'`,;\u{201c}\u{201d}]"#,
            r#"|[^ \t\r\n"'`,;\u{201c}\u{201d}]{3,40}[0-9@#$%^&*+])"#,
        ),
        0.9,
    ),
    // Of a session, in logs: a digit comes soon in what is drawn, and seldom in what has a name.
    pattern(
        &[
            "sid=",
            "sid:",
            "sid =",
            "sid\"",
            "sid'",
            "sid\\",
            "sessid",
            "session=",
            "session:",
            "session\"",
            "session'",
            "session\\",
            "sessionid",
            "session_id",
            "session-id",
            "session id",
            "session =",
        ],
        r#"(?i)(?:\bsid|session(?:[_ -]?id)?|sessid)(?:\\{0,7}["'])?[ \t]{0,3}(?:=>|[:=])[ \t]{0,3}\\{0,7}["']?((?:s(?:%3a|:))?[a-z_%~+/-]{0,12}[0-9][a-z0-9%._~+/=-]{15,})"#,
        3.0,
    ),
    // In SQL.
    pattern(
        &["password '", "password \"", "identified by"],
        r#"(?i)\b(?:identified[ \t]+by|password)[ \t]+(?:'([^'\n]+)'|"([^"\n]+)")"#,
        0.9,
    ),
    // In XML.
    pattern(
        &["password", "passwd", "secret", "token", "apikey"],
        r#"(?i)\b(?:key|name)=["'][a-z0-9_.:-]{0,40}(?:password|passwd|secret|token|apikey)["'][ \t]+value=["']([^"'\n]+)["']"#,
        0.9,
    ),
    pattern(
        &[
            "password>",
            "passwd>",
            "passphrase>",
            "token>",
            "secret>",
            "apikey>",
            "api-key>",
            "api_key>",
        ],
        r"(?i)<[a-z0-9_.:-]{0,40}(?:password|passwd|passphrase|token|secret|api[_-]?key)>([^<>\s][^<>\n]{0,400})</",
        0.9,
    ),
];
