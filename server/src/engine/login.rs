//! Sign-ins through the engine, for providers that accept only its OAuth client. The engine writes the auth file and
//! reports when it is done.

use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

use super::client::{ClientError, EngineClient};
use super::error::EngineError;
use super::handle::EngineHandle;

/// A sign-in that the engine has started.
#[derive(Debug)]
pub struct EngineLogin {
    /// The consent page; contains the state.
    pub url: SecretString,
    /// The OAuth state, which identifies the sign-in.
    pub state: SecretString,
    /// The user code, for the device flow.
    pub user_code: Option<String>,
    pub expires_in_seconds: Option<u64>,
}

/// The progress of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineLoginStatus {
    Waiting,
    /// The file is written.
    Done,
    /// The engine's reason.
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
    /// Starts a sign-in.
    pub async fn begin_login(&self, login: &str) -> Result<EngineLogin, EngineError> {
        let begun: Begun = self
            .client()?
            .get(&format!("{login}-auth-url"))
            .await
            .map_err(|error| refused(&error))?;
        Ok(EngineLogin {
            url: begun.url.into(),
            state: begun.state.into(),
            user_code: begun.user_code,
            expires_in_seconds: begun.expires_in,
        })
    }

    /// Delivers the code or the error that the provider returned.
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
        let delivered = self.client()?.post("oauth-callback", &body).await;
        match delivered {
            Err(ClientError::Status(StatusCode::NOT_FOUND | StatusCode::CONFLICT)) => {
                let forgotten =
                    "it has no such sign-in; it was restarted, or the sign-in is complete";
                Err(EngineError::Refused(forgotten.to_owned()))
            }
            delivered => delivered.map_err(|error| refused(&error)),
        }
    }

    /// The progress of a sign-in.
    pub async fn login_status(
        &self,
        state: &SecretString,
    ) -> Result<EngineLoginStatus, EngineError> {
        let state = state.expose_secret();
        let status: Status = self
            .client()?
            .get(&format!("get-auth-status?state={state}"))
            .await
            .map_err(|error| refused(&error))?;
        Ok(match status.status.as_str() {
            "ok" => EngineLoginStatus::Done,
            "wait" => EngineLoginStatus::Waiting,
            _ => EngineLoginStatus::Failed(status.error.unwrap_or_default()),
        })
    }

    /// Cancels a sign-in.
    pub async fn cancel_login(&self, state: &SecretString) -> Result<(), EngineError> {
        let state = state.expose_secret();
        let path = format!("oauth-session?state={state}");
        self.client()?
            .delete(&path)
            .await
            .map_err(|error| refused(&error))
    }

    /// A client of the running engine.
    pub(super) fn client(&self) -> Result<Arc<EngineClient>, EngineError> {
        self.public
            .client
            .load_full()
            .ok_or_else(|| EngineError::Refused("it does not run".to_owned()))
    }

    /// A client of the engine that has an account.
    pub(super) fn client_of(&self, account: Uuid) -> Result<Arc<EngineClient>, EngineError> {
        match self.fleet.members.load().get(&account) {
            Some(member) => member.public.client.load_full().ok_or_else(|| {
                EngineError::Refused("the engine process of this account does not run".to_owned())
            }),
            None => self.client(),
        }
    }
}

fn refused(error: &ClientError) -> EngineError {
    EngineError::Refused(error.to_string())
}
