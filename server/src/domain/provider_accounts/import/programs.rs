//! The credentials that other programs keep on a person's machine: Claude Code, Codex, Gemini CLI, Qwen Code, GitHub
//! Copilot's editors and `OpenCode`. Their formats are in the public sources of the programs.

use entity::provider_account::ProviderKind;
use serde_json::{Map, Value};

use super::{Entry, Item};
use crate::{
    domain::provider_accounts::{
        NewProviderApiKey,
        auth_file::{self, NewAuthFile, text},
        github::NewGithubToken,
    },
    providers::{self, ProgramTokens},
};

const CLAUDE_CODE: &str = "Claude Code";
const CODEX: &str = "Codex CLI";
const GEMINI_CLI: &str = "Gemini CLI";
const QWEN_CODE: &str = "Qwen Code";
const COPILOT: &str = "GitHub Copilot";
const OPENCODE: &str = "OpenCode";

/// The members of a file of Copilot's editors begin with this, and an application's id may follow.
const GITHUB_HOST: &str = "github.com";
/// The maximum length of a name in an error, in characters.
const MAX_QUOTE: usize = 40;

/// The entries of a document if it is of one of these programs.
pub(super) fn entries(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    let read = [
        claude_code,
        claude_settings,
        codex,
        google_or_qwen,
        copilot,
        opencode,
    ];
    read.iter().find_map(|read| read(document))
}

/// `.credentials.json`, or the keychain's entry on macOS.
fn claude_code(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    let tokens = document.get("claudeAiOauth")?.as_object();
    let item = tokens
        .ok_or_else(|| "claudeAiOauth is not an object; copy the whole file".to_owned())
        .and_then(|tokens| {
            let tokens = ProgramTokens {
                access: text(tokens, "accessToken"),
                refresh: text(tokens, "refreshToken"),
                expires_at: tokens.get("expiresAt").and_then(auth_file::moment),
                plan: text(tokens, "subscriptionType"),
                ..ProgramTokens::default()
            };
            sign_in(ProviderKind::Claude, &tokens)
        });
    Some(vec![Entry::new(CLAUDE_CODE, item)])
}

/// `.claude.json` names the account and has no tokens.
fn claude_settings(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    document.get("oauthAccount")?.as_object()?;
    let reason = "these are settings without tokens; choose .credentials.json, or on macOS paste the output of \
        security find-generic-password -s \"Claude Code-credentials\" -w";
    Some(vec![Entry::new(CLAUDE_CODE, Err(reason.to_owned()))])
}

/// `auth.json` with the tokens of a sign-in, an API key or both.
fn codex(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    let has_tokens = document
        .get("tokens")
        .is_some_and(|tokens| tokens.get("access_token").is_some());
    if !has_tokens && !document.contains_key("OPENAI_API_KEY") {
        return None;
    }
    let mut entries = Vec::new();
    if let Some(tokens) = document.get("tokens").and_then(Value::as_object) {
        let tokens = ProgramTokens {
            access: text(tokens, "access_token"),
            refresh: text(tokens, "refresh_token"),
            id_token: text(tokens, "id_token"),
            account_id: text(tokens, "account_id"),
            ..ProgramTokens::default()
        };
        entries.push(Entry::new(CODEX, sign_in(ProviderKind::Chatgpt, &tokens)));
    }
    if let Some(key) = text(document, "OPENAI_API_KEY") {
        entries.push(Entry::new(CODEX, api_key(ProviderKind::Chatgpt, key)));
    }
    if entries.is_empty() {
        let reason = "the file has neither tokens nor an API key; sign in with codex login";
        entries.push(Entry::new(CODEX, Err(reason.to_owned())));
    }
    Some(entries)
}

/// `oauth_creds.json`, by which both programs mean a file of their own. The engine can use neither.
fn google_or_qwen(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    if !document.contains_key("access_token") || !document.contains_key("expiry_date") {
        return None;
    }
    let (program, reason) = if document.contains_key("resource_url") {
        let reason = "the engine cannot use sign-ins of Qwen Code; add an API key of an OpenAI-compatible provider";
        (QWEN_CODE, reason)
    } else {
        let reason = "the engine cannot use sign-ins of Gemini CLI; sign in to Gemini with the same Google account, \
            or add a Gemini API key";
        (GEMINI_CLI, reason)
    };
    Some(vec![Entry::new(program, Err(reason.to_owned()))])
}

/// `apps.json` or `hosts.json` of the editors' plugins.
fn copilot(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    let hosts = document.iter().filter(|(name, value)| {
        name.starts_with(GITHUB_HOST) && value.get("oauth_token").is_some()
    });
    let entries: Vec<_> = hosts
        .map(|(_, host)| {
            let host = host.as_object();
            let token = host.and_then(|host| text(host, "oauth_token"));
            let login = host.and_then(|host| text(host, "user"));
            Entry::new(COPILOT, github(login, token))
        })
        .collect();
    (!entries.is_empty()).then_some(entries)
}

