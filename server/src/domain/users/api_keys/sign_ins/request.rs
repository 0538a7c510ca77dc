//! Requests of agents to sign in, which wait for a user.

use chrono::{DateTime, TimeDelta, Utc};
use entity::agent_sign_in_request::{self, Entity as Request};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _,
};
use secrecy::SecretString;
use url::{Host, Url};
use uuid::Uuid;

use super::{
    AgentSignIns, ClientFacts, MAX_AGENT, MAX_SURFACE, REQUEST_LIFE, SignInPolicy, shortened,
};
use crate::{
    crypto::token,
    domain::{Error, Result, login_throttle::network},
};

/// Requests of all clients that wait for their users.
const MAX_PENDING: u64 = 10_000;
/// Consonants, which form no words and are not mistaken for digits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8 codes: within the limits of attempts one of a million requests is guessed in centuries.
const CODE_LETTERS: usize = 8;
/// The prefix of the secret of a device.
const DEVICE_CODE: &str = "ppd_";
/// The prefix of codes in the address of the page, for agents that open the browser themselves.
const PAGE_CODE: &str = "ppq_";
const MAX_STATE: usize = 1000;
const MAX_CLIENT_ID: usize = 200;
const MAX_REDIRECT: usize = 200;
/// SHA-256 in base64url without padding.
const CHALLENGE_LENGTH: usize = 43;

/// The codes of a device.
#[derive(Debug)]
pub struct DeviceCodes {
    /// The secret that the agent polls with.
    pub device_code: SecretString,
    /// The code that the user compares.
    pub user_code: String,
    pub life: TimeDelta,
}

/// The parameters of an agent that opens a browser and listens on the user's machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    redirect_uri: Url,
    pub state: Option<String>,
    pub code_challenge: String,
}

impl Authorization {
    /// Fails unless the browser is sent to the user's own machine.
    pub fn new(redirect_uri: &str) -> Result<Self> {
        Ok(Self {
            redirect_uri: loopback(redirect_uri)?,
            state: None,
            code_challenge: String::new(),
        })
    }

    /// Where the browser is sent with these parameters and the agent's state.
    pub fn redirect(&self, parameters: &[(&str, &str)]) -> Url {
        redirect(self.redirect_uri.clone(), self.state.as_deref(), parameters)
    }

    fn check(&self) -> Result<()> {
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.code_challenge.len() != CHALLENGE_LENGTH
            || !self.code_challenge.chars().all(is_base64)
        {
            return Err(Error::bad_input(
                "code_challenge must be the SHA-256 of the verifier in base64url without padding",
            ));
        }
        let is_invalid =
            |state: &String| state.len() > MAX_STATE || state.chars().any(char::is_control);
        if self.state.as_ref().is_some_and(is_invalid) {
            return Err(Error::bad_input(
                "state must have at most 1000 bytes and no control characters",
            ));
        }
        Ok(())
    }
}

/// The stored redirect with these parameters and the agent's state.
pub(super) fn redirect(mut to: Url, state: Option<&str>, parameters: &[(&str, &str)]) -> Url {
    to.query_pairs_mut()
        .extend_pairs(parameters)
        .extend_pairs(state.map(|state| ("state", state)));
    to
}

/// `http://127.0.0.1:<any port>/callback`, or the same with `[::1]` or `localhost`.
fn loopback(text: &str) -> Result<Url> {
    let invalid =
        || Error::bad_input("redirect_uri must be http://127.0.0.1:<port>/callback, with any port");
    if text.len() > MAX_REDIRECT {
        return Err(invalid());
    }
    let url = Url::parse(text).map_err(|_| invalid())?;
    let is_local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_plain = url.scheme() == "http"
        && url.path() == "/callback"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if is_local && is_plain {
        Ok(url)
    } else {
        Err(invalid())
    }
}

impl AgentSignIns {
    /// Begins a sign-in of an agent that shows a code and polls.
    pub async fn begin_device(
        &self,
        policy: SignInPolicy,
        client: &ClientFacts,
    ) -> Result<DeviceCodes> {
        let letters = token::random_text(LETTERS, CODE_LETTERS);
        let device_code = token::generate_long(DEVICE_CODE);
        let row = agent_sign_in_request::ActiveModel {
            code_digest: Set(Some(self.digest(&device_code).to_vec())),
            ..self.new_request(&letters, client)?
        };
        self.store(policy, client, row).await?;
        let (first, second) = letters.split_at(CODE_LETTERS / 2);
        Ok(DeviceCodes {
            device_code: SecretString::from(device_code.as_str()),
            user_code: format!("{first}-{second}"),
            life: REQUEST_LIFE,
        })
    }

