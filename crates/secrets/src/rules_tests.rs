//! Every rule has an example that it matches. Examples are put together here, so that no scanner takes this
//! source for a leak.

#![allow(clippy::panic, reason = "a test that panics is a test that fails")]

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

/// Characters that look random, the same in every run.
fn random(alphabet: &str, length: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    let mut state = 88_172_645_463_325_252u64 + length as u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % alphabet.len()
    };
    (0..length).map(|_| alphabet[next()]).collect()
}

fn alnum(length: usize) -> String {
    random("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length)
}

fn hex(length: usize) -> String {
    random("0123456789abcdef", length)
}

fn upper(length: usize) -> String {
    random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
}

fn digits(length: usize) -> String {
    random("0123456789", length)
}

fn jwt() -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let payload =
        format!(r#"{{"iss":"https://issuer.example.org","exp":1790000000,"jti":"{}"}}"#, hex(16));
    format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(&payload), alnum(43))
}

/// What stands before the credential, the credential, and what stands behind it.
fn example(id: &str) -> (String, String, &'static str) {
    let login = || STANDARD.encode(format!("robot:{}", hex(12)));
    let (before, secret, after) = match id {
        "private-key" => (
            "",
            format!(
                "-----BEGIN {k}-----\n{}\n{}\n-----END {k}-----",
                alnum(64),
                alnum(40),
                k = ["RSA PRIVATE", "KEY"].join(" ")
            ),
            "\n",
        ),
        "json-web-token" => ("session ", jwt(), " ok"),
        "aws-access-key" => ("", format!("AK{}{}", "IA", upper(16)), ""),
        "password-hash" => ("ada:", format!("${}${}${}", "apr1", alnum(8), alnum(22)), "\n"),
        "github-token" => ("", format!("gh{}{}", "p_", alnum(36)), ""),
        "gitlab-token" => ("", format!("gl{}{}", "pat-", alnum(20)), ""),
        "bitbucket-app-password" => ("", format!("AT{}{}", "BB", alnum(32)), ""),
        "atlassian-token" => ("", format!("ATA{}{}", "TT3", alnum(80)), ""),
        "slack-token" => ("", format!("xo{}{}-{}", "xb-", digits(12), alnum(24)), ""),
        "slack-webhook" => (
            "https://hooks.slack.com/services/",
            format!("T{}/B{}/{}", upper(8), upper(8), alnum(24)),
            "",
        ),
        "discord-webhook" => {
            ("https://discord.com/api/webhooks/123456789012345678/", alnum(68), "")
        }
        "npm-token" => ("", format!("np{}{}", "m_", alnum(36)), ""),
        "pypi-token" => ("", format!("pypi-AgEI{}{}", "cHlwaS", alnum(60)), ""),
        "rubygems-key" => ("", format!("rubygems{}{}", "_", hex(48)), ""),
        "google-api-key" => ("key=", format!("AI{}{}", "za", alnum(35)), ""),
        "google-oauth-token" => ("", format!("ya{}{}", "29.", alnum(60)), ""),
        "google-client-secret" => ("", format!("GOC{}{}", "SPX-", alnum(28)), ""),
        "azure-client-secret" => ("=", format!(".{}8{}{}", alnum(2), "Q~", alnum(34)), ""),
        "azure-storage-key" => {
            ("AccountName=a;AccountKey=", format!("{}==", alnum(86)), ";EndpointSuffix=x")
        }
        "azure-sas" => ("https://a.blob.core.windows.net/c?sv=2024&sig=", alnum(43), "&se=1"),
        "anthropic-key" => ("", format!("sk-{}{}", "ant-api03-", alnum(93)), ""),
        "openai-key" => ("", format!("sk-{}{}", "proj-", alnum(64)), ""),
        "hugging-face-token" => ("", format!("h{}{}", "f_", alnum(34)), ""),
        "groq-key" => ("", format!("gs{}{}", "k_", alnum(52)), ""),
        "replicate-token" => ("", format!("r{}{}", "8_", alnum(37)), ""),
        "perplexity-key" => ("", format!("pp{}{}", "lx-", alnum(48)), ""),
        "stripe-key" => ("", format!("sk_{}{}", "live_", alnum(24)), ""),
        "square-token" => ("", format!("sq0{}{}", "atp-", alnum(22)), ""),
        "shopify-token" => ("", format!("shp{}{}", "at_", hex(32)), ""),
        "sendgrid-key" => ("", format!("S{}{}.{}", "G.", alnum(22), alnum(43)), ""),
        "mailchimp-key" => ("", format!("{}-{}", hex(32), "us12"), ""),
        "brevo-key" => ("", format!("xkey{}{}-{}", "sib-", hex(64), alnum(16)), ""),
        "twilio-key" => ("", format!("S{}{}", "K", hex(32)), ""),
        "vault-token" => ("", format!("hv{}{}", "s.", alnum(24)), ""),
        "terraform-token" => ("", format!("{}.atlas{}{}", alnum(14), "v1.", alnum(64)), ""),
        "pulumi-token" => ("", format!("pu{}{}", "l-", hex(40)), ""),
        "doppler-token" => ("", format!("dp{}{}", ".pt.", alnum(43)), ""),
        "openshift-token" => ("oc login --token ", format!("sha{}{}", "256~", alnum(43)), ""),
        "digitalocean-token" => ("", format!("do{}{}", "p_v1_", hex(64)), ""),
        "docker-token" => ("", format!("dckr{}{}", "_pat_", alnum(27)), ""),
        "docker-auth" => (r#"{"auths":{"quay.io":{"auth":""#, login(), r#""}}}"#),
        "jfrog-token" => ("", format!("AK{}{}", "Cp", alnum(69)), ""),
        "quay-token" => ("quay_robot_token=", upper(64), ""),
        "new-relic-key" => ("", format!("NR{}{}", "AK-", upper(27)), ""),
        "datadog-key" => ("DD_API_KEY=", hex(32), ""),
        "dynatrace-token" => ("", format!("dt0{}.{}.{}", "c01", upper(24), upper(64)), ""),
        "grafana-token" => ("", format!("gl{}{}_{}", "sa_", alnum(32), hex(8)), ""),
        "sentry-token" => ("", format!("sntr{}{}", "yu_", hex(64)), ""),
        "sentry-dsn" => ("https://", hex(32), "@o1.ingest.sentry.io/42"),
        "postman-key" => ("", format!("PM{}{}-{}", "AK-", hex(24), hex(34)), ""),
        "databricks-token" => ("", format!("da{}{}", "pi", hex(32)), ""),
        "sonar-token" => ("", format!("sq{}{}", "p_", hex(40)), ""),
        "linear-key" => ("", format!("lin_{}{}", "api_", alnum(40)), ""),
        "notion-token" => ("", format!("nt{}{}", "n_", alnum(46)), ""),
        "figma-token" => ("", format!("fi{}{}", "gd_", alnum(40)), ""),
        "telegram-token" => ("bot", format!("{}:A{}{}", "123456789", "A", alnum(33)), ""),
        "supabase-token" => ("", format!("sb{}{}", "p_", hex(40)), ""),
        "planetscale-token" => ("", format!("pscale_{}{}", "tkn_", alnum(43)), ""),
        "netlify-token" => ("", format!("nf{}{}", "p_", alnum(36)), ""),
        "heroku-key" => ("", format!("HR{}{}", "KU-AA", alnum(58)), ""),
        "onepassword-token" => ("", format!("op{}{}", "s_eyJ", alnum(200)), ""),
        "mailgun-key" => ("", format!("ke{}{}", "y-", hex(32)), ""),
        "discord-token" => ("", format!("MT{}.G{}.{}", alnum(22), alnum(5), alnum(38)), ""),
        "google-refresh-token" => ("", format!("1/{}{}", "/0", alnum(60)), ""),
        "facebook-token" => ("", format!("EA{}{}", "AC", alnum(120)), ""),
        "mapbox-token" => ("", format!("sk.{}{}.{}", "eyJ", alnum(60), alnum(22)), ""),
        "xai-key" => ("", format!("xa{}{}", "i-", alnum(80)), ""),
        "circleci-token" => ("", format!("CCI{}{}_{}", "PAT_", alnum(22), hex(40)), ""),
        "fly-token" => ("", format!("fm{}{}", "2_", alnum(120)), ""),
        "service-token" => ("", format!("sg{}{}", "p_", hex(40)), ""),
        "nuget-key" => ("", format!("oy{}{}", "2", alnum(43).to_ascii_lowercase()), ""),
        "command-line" => ("mysqldump -h db -p", hex(12), " backstage"),
        "netrc-password" => ("machine example.org login ada password ", hex(12), "\n"),
        "pgpass-password" => ("db.example.org:5432:shop:app:", hex(12), "\n"),
        "age-key" => ("", format!("AGE-{}{}", "SECRET-KEY-1", upper(58)), ""),
        "bearer-token" => ("Bearer ", alnum(32), ""),
        "basic-authorization" => ("Basic ", login(), ""),
        "authorization" => ("Authorization: token ", String::new(), ""),
        "password-in-url" => ("postgres://app:", hex(12), "@db:5432/x"),
        "password-in-connection-string" => {
            ("Server=db;User Id=sa;Password=", hex(12), ";Encrypt=yes")
        }
        "aws-secret-key" => ("aws_secret_access_key = ", alnum(40), ""),
        "jenkins-token" => ("jenkins_token: ", hex(34), ""),
        "query-parameter" => ("https://a.example.org/x?access_token=", hex(32), "&y=1"),
        "cookie" => ("cookie: ", format!("sid={}", alnum(32)), ""),
        "named-in-environment" => ("DB_PASSWORD=", hex(12), "\nPATH=/bin"),
        "named-in-json" => (r#"{"user":"a","password":""#, hex(12), r#""}"#),
        "named" => ("password: ", hex(12), ""),
        other => panic!("{other} has no example"),
    };
    if id == "authorization" {
        return ("Authorization: ".to_owned(), format!("token {}", hex(32)), "");
    }
    // A digit before the colon belongs to it.
    (before.replace("bot", "bot "), secret, after)
}

#[test]
fn every_rule_finds_its_example_in_a_heap() {
    let rules = Rules::standard();
    for rule in Rules::all().filter(|rule| rule.id != "named") {
        let (before, secret, after) = example(rule.id);
        let text = format!("{before}{secret}{after}");
        let found = rules.scan(&text, TextKind::Data);
        let found: Vec<_> =
            found.iter().map(|finding| (finding.rule, &text[finding.range.clone()])).collect();
        assert_eq!(found, [(rule.id, secret.as_str())], "{text}");
        if rule.confidence == Confidence::High {
            assert_eq!(rules.scan(&text, TextKind::Source).len(), 1, "{text}");
        }
    }
}

#[test]
fn every_example_is_masked_in_a_log() {
    for rule in Rules::all() {
        // Without the header's name it is none in a log.
        if rule.id == "basic-authorization" {
            continue;
        }
        let (before, secret, after) = example(rule.id);
        let masked = Rules::standard().mask(&format!("{before}{secret}{after}")).into_owned();
        assert!(!masked.contains(&secret), "{}: {masked}", rule.id);
    }
}

#[test]
fn rules_are_told_apart_and_named_for_people() {
    let ids: BTreeSet<&str> = Rules::all().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), Rules::all().count(), "an id is there twice");
    assert!(Rules::standard().patterns.len() <= Hits::BITS as usize);
    for rule in Rules::all() {
        assert!(!rule.title.is_empty() && rule.title != rule.plural, "{}", rule.id);
        for pattern in rule.patterns {
            assert!(!pattern.keywords.is_empty(), "{}", rule.id);
            assert!(Regex::new(pattern.regex).is_ok(), "{}", rule.id);
            for keyword in pattern.keywords {
                assert_eq!(*keyword, keyword.to_ascii_lowercase(), "{}", rule.id);
            }
        }
    }
}

