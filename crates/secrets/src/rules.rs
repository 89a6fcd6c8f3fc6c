//! The rules. No pattern looks far ahead before it knows that it matches, so that long lines take linear time.

/// What a credential looks like.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// One of these is in every text with such a credential, whatever the case.
    pub(crate) keywords: &'static [&'static str],
    /// The first group that took part, if the pattern has any, is the credential.
    pub(crate) pattern: &'static str,
    /// Least bits per character.
    pub(crate) entropy: f64,
}

const fn rule(
    name: &'static str,
    keywords: &'static [&'static str],
    pattern: &'static str,
    entropy: f64,
) -> Rule {
    Rule { name, keywords, pattern, entropy }
}

/// The rules, the sure ones first.
pub(crate) const RULES: &[Rule] = &[
    rule(
        "private-key",
        &["private key"],
        r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
        0.0,
    ),
    rule(
        "json-web-token",
        &["eyj"],
        r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)",
        0.0,
    ),
    rule("bearer-token", &["bearer"], r#"(?i)\bbearer[ \t]+["']?([A-Za-z0-9._~+/=-]{10,})"#, 0.0),
    rule(
        "basic-authorization",
        &["authorization", "basic"],
        r#"(?i)\bauthorization(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,7}["'])?basic[ \t]+([A-Za-z0-9+/=]{8,})"#,
        0.0,
    ),
    rule(
        "authorization",
        &["authorization"],
        r#"(?i)\bauthorization(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,7}["'])?((?:token|digest|negotiate|apikey|api-key)[ \t]+[^\s"',;\\]{8,})"#,
        0.0,
    ),
    rule(
        "password-in-url",
        &["://"],
        r#"\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/?#@"'<>]*:([^\s/"'<>]+)@[^\s@"'<>]"#,
        0.0,
    ),
    rule(
        "password-in-connection-string",
        &["password=", "pwd=", "accountkey=", "sharedaccesskey=", "password =", "pwd ="],
        r#"(?i)\b(?:password|pwd|accountkey|sharedaccesskey)[ \t]{0,2}=[ \t]{0,2}["']?([^\s;"'&,=>][^\s;"'&,]*)"#,
        0.0,
    ),
    rule(
        "aws-access-key",
        &["akia", "asia", "abia", "acca"],
        r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b",
        2.5,
    ),
    rule(
        "aws-secret-key",
        &["aws"],
        r#"(?i)aws[a-z_. -]{0,20}(?:secret|key)[a-z_. -]{0,20}(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([A-Za-z0-9/+=]{40})\b"#,
        3.0,
    ),
    rule(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"\b(gh[pousr]_[A-Za-z0-9]{36,})",
        3.0,
    ),
    rule("github-token", &["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{22,})", 3.0),
    rule(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "gloas-", "glsoat-", "glft-"],
        r"\b(gl(?:pat|dt|rt|cbt|oas|soat|ft)-[A-Za-z0-9_-]{20,})",
        2.5,
    ),
    rule(
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxe-", "xoxs-", "xapp-"],
        r"\b(xox[abeprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})",
        2.0,
    ),
    rule(
        "slack-webhook",
        &["hooks.slack.com"],
        r"(?i)hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,80})",
        2.5,
    ),
    rule("npm-token", &["npm_"], r"\b(npm_[A-Za-z0-9]{36})\b", 3.0),
    rule(
        "npm-token",
        &["_authtoken", "_auth"],
        r#"(?i)_auth(?:token)?\s{0,3}=\s{0,3}["']?([A-Za-z0-9+/=_-]{16,})"#,
        2.5,
    ),
    rule("google-api-key", &["aiza"], r"\b(AIza[A-Za-z0-9_-]{35})", 3.0),
    rule("google-oauth-token", &["ya29."], r"\b(ya29\.[A-Za-z0-9_-]{20,})", 3.0),
    rule("google-client-secret", &["gocspx-"], r"\b(GOCSPX-[A-Za-z0-9_-]{28})", 2.5),
    rule("azure-client-secret", &["q~"], r"\b([A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34})", 3.0),
    rule("openai-key", &["sk-"], r"\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,})", 3.5),
    rule(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"\b((?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{16,})",
        3.0,
    ),
    rule("sendgrid-key", &["sg."], r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})", 3.5),
    rule("vault-token", &["hvs.", "hvb.", "hvr."], r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", 3.0),
    rule("openshift-token", &["sha256~"], r"\b(sha256~[A-Za-z0-9_-]{43})", 3.0),
    rule("docker-token", &["dckr_pat_", "dckr_oat_"], r"\b(dckr_[po]at_[A-Za-z0-9_-]{24,64})", 3.0),
    rule("pypi-token", &["pypi-ageichlwas"], r"\b(pypi-AgEIcHlwaS[A-Za-z0-9_-]{40,})", 3.0),
    rule("telegram-token", &[":aa"], r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})", 3.0),
    rule(
        "jenkins-token",
        &["jenkins"],
        r#"(?i)jenkins[a-z_. -]{0,20}token(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([a-f0-9]{32,40})\b"#,
        2.5,
    ),
    rule(
        "cookie",
        &["cookie"],
        r#"(?i)\b(?:set-)?cookie(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([A-Za-z0-9_.-]{1,80}=[^\s"'\\]{16,})"#,
        2.5,
    ),
    // What a program calls a password is one, whatever it looks like.
    rule(
        "named",
        &["password", "passwd", "passphrase", "_pass"],
        r#"(?i)(?:password|passwd|passphrase|_pass)(?:\\{0,7}["'][ \t]{0,3}[:=][ \t]{0,3}|[ \t]{0,2}=[ \t]{0,2}|:[ \t]{0,4})\\{0,7}["']?([0-9]{3,})"#,
        0.0,
    ),
    rule(
        "named",
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
        ],
        concat!(
            r"(?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials?|_pass|pwd)",
            // JSON within JSON has its quotes escaped, once for each time that it was packed.
            r#"(?:\\{0,7}["'][ \t]{0,3}[:=][ \t]{0,3}|[ \t]{0,2}=[ \t]{0,2}|:[ \t]{0,4})"#,
            r#"(?:\\{1,7}["']((?:[^"'\\\n]|\\{1,7}[^"'\\\n])+)"#,
            r#"|"((?:[^"\\\n]|\\.)+)|'((?:[^'\\\n]|\\.)+)"#,
            // What is compared or called is no value; a few digits are a count or a position.
            r#"|([^\s"'=>,;&{}\[\]()\\][^\s"',;&{}\[\]\\]{5,}|[^\s"'=>,;&{}\[\]()\\0-9][^\s"',;&{}\[\]\\]{0,4}))"#,
        ),
        0.9,
    ),
];

