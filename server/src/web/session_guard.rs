//! How long a caller may stay. A stream outlives the moment in which its caller was identified; it must
//! not outlive the caller's right to it.

use std::{sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::{sync::broadcast, time::sleep};
use uuid::Uuid;

use crate::domain::{
    api_keys::{Caller, KeyRing},
    api_tokens::ApiTokens,
    sessions::Sessions,
};

/// How long an expiry, of which nobody tells, may go unnoticed.
const RECHECK_INTERVAL: Duration = Duration::from_secs(3);

/// What a caller's right hangs on.
#[derive(Debug, Default)]
pub enum SessionGuard {
    /// Nothing: strangers have no rights to lose.
    #[default]
    None,
    /// A session, until it is revoked or expires.
    Session {
        id: Uuid,
        sessions: Sessions,
        ended: broadcast::Receiver<Uuid>,
    },
    /// An API token, until it is revoked or expires.
    ApiToken {
        presented: SecretString,
        api_tokens: ApiTokens,
    },
    /// A key, until it is revoked or expires, or its user is disabled.
    Key {
        caller: Arc<Caller>,
        key_ring: KeyRing,
    },
}

impl SessionGuard {
    /// Waits until the right ends.
    pub async fn ended(mut self) {
        while self.holds().await {
            self.pause().await;
        }
    }

    /// Waits until it is time to look again: for a while, or less when an end is announced.
    async fn pause(&mut self) {
        let announced = async {
            match self {
                Self::None | Self::ApiToken { .. } => std::future::pending().await,
                Self::Session { id, ended, .. } => while ended.recv().await != Ok(*id) {},
                Self::Key { caller, .. } => caller.revoked().cancelled().await,
            }
        };
        tokio::select! {
            () = announced => {}
            () = sleep(RECHECK_INTERVAL) => {}
        }
    }

    /// Whether the right holds. A database that does not answer ends nobody's.
    pub async fn holds(&self) -> bool {
        match self {
            Self::None => true,
            Self::Session { id, sessions, .. } => sessions.lives(*id).await.unwrap_or(true),
            Self::ApiToken {
                presented,
                api_tokens,
            } => {
                let found = api_tokens.find(presented.expose_secret()).await;
                found.map_or(true, |token| token.is_some())
            }
            Self::Key { caller, key_ring } => key_ring.renew(caller).is_ok(),
        }
    }
}