    /// Begins a sign-in of an agent that opens a browser. Returns the code in the address of the page.
    pub async fn begin_browser(
        &self,
        policy: SignInPolicy,
        client: &ClientFacts,
        authorization: Authorization,
    ) -> Result<SecretString> {
        authorization.check()?;
        let code = token::generate_long(PAGE_CODE);
        let row = agent_sign_in_request::ActiveModel {
            redirect_uri: Set(Some(authorization.redirect_uri.into())),
            client_state: Set(authorization.state),
            code_challenge: Set(Some(authorization.code_challenge)),
            ..self.new_request(&code, client)?
        };
        self.store(policy, client, row).await?;
        Ok(SecretString::from(code.as_str()))
    }

    fn new_request(
        &self,
        user_code: &str,
        client: &ClientFacts,
    ) -> Result<agent_sign_in_request::ActiveModel> {
        let now = self.clock.now();
        let is_invalid =
            |id: &String| id.chars().count() > MAX_CLIENT_ID || id.chars().any(char::is_control);
        if client.client_id.as_ref().is_some_and(is_invalid) {
            return Err(Error::bad_input(
                "client_id must have at most 200 characters and no control characters",
            ));
        }
        Ok(agent_sign_in_request::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_code_digest: Set(self.digest(user_code).to_vec()),
            client_id: Set(client.client_id.clone()),
            agent: Set(shortened(client.agent.as_deref(), MAX_AGENT)),
            surface: Set(shortened(client.surface.as_deref(), MAX_SURFACE)),
            client_ip: Set(client.address.map(|address| address.to_string())),
            long_lived: Set(client.long_lived),
            created_at: Set(now),
            expires_at: Set(now + REQUEST_LIFE),
            ..Default::default()
        })
    }

    async fn store(
        &self,
        policy: SignInPolicy,
        client: &ClientFacts,
        row: agent_sign_in_request::ActiveModel,
    ) -> Result<()> {
        policy.check()?;
        let now = self.clock.now();
        self.requests.count(network(client.address), now)?;
        let pending = Request::find().filter(agent_sign_in_request::Column::ExpiresAt.gt(now));
        if pending.count(self.db.reader()).await? >= MAX_PENDING {
            return Err(Error::RateLimited {
                retry_after: REQUEST_LIFE.to_std().unwrap_or_default(),
            });
        }
        row.insert(self.db.writer()).await?;
        Ok(())
    }

    /// The digest of a code as a user types it: in any case, with or without the hyphen.
    pub(super) fn digest_of_code(&self, code: &str) -> Vec<u8> {
        let code = code.trim();
        if code.starts_with(PAGE_CODE) {
            return self.digest(code).to_vec();
        }
        let letters: String = code
            .chars()
            .filter(char::is_ascii_alphabetic)
            .take(CODE_LETTERS + 1)
            .map(|letter| letter.to_ascii_uppercase())
            .collect();
        self.digest(&letters).to_vec()
    }
}

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestState {
    Pending,
    Confirmed,
    Denied,
    Used,
    Expired,
}

impl RequestState {
    pub(super) fn of(row: &agent_sign_in_request::Model, now: DateTime<Utc>) -> Self {
        if row.used_at.is_some() {
            Self::Used
        } else if row.denied_at.is_some() {
            Self::Denied
        } else if row.expires_at <= now {
            Self::Expired
        } else if row.decided_at.is_some() {
            Self::Confirmed
        } else {
            Self::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_sent_to_the_machine_of_the_user_only() {
        for accepted in [
            "http://127.0.0.1:1455/callback",
            "http://localhost:9/callback",
            "http://[::1]:50000/callback",
        ] {
            assert_eq!(loopback(accepted).unwrap().as_str(), accepted);
        }
        for refused in [
            "https://evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1:1/other",
            "http://127.0.0.1:1/callback?next=x",
            "http://127.0.0.1:1/callback#x",
            "http://user@127.0.0.1:1/callback",
            "javascript:alert(1)//127.0.0.1/callback",
            "http://10.0.0.1/callback",
            "",
        ] {
            assert!(loopback(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_state_is_sent_back_as_it_came() {
        let to = Authorization {
            state: Some("a b&c=d\u{e9}".to_owned()),
            ..Authorization::new("http://127.0.0.1:7/callback").unwrap()
        };

        let sent = to.redirect(&[("code", "x")]);

        let pairs: Vec<_> = sent.query_pairs().collect();
        assert_eq!(pairs[0], ("code".into(), "x".into()));
        assert_eq!(pairs[1], ("state".into(), "a b&c=d\u{e9}".into()));
    }
}
