//! Credentials that nothing else looks like.

use super::{Confidence, Pattern, Rule, pattern};

const fn rule(
    id: &'static str,
    title: &'static str,
    plural: &'static str,
    patterns: &'static [Pattern],
) -> Rule {
    Rule { id, title, plural, confidence: Confidence::High, patterns }
}

/// Of two rules for the same text the first one names it.
pub(crate) const SHAPES: &[Rule] = &[
    rule(
        "private-key",
        "private key",
        "private keys",
        &[pattern(
            &["private key"],
            r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
            0.0,
        )],
    ),
    rule(
        "json-web-token",
        "JSON Web Token",
        "JSON Web Tokens",
        &[pattern(
            &["eyj"],
            r"\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*|\z))",
            0.0,
        )],
    ),
    rule(
        "aws-access-key",
        "AWS access key",
        "AWS access keys",
        &[pattern(
            &["akia", "asia", "abia", "acca"],
            r"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b",
            2.5,
        )],
    ),
    rule(
        "password-hash",
        "hash of a password",
        "hashes of passwords",
        &[pattern(
            &[
                "$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$y$", "$argon2",
                "$pbkdf2-", "{ssha", "{sha}",
            ],
            concat!(
                r"(\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}|\$(?:apr1|1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}",
                r"|\$[56]\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}",
                r"|\$y\$[./A-Za-z0-9]{1,10}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}",
                r"|\$argon2(?:id|i|d)\$(?:v=[0-9]{1,3}\$)?[a-z0-9,=]{1,40}\$[A-Za-z0-9+/]{8,88}\$[A-Za-z0-9+/]{16,}",
                r"|\$pbkdf2-[a-z0-9]{3,10}\$[0-9]{1,9}\$[./A-Za-z0-9]{4,88}\$[./A-Za-z0-9]{16,}",
                r"|\{(?i:s?sha(?:256|512)?)\}[A-Za-z0-9+/]{27,}={0,2})",
            ),
            3.0,
        )],
    ),
    rule(
        "github-token",
        "GitHub token",
        "GitHub tokens",
        &[
            pattern(
                &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
                r"\b(gh[pousr]_[A-Za-z0-9]{36,})",
                3.0,
            ),
            pattern(&["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{22,})", 3.0),
        ],
    ),
    rule(
        "gitlab-token",
        "GitLab token",
        "GitLab tokens",
        &[pattern(
            &[
                "glpat-", "gldt-", "glrt-", "glcbt-", "gloas-", "glsoat-", "glft-", "glptt-",
                "glimt-",
            ],
            r"\b(gl(?:pat|dt|rt|cbt|oas|soat|ft|ptt|imt)-[A-Za-z0-9_-]{20,})",
            2.5,
        )],
    ),
    rule(
        "bitbucket-app-password",
        "Bitbucket app password",
        "Bitbucket app passwords",
        &[pattern(&["atbb"], r"\b(ATBB[A-Za-z0-9]{32})\b", 3.0)],
    ),
    rule(
        "atlassian-token",
        "Atlassian token",
        "Atlassian tokens",
        &[pattern(&["atatt3", "atctt3"], r"\b(AT[AC]TT3[A-Za-z0-9_=-]{60,})", 3.5)],
    ),
    rule(
        "slack-token",
        "Slack token",
        "Slack tokens",
        // Loose, as those of Google and Azure below: `scan` believes only the forms that the owners describe.
        &[pattern(
            &[
                "xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-",
                "xoxe.xox", "xapp-",
            ],
            r"\b(xoxd-[A-Za-z0-9%+/=_-]{10,}|xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})",
            2.0,
        )],
    ),
    rule(
        "slack-webhook",
        "Slack webhook",
        "Slack webhooks",
        &[pattern(
            &["hooks.slack.com"],
            r"(?i)hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,80})",
            2.5,
        )],
    ),
    rule(
        "discord-webhook",
        "Discord webhook",
        "Discord webhooks",
        &[pattern(
            &["/api/webhooks/"],
            r"(?i)discord(?:app)?\.com/api/webhooks/[0-9]{10,25}/([A-Za-z0-9_-]{50,80})",
            3.5,
        )],
    ),
    rule(
        "npm-token",
        "npm token",
        "npm tokens",
        &[
            pattern(&["npm_"], r"\b(npm_[A-Za-z0-9]{36})\b", 3.0),
            pattern(
                &["_authtoken", "_auth"],
                r#"(?i)_auth(?:token)?\s{0,3}=\s{0,3}["']?([A-Za-z0-9+/=_-]{16,})"#,
                2.5,
            ),
        ],
    ),
    rule(
        "pypi-token",
        "PyPI token",
        "PyPI tokens",
        &[pattern(&["pypi-ageichlwas"], r"\b(pypi-AgEIcHlwaS[A-Za-z0-9_-]{40,})", 3.0)],
    ),
    rule(
        "rubygems-key",
        "RubyGems key",
        "RubyGems keys",
        &[pattern(&["rubygems_"], r"\b(rubygems_[a-f0-9]{48})\b", 3.0)],
    ),
    rule(
        "google-api-key",
        "Google API key",
        "Google API keys",
        &[pattern(&["aiza"], r"\b(AIza[A-Za-z0-9_-]{35})", 3.0)],
    ),
    rule(
        "google-oauth-token",
        "Google OAuth token",
        "Google OAuth tokens",
        &[pattern(&["ya29."], r"\b(ya29\.[A-Za-z0-9_-]{20,})", 3.0)],
    ),
    rule(
        "google-client-secret",
        "Google client secret",
        "Google client secrets",
        &[pattern(&["gocspx-"], r"\b(GOCSPX-[A-Za-z0-9_-]{28})", 2.5)],
    ),
    rule(
        "azure-client-secret",
        "Azure client secret",
        "Azure client secrets",
        &[pattern(&["q~"], r"([A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})", 3.0)],
    ),
    rule(
        "azure-storage-key",
        "Azure storage account key",
        "Azure storage account keys",
        &[pattern(&["accountkey="], r"(?i)\baccountkey=([A-Za-z0-9+/]{86}==)", 3.5)],
    ),
    rule(
        "azure-sas",
        "Azure shared access signature",
        "Azure shared access signatures",
        &[pattern(&["sig="], "(?i)[?&;]sig=([A-Za-z0-9%+/]{40,}={0,2})", 3.5)],
    ),
    rule(
        "anthropic-key",
        "Anthropic key",
        "Anthropic keys",
        &[pattern(&["sk-ant-"], r"\b(sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{32,})", 3.5)],
    ),
    rule(
        "openai-key",
        "OpenAI key",
        "OpenAI keys",
        &[pattern(&["sk-"], r"\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,})", 3.5)],
    ),
    rule(
        "hugging-face-token",
        "Hugging Face token",
        "Hugging Face tokens",
        &[pattern(&["hf_"], r"\b(hf_[A-Za-z0-9]{34,40})\b", 3.0)],
    ),
    rule(
        "groq-key",
        "Groq key",
        "Groq keys",
        &[pattern(&["gsk_"], r"\b(gsk_[A-Za-z0-9]{52})\b", 3.5)],
    ),
    rule(
        "replicate-token",
        "Replicate token",
        "Replicate tokens",
        &[pattern(&["r8_"], r"\b(r8_[A-Za-z0-9]{37})\b", 3.5)],
    ),
    rule(
        "perplexity-key",
        "Perplexity key",
        "Perplexity keys",
        &[pattern(&["pplx-"], r"\b(pplx-[A-Za-z0-9]{48})\b", 3.5)],
    ),
    rule(
        "stripe-key",
        "Stripe key",
        "Stripe keys",
        &[pattern(
            &["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_", "whsec_"],
            r"\b((?:[sr]k_(?:live|test|prod)_|whsec_)[A-Za-z0-9]{16,})",
            3.0,
        )],
    ),
    rule(
        "square-token",
        "Square token",
        "Square tokens",
        &[pattern(&["sq0atp-", "sq0csp-"], r"\b(sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43})", 3.0)],
    ),
    rule(
        "shopify-token",
        "Shopify token",
        "Shopify tokens",
        &[pattern(
            &["shpat_", "shpca_", "shppa_", "shpss_"],
            r"\b(shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32})\b",
            2.5,
        )],
    ),
    rule(
        "sendgrid-key",
        "SendGrid key",
        "SendGrid keys",
        &[pattern(&["sg."], r"\b(SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})", 3.5)],
    ),
    rule(
        "mailchimp-key",
        "Mailchimp key",
        "Mailchimp keys",
        &[pattern(&["-us"], r"\b([a-f0-9]{32}-us[0-9]{1,2})\b", 3.0)],
    ),
    rule(
        "brevo-key",
        "Brevo key",
        "Brevo keys",
        &[pattern(&["xkeysib-"], r"\b(xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16})\b", 3.0)],
    ),
    rule(
        "twilio-key",
        "Twilio key",
        "Twilio keys",
        &[
            pattern(&["sk"], r"\b(SK[0-9a-f]{32})\b", 3.0),
            pattern(
                &["twilio"],
                r#"(?i)twilio[a-z_. -]{0,20}(?:token|secret|key)(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([a-f0-9]{32})\b"#,
                3.0,
            ),
        ],
    ),
    rule(
        "vault-token",
        "Vault token",
        "Vault tokens",
        &[pattern(&["hvs.", "hvb.", "hvr."], r"\b(hv[sbr]\.[A-Za-z0-9_-]{24,})", 3.0)],
    ),
    rule(
        "terraform-token",
        "Terraform token",
        "Terraform tokens",
        &[pattern(&[".atlasv1."], r"\b([A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})", 3.5)],
    ),
    rule(
        "pulumi-token",
        "Pulumi token",
        "Pulumi tokens",
        &[pattern(&["pul-"], r"\b(pul-[a-f0-9]{40})\b", 3.0)],
    ),
    rule(
        "doppler-token",
        "Doppler token",
        "Doppler tokens",
        &[pattern(
            &["dp.pt.", "dp.st.", "dp.sa."],
            r"\b(dp\.(?:pt|st|sa)\.(?:[a-z0-9_-]{1,35}\.)?[A-Za-z0-9]{40,44})\b",
            3.0,
        )],
    ),
    rule(
        "openshift-token",
        "OpenShift token",
        "OpenShift tokens",
        &[pattern(&["sha256~"], r"\b(sha256~[A-Za-z0-9_-]{43})", 3.0)],
    ),
    rule(
        "digitalocean-token",
        "DigitalOcean token",
        "DigitalOcean tokens",
        &[pattern(&["doo_v1_", "dop_v1_", "dor_v1_"], r"\b(do[opr]_v1_[a-f0-9]{64})\b", 3.0)],
    ),
    rule(
        "docker-token",
        "Docker token",
        "Docker tokens",
        &[pattern(&["dckr_pat_", "dckr_oat_"], r"\b(dckr_[po]at_[A-Za-z0-9_-]{24,64})", 3.0)],
    ),
    rule(
        "docker-auth",
        "registry login of Docker",
        "registry logins of Docker",
        &[pattern(
            &[r#""auth"#],
            r#"(?i)"auth\\{0,7}"\s{0,4}:\s{0,4}\\{0,7}"([A-Za-z0-9+/]{12,}={0,2})"#,
            2.5,
        )],
    ),
    rule(
        "jfrog-token",
        "JFrog token",
        "JFrog tokens",
        &[
            pattern(&["akcp"], r"\b(AKCp[A-Za-z0-9]{69})\b", 3.5),
            pattern(&["cmvmdgtu"], r"\b(cmVmdGtu[A-Za-z0-9]{56})\b", 3.5),
        ],
    ),
    rule(
        "quay-token",
        "Quay token",
        "Quay tokens",
        &[pattern(
            &["quay"],
            r#"(?i)quay[a-z_. -]{0,30}(?:token|password|secret)(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([A-Za-z0-9]{40}(?:[A-Za-z0-9]{24})?)\b"#,
            3.0,
        )],
    ),
    rule(
        "new-relic-key",
        "New Relic key",
        "New Relic keys",
        &[
            pattern(
                &["nrak-", "nrii-", "nrjs-"],
                r"\b(NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_-]{32}|NRJS-[a-f0-9]{19})\b",
                2.5,
            ),
            pattern(&["nral"], r"\b([a-f0-9]{32,36}(?:FFFF)?NRAL)\b", 2.5),
        ],
    ),
    rule(
        "datadog-key",
        "Datadog key",
        "Datadog keys",
        &[pattern(
            &["datadog", "dd_api", "dd_app", "dd-api", "dd-app"],
            r#"(?i)\b(?:datadog|dd)[a-z_. -]{0,20}key(?:\\{0,7}["'])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'])?([a-f0-9]{40}|[a-f0-9]{32})\b"#,
            2.5,
        )],
    ),
    rule(
        "dynatrace-token",
        "Dynatrace token",
        "Dynatrace tokens",
        &[pattern(&["dt0c01.", "dt0s"], r"\b(dt0[cs][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64})\b", 3.5)],
    ),
    rule(
        "grafana-token",
        "Grafana token",
        "Grafana tokens",
        &[
            pattern(&["glsa_"], r"\b(glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})\b", 3.0),
            pattern(&["glc_eyj"], r"\b(glc_eyJ[A-Za-z0-9+/=]{40,})", 3.5),
        ],
    ),
    rule(
        "sentry-token",
        "Sentry token",
        "Sentry tokens",
        &[
            pattern(&["sntrys_eyj"], r"\b(sntrys_eyJ[A-Za-z0-9+/=_]{60,})", 3.5),
            pattern(&["sntryu_"], r"\b(sntryu_[a-f0-9]{64})\b", 3.0),
        ],
    ),
    rule(
        "sentry-dsn",
        "Sentry DSN",
        "Sentry DSNs",
        &[pattern(
            &["sentry"],
            r"(?i)\bhttps?://([a-f0-9]{32}(?::[a-f0-9]{32})?)@[a-z0-9.-]{0,100}sentry[a-z0-9.-]{0,60}/[0-9]+",
            3.0,
        )],
    ),
    rule(
        "postman-key",
        "Postman key",
        "Postman keys",
        &[pattern(&["pmak-"], r"\b(PMAK-[a-f0-9]{24}-[a-f0-9]{34})\b", 3.0)],
    ),
    rule(
        "databricks-token",
        "Databricks token",
        "Databricks tokens",
        &[pattern(&["dapi"], r"\b(dapi[a-f0-9]{32}(?:-[0-9])?)\b", 3.0)],
    ),
    rule(
        "sonar-token",
        "SonarQube token",
        "SonarQube tokens",
        &[pattern(&["sqp_", "squ_", "sqa_"], r"\b(sq[pua]_[a-f0-9]{40})\b", 3.0)],
    ),
    rule(
        "linear-key",
        "Linear key",
        "Linear keys",
        &[pattern(&["lin_api_"], r"\b(lin_api_[A-Za-z0-9]{40})\b", 3.0)],
    ),
    rule(
        "notion-token",
        "Notion token",
        "Notion tokens",
        &[pattern(&["ntn_"], r"\b(ntn_[A-Za-z0-9]{46})\b", 3.5)],
    ),
    rule(
        "figma-token",
        "Figma token",
        "Figma tokens",
        &[pattern(&["figd_"], r"\b(figd_[A-Za-z0-9_-]{40})", 3.5)],
    ),
    rule(
        "telegram-token",
        "Telegram token",
        "Telegram tokens",
        &[pattern(&[":aa"], r"\b([0-9]{8,10}:AA[A-Za-z0-9_-]{33})", 3.0)],
    ),
    rule(
        "supabase-token",
        "Supabase token",
        "Supabase tokens",
        &[pattern(&["sbp_"], r"\b(sbp_[a-f0-9]{40})\b", 3.0)],
    ),
    rule(
        "planetscale-token",
        "PlanetScale token",
        "PlanetScale tokens",
        &[pattern(&["pscale_"], r"\b(pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64})", 3.5)],
    ),
    rule(
        "netlify-token",
        "Netlify token",
        "Netlify tokens",
        &[pattern(&["nfp_"], r"\b(nfp_[A-Za-z0-9]{36})\b", 3.5)],
    ),
    rule(
        "heroku-key",
        "Heroku key",
        "Heroku keys",
        &[pattern(&["hrku-"], r"\b(HRKU-AA[A-Za-z0-9_-]{58})", 3.5)],
    ),
    rule(
        "onepassword-token",
        "1Password token",
        "1Password tokens",
        &[pattern(&["ops_eyj"], r"\b(ops_eyJ[A-Za-z0-9+/=_-]{100,})", 3.5)],
    ),
    rule(
        "age-key",
        "age secret key",
        "age secret keys",
        &[pattern(&["age-secret-key-1"], r"\b(AGE-SECRET-KEY-1[0-9A-Z]{58})\b", 3.0)],
    ),
    rule(
        "mailgun-key",
        "Mailgun key",
        "Mailgun keys",
        &[pattern(&["key-"], r"\b(key-[a-f0-9]{32})\b", 3.0)],
    ),
    rule(
        "discord-token",
        "Discord token",
        "Discord tokens",
        // The first part is the number of the bot in base64: digits alone; the second is a time.
        &[pattern(
            &[".g", ".x", ".y"],
            r"\b((?:M[TDjzC]|N[DTjz]|O[DT])[A-Za-z0-9_-]{21,26}\.[GXY][A-Za-z0-9_-]{5}\.[A-Za-z0-9_-]{27,40})(?:[^A-Za-z0-9_-]|$)",
            3.5,
        )],
    ),
    rule(
        "google-refresh-token",
        "Google refresh token",
        "Google refresh tokens",
        &[pattern(&["1//0"], r"\b(1//0[A-Za-z0-9_-]{40,})", 3.5)],
    ),
    rule(
        "facebook-token",
        "Facebook token",
        "Facebook tokens",
        &[pattern(&["eaac", "eaab", "eaaa"], r"\b(EAA[A-C][A-Za-z0-9]{60,})", 3.5)],
    ),
    rule(
        "mapbox-token",
        "Mapbox secret token",
        "Mapbox secret tokens",
        &[pattern(&["sk.eyj"], r"\b(sk\.eyJ[A-Za-z0-9_-]{30,}\.[A-Za-z0-9_-]{15,})", 3.5)],
    ),
    rule(
        "xai-key",
        "xAI key",
        "xAI keys",
        &[pattern(&["xai-"], r"\b(xai-[A-Za-z0-9]{60,})\b", 3.5)],
    ),
    rule(
        "circleci-token",
        "CircleCI token",
        "CircleCI tokens",
        &[pattern(&["ccipat_"], r"\b(CCIPAT_[A-Za-z0-9]{20,26}_[a-f0-9]{40})\b", 3.5)],
    ),
    rule(
        "fly-token",
        "Fly.io token",
        "Fly.io tokens",
        &[pattern(&["fm2_"], r"\b(fm2_[A-Za-z0-9+/=_-]{60,})", 3.5)],
    ),
    rule(
        "nuget-key",
        "NuGet key",
        "NuGet keys",
        &[pattern(&["oy2"], r"\b(oy2[a-z0-9]{43})\b", 3.5)],
    ),
    rule(
        "service-token",
        "Token of a service",
        "Tokens of services",
        // Clojars, Duffel, EasyPost, Frame.io, Prefect, ReadMe, Scalingo, Sourcegraph, Tailscale, Typeform: what begins so and
        // is as long is nothing else.
        &[pattern(
            &[
                "clojars_", "duffel_", "ezak", "eztk", "fio-u-", "pnu_", "rdme_", "tk-us-", "sgp_",
                "tskey-", "tfp_",
            ],
            r"\b(CLOJARS_[a-z0-9]{60}|duffel_(?:test|live)_[A-Za-z0-9_=-]{43}|EZ[AT]K[A-Za-z0-9]{54}|fio-u-[A-Za-z0-9_=-]{64}|pnu_[a-z0-9]{36}|rdme_[a-z0-9]{70}|tk-us-[A-Za-z0-9_-]{48}|sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}|tskey-(?:auth|api|client|webhook)-[A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40}|tfp_[A-Za-z0-9_.=-]{59})(?:[^A-Za-z0-9_-]|$)",
            3.0,
        )],
    ),
];