#[test]
fn what_only_begins_like_a_token_is_none_in_a_heap() {
    for text in [
        format!("xo{}my-bot-token-here", "xb-"),
        format!("xo{}{}-{}", "xp-", digits(12), "#".repeat(24)),
        format!("xo{}1-SlackAppConfigurationAccessTokenHere", "xe.xoxp-"),
        format!("AI{}{}", "za", alnum(40)),
        format!("x.{}8{}{}", alnum(3), "Q~", alnum(34)),
    ] {
        for kind in [TextKind::Data, TextKind::Source] {
            let found = Rules::standard().scan(&text, kind);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}

/// A mask too many costs nothing, and owners make forms that they do not tell of.
#[test]
fn what_begins_like_a_token_is_masked() {
    for (before, secret, after) in [
        ("", format!("xo{}{}", "xr-", alnum(24)), ""),
        ("", format!("xo{}{}-{}", "xb-", digits(4), alnum(24)), ""),
        ("", format!("xo{}{}", "xe-1-", alnum(40)), ""),
        ("", format!("xo{}{}", "xe.xoxp-1-", alnum(40)), ""),
        ("", format!("xo{}{}-{}", "xc-", digits(12), hex(64)), ""),
        ("", format!("xo{}{}%2B{}%3D", "xd-", alnum(40), alnum(40)), ""),
        ("", format!("xa{}{}", "pp-1-", alnum(24)), ""),
        ("", format!("AI{}{}", "za", alnum(35)), "_"),
        ("", format!("AI{}{}", "za", alnum(35)), "-old"),
        ("x-", format!("{}8{}{}", alnum(3), "Q~", alnum(34)), ""),
        ("x.", format!("{}8{}{}", alnum(3), "Q~", alnum(34)), ""),
        ("x_", format!("{}3{}{}", alnum(3), "Q~", alnum(31)), " y"),
    ] {
        let masked = Rules::standard().mask(&format!("{before}{secret}{after}")).into_owned();
        assert!(masked.starts_with(before) && masked.ends_with(after), "{masked}");
        assert!(masked.contains("[REDACTED:") && !masked.contains(&secret), "{masked}");
    }
}

#[test]
fn tokens_of_services_are_told_by_their_beginnings() {
    let lower = |length| alnum(length).to_ascii_lowercase();
    for secret in [
        format!("CLO{}{}", "JARS_", lower(60)),
        format!("duf{}{}", "fel_live_", alnum(43)),
        format!("EZ{}{}", "AK", alnum(54)),
        format!("fio{}{}", "-u-", alnum(64)),
        format!("pn{}{}", "u_", lower(36)),
        format!("rd{}{}", "me_", lower(70)),
        format!("tk-{}{}", "us-", alnum(48)),
        format!("sg{}{}_{}", "p_", hex(16), hex(40)),
        format!("ts{}{}-{}", "key-auth-", alnum(12), alnum(32)),
        format!("tf{}{}", "p_", alnum(59)),
        format!("gl{}{}", "ptt-", hex(40)),
    ] {
        for (before, after) in [("", ""), ("x=", " y"), ("\"", "\"")] {
            let text = format!("{before}{secret}{after}");
            let found = Rules::standard().scan(&text, TextKind::Source);
            let found: Vec<&str> = found.iter().map(|it| &text[it.range.clone()]).collect();
            assert_eq!(found, [secret.as_str()], "{text}");
        }
        let longer = Rules::standard().scan(&format!("x{secret}"), TextKind::Source);
        assert!(longer.is_empty(), "{secret}: {longer:?}");
    }
}