/// `auth.json` with an entry for each provider.
fn opencode(document: &Map<String, Value>) -> Option<Vec<Entry>> {
    let is_entry = |value: &Value| {
        let kind = value.get("type").and_then(Value::as_str);
        matches!(kind, Some("oauth" | "api" | "wellknown"))
    };
    if document.is_empty() || !document.values().all(is_entry) {
        return None;
    }
    let items = document.iter().filter_map(|(name, entry)| {
        let item = opencode_item(name, entry.as_object()?);
        Some(Entry::new(OPENCODE, item))
    });
    Some(items.collect())
}

fn opencode_item(name: &str, entry: &Map<String, Value>) -> Result<Item, String> {
    let Some(kind) = providers::by_opencode_name(name) else {
        let quoted: String = name.chars().take(MAX_QUOTE).collect();
        return Err(format!(
            "this server has no provider {quoted:?} of OpenCode's; add its key as an OpenAI-compatible provider"
        ));
    };
    if let Some(key) = text(entry, "key") {
        return api_key(kind, key);
    }
    if kind == ProviderKind::Copilot {
        return github(None, text(entry, "refresh"));
    }
    let tokens = ProgramTokens {
        access: text(entry, "access"),
        refresh: text(entry, "refresh"),
        account_id: text(entry, "accountId"),
        expires_at: entry.get("expires").and_then(auth_file::moment),
        ..ProgramTokens::default()
    };
    sign_in(kind, &tokens)
}

fn sign_in(kind: ProviderKind, tokens: &ProgramTokens<'_>) -> Result<Item, String> {
    let spec = providers::spec(kind);
    let convert = spec.sign_in.as_ref().and_then(|spec| spec.from_tokens);
    let convert = convert.ok_or_else(|| {
        let name = spec.display_name;
        format!("sign-ins of {name} cannot be imported from this program; sign in here instead")
    })?;
    let (content, plan) = convert(tokens)?;
    Ok(Item::AuthFile(NewAuthFile {
        kind,
        label: None,
        email: None,
        plan,
        file_name: None,
        content,
        expires_at: tokens.expires_at,
    }))
}

fn api_key(kind: ProviderKind, key: &str) -> Result<Item, String> {
    let spec = providers::spec(kind);
    if !spec.api_keys.accepted || spec.api_keys.needs_base_url || spec.api_keys.needs_models {
        let name = spec.display_name;
        return Err(format!(
            "an API key of {name} needs more than the key; add it under Providers"
        ));
    }
    Ok(Item::ApiKey(NewProviderApiKey {
        kind,
        api_key: key.into(),
        label: None,
        base_url: None,
        headers: Vec::new(),
        models: Vec::new(),
        prefix: None,
    }))
}