/// Names whose values are credentials.
pub(crate) const SECRET_NAMES: &str = r"(?i)(?:passw|passphrase|passwd|(?:^|[_.-])(?:pass|pwd|pw|pat|key|auth)$|pwd$|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|encryption[_.-]?key|signing[_.-]?key|account[_.-]?key|credential|connection[_.-]?string|database[_.-]?url|[_.-]dsn$|^dsn$|_auth(?:$|_)|cookie|session[_.-]?key|webhook[_.-]?url|^npm_config_.{0,40}auth)";

/// Names that sound like it, and whose values say how something is configured.
pub(crate) const HARMLESS_NAMES: &str = r"(?i)(?:(?:secret|token|password|key|credential)s?[_.-]?(?:name|names|ref|file|path|dir|type|ttl|expiry|expiration|expires|lifetime|age|length|count|limit|size|url|uri|endpoint|issuer|audience|enabled|required|rotation|policy|provider|format|version)s?$|(?:^|[_.-])max[_.-]?tokens?$|^automountServiceAccountToken$|^serviceAccountToken$|^(?:secretRef|secretKeyRef|secretName|imagePullSecrets?|envFrom)$|^key$|^topologyKey$|^tokenExpirationSeconds$|^SHLVL$|^PWD$|^OLDPWD$)";
