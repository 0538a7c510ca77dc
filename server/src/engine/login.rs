//! Sign-ins that the engine does itself: where its client has a secret, or the provider lets only
//! programs like it in. The engine writes the account's file, and says when it has.

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

use super::client::{ClientError, EngineClient};
use super::error::EngineError;
use super::handle::EngineHandle;

/// A sign-in that the engine has begun.
#[derive(Debug)]
pub struct EngineLogin {
    /// Where a person consents; it holds the state.
    pub url: SecretString,
    /// What the provider sends back, and by which the engine knows the sign-in.
    pub state: SecretString,
    /// What a person types at the provider, when that is how it goes.
    pub user_code: Option<String>,
    pub expires_in_seconds: Option<u64>,
}

/// How far the engine is with a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineLoginStatus {
    Waiting,
    /// The file is written.
    Done,
    /// Why not, in the engine's words.
    Failed(String),
}

#[derive(Deserialize)]
struct Begun {
    url: String,
    state: String,
    user_code: Option<String>,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
    error: Option<String>,
}

impl EngineHandle {
    /// Asks the engine to begin a sign-in.
    pub async fn begin_login(&self, login: &str) -> Result<EngineLogin, EngineError> {
        let begun: Begun = self
            .client()?
            .read(&format!("{login}-auth-url"))
            .await
            .map_err(|error| unwilling(&error))?;
        Ok(EngineLogin {
            url: begun.url.into(),
            state: begun.state.into(),
            user_code: begun.user_code,
            expires_in_seconds: begun.expires_in,
        })
    }

    /// Brings the engine what the provider sent back: a code, or an error's.
    pub async fn deliver_login(
        &self,
        login: &str,
        state: &SecretString,
        answer: Result<&SecretString, &str>,
    ) -> Result<(), EngineError> {
        let (code, error) = match answer {
            Ok(code) => (code.expose_secret(), ""),
            Err(error) => ("", error),
        };
        let body = json!({
            "provider": login, "state": state.expose_secret(), "code": code, "error": error,
        });
        let delivered = self.client()?.tell("oauth-callback", &body).await;
        match delivered {
            Err(ClientError::Status(StatusCode::NOT_FOUND | StatusCode::CONFLICT)) => {
                let forgotten = "it does not know this sign-in any more, since it was restarted or answered already";
                Err(EngineError::Unwilling(forgotten.to_owned()))
            }
            delivered => delivered.map_err(|error| unwilling(&error)),
        }
    }

    /// How far the engine is with a sign-in.
    pub async fn login_status(
        &self,
        state: &SecretString,
    ) -> Result<EngineLoginStatus, EngineError> {
        let state = state.expose_secret();
        let status: Status = self
            .client()?
            .read(&format!("get-auth-status?state={state}"))
            .await
            .map_err(|error| unwilling(&error))?;
        Ok(match status.status.as_str() {
            "ok" => EngineLoginStatus::Done,
            "wait" => EngineLoginStatus::Waiting,
            _ => EngineLoginStatus::Failed(status.error.unwrap_or_default()),
        })
    }

    /// Asks the engine to forget a sign-in.
    pub async fn cancel_login(&self, state: &SecretString) -> Result<(), EngineError> {
        let state = state.expose_secret();
        let forget = format!("oauth-session?state={state}");
        self.client()?
            .forget(&forget)
            .await
            .map_err(|error| unwilling(&error))
    }

    /// Whom to ask.
    pub(super) fn client(&self) -> Result<Arc<EngineClient>, EngineError> {
        self.public
            .client
            .load_full()
            .ok_or_else(|| EngineError::Unwilling("it does not run".to_owned()))
    }
}

fn unwilling(error: &ClientError) -> EngineError {
    EngineError::Unwilling(error.to_string())
}