/// The server exchanges the token for a Copilot token itself, which also yields the address and the models.
fn github(login: Option<&str>, token: Option<&str>) -> Result<Item, String> {
    let token = token.ok_or("the entry has no GitHub token; sign in to GitHub Copilot again")?;
    let api_url = providers::spec(ProviderKind::Copilot)
        .sign_in
        .as_ref()
        .map_or("", |spec| spec.api_url);
    Ok(Item::Github(NewGithubToken::unexchanged(
        login, token, api_url,
    )))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    fn read(document: Value) -> Vec<(&'static str, Result<Item, String>)> {
        let document = serde_json::from_value(document).unwrap();
        let entries = entries(&document).expect("a file of a known program");
        entries
            .into_iter()
            .map(|entry| (entry.program, entry.item))
            .collect()
    }

    /// A token with these claims and no valid signature.
    fn token(claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.x", part(&json!({"alg": "none"})), part(claims))
    }

    fn auth_file(items: &[(&'static str, Result<Item, String>)]) -> NewAuthFile {
        let Ok(Item::AuthFile(file)) = &items[0].1 else {
            panic!("no auth file");
        };
        NewAuthFile {
            kind: file.kind,
            label: None,
            email: None,
            plan: file.plan.clone(),
            file_name: None,
            content: file.content.clone(),
            expires_at: file.expires_at,
        }
    }

    #[test]
    fn claude_codes_credentials_become_an_auth_file_with_the_plan() {
        let items = read(json!({ "claudeAiOauth": {
            "accessToken": "sk-ant-oat01-a", "refreshToken": "sk-ant-ort01-r", "expiresAt": 1_796_000_000_000_u64,
            "scopes": ["user:inference", "user:profile"], "subscriptionType": "max", "rateLimitTier": "x5"
        } }));

        assert_eq!(items[0].0, "Claude Code");
        let file = auth_file(&items);
        assert_eq!(
            (file.kind, file.plan.as_deref()),
            (ProviderKind::Claude, Some("max"))
        );
        let expected = json!({ "type": "claude", "access_token": "sk-ant-oat01-a",
            "refresh_token": "sk-ant-ort01-r", "expired": "2026-11-30T00:53:20Z" });
        assert_eq!(Value::Object(file.content), expected);
    }

    #[test]
    fn codexs_tokens_become_an_auth_file_with_the_account_of_their_claims() {
        let id_token = token(&json!({ "email": "ada@example.org",
            "https://api.openai.com/auth": { "chatgpt_account_id": "acc", "chatgpt_plan_type": "team" } }));
        let access = token(&json!({ "exp": 1_796_000_000 }));
        let items = read(
            json!({ "auth_mode": "chatgpt", "OPENAI_API_KEY": null, "last_refresh": "2026-11-20T00:00:00Z",
            "tokens": { "id_token": id_token, "access_token": access, "refresh_token": "rt", "account_id": "acc" } }),
        );

        assert_eq!(items.len(), 1);
        let file = auth_file(&items);
        assert_eq!(
            (file.kind, file.plan.as_deref()),
            (ProviderKind::Chatgpt, Some("team"))
        );
        let expected = json!({ "type": "codex", "id_token": id_token, "access_token": access, "refresh_token": "rt",
            "account_id": "acc", "email": "ada@example.org", "expired": "2026-11-30T00:53:20Z" });
        assert_eq!(Value::Object(file.content), expected);
    }

    #[test]
    fn an_api_key_of_codex_is_a_key_of_openai() {
        let items = read(json!({ "OPENAI_API_KEY": "sk-proj-1" }));

        let [(CODEX, Ok(Item::ApiKey(key)))] = items.as_slice() else {
            panic!("one key");
        };
        assert_eq!(key.kind, ProviderKind::Chatgpt);
        assert_eq!(key.api_key.expose_secret(), "sk-proj-1");
    }

    #[test]
    fn copilots_files_name_the_login_and_the_token() {
        for document in [
            json!({ "github.com:Iv1.b507a08c87ecfe98": { "user": "ada", "oauth_token": "ghu_1", "githubAppId": "x" } }),
            json!({ "github.com": { "user": "ada", "oauth_token": "ghu_1" } }),
        ] {
            let items = read(document);
            let [(COPILOT, Ok(Item::Github(account)))] = items.as_slice() else {
                panic!("one GitHub account");
            };
            assert_eq!(account.login, "ada");
            assert_eq!(account.token.expose_secret(), "ghu_1");
            assert_eq!(account.copilot.base_url, "https://api.githubcopilot.com");
        }
    }

    #[test]
    fn opencodes_file_has_entries_of_several_providers() {
        let access =
            token(&json!({ "https://api.openai.com/profile": { "email": "ada@example.org" } }));
        let items = read(json!({
            "anthropic": { "type": "oauth", "refresh": "r", "access": "a", "expires": 1_796_000_000_000_u64 },
            "github-copilot": { "type": "oauth", "refresh": "gho_1", "access": "tid=1", "expires": 0 },
            "groq": { "type": "api", "key": "gsk_1" },
            "openai": { "type": "oauth", "refresh": "r", "access": access, "expires": 0, "accountId": "acc" },
            "openrouter": { "type": "api", "key": "sk-or-1" },
        }));

        let [claude, copilot, groq, openai, openrouter] = items.as_slice() else {
            panic!("five entries");
        };
        let is_auth_file =
            |item: &(_, Result<Item, String>)| matches!(item.1, Ok(Item::AuthFile(_)));
        assert!(is_auth_file(claude) && is_auth_file(openai));
        let Ok(Item::Github(account)) = &copilot.1 else {
            panic!("a GitHub account");
        };
        assert!(account.login.starts_with("github-") && account.login.len() == 15);
        assert!(groq.1.as_ref().err().unwrap().contains("groq"));
        assert!(
            openrouter.1.is_ok() || openrouter.1.as_ref().err().unwrap().contains("OpenRouter")
        );
    }

    #[test]
    fn files_that_the_engine_cannot_use_say_what_they_are_and_what_to_do() {
        let gemini = json!({ "access_token": "ya29.canary", "refresh_token": "1//canary", "token_type": "Bearer",
            "scope": "https://www.googleapis.com/auth/cloud-platform", "expiry_date": 1_796_000_000_000_u64 });
        let qwen = json!({ "access_token": "canary", "refresh_token": "canary", "token_type": "Bearer",
            "resource_url": "portal.qwen.ai", "expiry_date": 1_796_000_000_000_u64 });
        let settings =
            json!({ "oauthAccount": { "emailAddress": "canary@example.org" }, "numStartups": 3 });
        let signed_out = json!({ "OPENAI_API_KEY": null });
        let empty = json!({ "claudeAiOauth": {} });
        let no_account =
            json!({ "tokens": { "access_token": "canary", "refresh_token": "canary" } });

        for (document, program, remedy) in [
            (gemini, GEMINI_CLI, "sign in to Gemini"),
            (qwen, QWEN_CODE, "API key"),
            (settings, CLAUDE_CODE, ".credentials.json"),
            (signed_out, CODEX, "codex login"),
            (empty, CLAUDE_CODE, "sign in with the program again"),
            (no_account, CODEX, "codex login"),
        ] {
            let items = read(document);
            let [(named, Err(reason))] = items.as_slice() else {
                panic!("one reason from {program}");
            };
            assert_eq!(*named, program);
            assert!(
                reason.contains(remedy) && !reason.contains("canary"),
                "{reason}"
            );
        }
    }
}
