//! Ends streams whose caller loses its right: a session is revoked, a token or key expires. A stream may run much longer
//! than the authentication at its start.

use std::{net::IpAddr, sync::Arc, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::{sync::broadcast, time::sleep};
use uuid::Uuid;

use crate::domain::{
    api_tokens::ApiTokens,
    sessions::Sessions,
    users::api_keys::{Caller, KeyRing},
};

/// How long an expiry, which publishes no event, may go unnoticed.
const RECHECK_INTERVAL: Duration = Duration::from_secs(3);

/// The credential on which the right depends.
#[derive(Debug, Default)]
pub enum SessionGuard {
    /// None: anonymous callers have no right to lose.
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
    /// A key, until it is revoked or expires, its user is disabled, or it may not be used from the address any more.
    Key {
        caller: Arc<Caller>,
        address: Option<IpAddr>,
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

    /// Waits for the next check: the interval, or less when an end is announced.
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

    /// Whether the right is still valid. While the database does not respond, it stays valid.
    pub async fn holds(&self) -> bool {
        match self {
            Self::None => true,
            Self::Session { id, sessions, .. } => sessions.is_active(*id).await.unwrap_or(true),
            Self::ApiToken {
                presented,
                api_tokens,
            } => {
                let found = api_tokens.find(presented.expose_secret()).await;
                found.map_or(true, |token| token.is_some())
            }
            Self::Key {
                caller,
                address,
                key_ring,
            } => key_ring.renew_from(caller, *address).is_ok(),
        }
    }
}
