//! Builds the engine's auth file from the tokens of a sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use oauth2::TokenResponse as _;
use serde_json::{Map, Value, json};

use super::{
    http::Http, protocol::TokenResponse, provider::OAuthProvider, sign_in_error::SignInError,
};
use crate::{
    domain::provider_accounts::{NewAuthFile, OWN_CLIENT_REFRESH_TOKEN},
    providers::{OPENAI_CLAIMS, Profile, claims, rfc3339},
};

const LONGEST_LIFE: TimeDelta = TimeDelta::days(400);

/// A sign-in that has its tokens.
pub(super) struct SignedIn<'a> {
    pub(super) provider: &'a OAuthProvider,
    pub(super) tokens: &'a TokenResponse,
    pub(super) label: Option<String>,
    /// The binding of the tokens, where the provider has one.
    pub(super) device_id: Option<String>,
    pub(super) now: DateTime<Utc>,
}

/// The signed-in identity, beside the auth file.
#[derive(Default)]
struct Person {
    email: Option<String>,
    plan: Option<String>,
    fields: Map<String, Value>,
}

impl SignedIn<'_> {
    /// The auth file and its identity. Missing parts are requested from the provider; that may fail.
    pub(super) async fn auth_file(&self, http: &Http) -> Result<NewAuthFile, SignInError> {
        let refresh_token = self.tokens.refresh_token();
        let refresh_token = refresh_token.ok_or(SignInError::NoRefreshToken)?.secret();
        let person = match self.provider.profile {
            Profile::Claude => self.claude(http).await,
            Profile::Chatgpt => self.chatgpt()?,
            Profile::Google => self.google(http).await?,
            Profile::Kimi => self.kimi(),
            Profile::OpenId => self.open_id(),
            Profile::Github => Person::default(),
        };
        let expires_at = self.expires_at();
        let mut content = person.fields;
        // The engine refreshes tokens with its own client id; it must not use those of another client.
        let name = match self.provider.client_secret {
            Some(_) => OWN_CLIENT_REFRESH_TOKEN,
            None => "refresh_token",
        };
        content.insert(name.to_owned(), refresh_token.as_str().into());
        let access_token = self.tokens.access_token().secret().as_str();
        content.insert("access_token".to_owned(), access_token.into());
        if let Some(expires_at) = expires_at {
            content.insert("expired".to_owned(), rfc3339(expires_at).into());
        }
        if let Some(email) = &person.email {
            content.insert("email".to_owned(), email.as_str().into());
        }
        Ok(NewAuthFile {
            kind: self.provider.kind,
            label: self.label.clone(),
            email: person.email,
            plan: person.plan,
            file_name: None,
            content,
            expires_at,
        })
    }

    fn expires_at(&self) -> Option<DateTime<Utc>> {
        let life = TimeDelta::from_std(self.tokens.expires_in()?).ok()?;
        Some(self.now + life.min(LONGEST_LIFE))
    }

    async fn claude(&self, http: &Http) -> Person {
        let extra = self.tokens.extra_fields();
        let reported = |part: &Option<Value>, name: &str| word(part.as_ref()?.get(name)?);
        let profile = self.profile(http).await.unwrap_or_default();
        let asked = |part: &str, name: &str| word(profile.get(part)?.get(name)?);
        let email = reported(&extra.account, "email_address").or_else(|| asked("account", "email"));
        let plan = asked("organization", "organization_type");
        let mut fields = fields(json!({
            "type": "claude",
            "id_token": "",
            "last_refresh": rfc3339(self.now),
            // A device id of Claude's own client, one per sign-in.
            "claude_device_ids": [hex::encode(rand::random::<[u8; 32]>())],
        }));
        let parts = [
            (
                "account_uuid",
                reported(&extra.account, "uuid").or_else(|| asked("account", "uuid")),
            ),
            (
                "organization_uuid",
                reported(&extra.organization, "uuid").or_else(|| asked("organization", "uuid")),
            ),
            (
                "organization_name",
                reported(&extra.organization, "name").or_else(|| asked("organization", "name")),
            ),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.into());
            }
        }
        Person {
            email,
            plan: plan.map(|plan| plan.trim_start_matches("claude_").to_owned()),
            fields,
        }
    }

    /// The account's id is in the ID token, and requests need it.
    fn chatgpt(&self) -> Result<Person, SignInError> {
        let id_token = self.tokens.extra_fields().id_token.as_deref();
        let id_token = id_token.ok_or(SignInError::Garbage)?;
        let claims = claims(id_token).ok_or(SignInError::Garbage)?;
        let own = |name: &str| word(claims.get(OPENAI_CLAIMS)?.get(name)?);
        let account_id = own("chatgpt_account_id").ok_or(SignInError::Garbage)?;
        Ok(Person {
            email: claims.get("email").and_then(word),
            plan: own("chatgpt_plan_type"),
            fields: fields(json!({
                "type": "codex",
                "id_token": id_token,
                "account_id": account_id,
                "last_refresh": rfc3339(self.now),
            })),
        })
    }

    async fn google(&self, http: &Http) -> Result<Person, SignInError> {
        let profile = self.profile(http).await?;
        Ok(Person {
            email: profile.get("email").and_then(word),
            plan: None,
            // The engine determines the project.
            fields: fields(json!({
                "type": "antigravity",
                "expires_in": self.seconds(),
                "timestamp": self.now.timestamp_millis(),
            })),
        })
    }

    fn kimi(&self) -> Person {
        let scopes = self.tokens.scopes().map(|scopes| {
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            scopes.join(" ")
        });
        let mut fields = fields(json!({
            "type": "kimi",
            "token_type": "Bearer",
            "scope": scopes.unwrap_or_default(),
            "device_id": self.device_id,
            "timestamp": self.now.timestamp_millis(),
        }));
        // Kimi has no profile endpoint; the identity is in the token.
        let claims = claims(self.tokens.access_token().secret());
        let subject = claims.and_then(|claims| word(claims.get("sub")?));
        if let Some(subject) = subject {
            fields.insert("sub".to_owned(), subject.into());
        }
        Person {
            email: None,
            plan: None,
            fields,
        }
    }

    fn open_id(&self) -> Person {
        let id_token = self.tokens.extra_fields().id_token.as_deref();
        let claims = id_token.and_then(claims).unwrap_or_default();
        let api_url = self.provider.api_url.as_ref();
        let base_url = api_url.map(|url| url.as_str().trim_end_matches('/'));
        let mut fields = fields(json!({
            "type": self.provider.name,
            "token_type": "Bearer",
            "expires_in": self.seconds(),
            "last_refresh": rfc3339(self.now),
            "base_url": base_url,
            "token_endpoint": self.provider.token_url,
            "auth_kind": "oauth",
        }));
        let parts = [
            ("id_token", id_token.map(str::to_owned)),
            ("sub", claims.get("sub").and_then(word)),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.into());
            }
        }
        Person {
            email: claims.get("email").and_then(word),
            plan: None,
            fields,
        }
    }

    async fn profile(&self, http: &Http) -> Result<Map<String, Value>, SignInError> {
        let url = self.provider.profile_url.as_ref();
        let url = url.ok_or(SignInError::NotConfigured("profile address"))?;
        let bearer = format!("Bearer {}", self.tokens.access_token().secret());
        http.get(url, &bearer.into(), &[]).await
    }

    fn seconds(&self) -> Option<u64> {
        self.tokens.expires_in().map(|life| life.as_secs())
    }
}

/// The changes of an account of an own OAuth client when its tokens are refreshed.
pub(super) struct Renewed {
    pub(super) content: Map<String, Value>,
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl Renewed {
    /// Keeps the refresh token unless a new one was issued.
    pub(super) fn new(tokens: &TokenResponse, now: DateTime<Utc>) -> Self {
        let life = tokens
            .expires_in()
            .and_then(|life| TimeDelta::from_std(life).ok());
        let expires_at = life.map(|life| now + life.min(LONGEST_LIFE));
        let id_token = tokens.extra_fields().id_token.clone();
        let refresh_token = tokens.refresh_token().map(|token| token.secret().clone());
        let parts = [
            ("access_token", Some(tokens.access_token().secret().clone())),
            (OWN_CLIENT_REFRESH_TOKEN, refresh_token),
            ("id_token", id_token),
            ("expired", expires_at.map(rfc3339)),
            ("last_refresh", Some(rfc3339(now))),
        ];
        let content = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        Self {
            content: content.collect(),
            expires_at,
        }
    }
}

fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// A short, non-empty text.
fn word(value: &Value) -> Option<String> {
    const LONGEST: usize = 300;
    let text = value.as_str()?.trim();
    let fits = !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}
