//! Which account served a session last. A session that stays with its account uses the provider's prompt cache.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// The headers in which tools send the id of a session.
const SESSION_HEADERS: [&str; 4] = [
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "x-session-id",
];
/// How long a session is remembered after its last request.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// The most sessions that are remembered.
const MAX_SESSIONS: usize = 20_000;
/// In bytes; longer ids are no ids of known tools.
const MAX_ID: usize = 256;

/// A session of a caller, as a number that cannot be foreseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct SessionKey(u64);

/// The accounts of sessions, in memory.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    hasher: RandomState,
    known: Mutex<HashMap<SessionKey, (Uuid, DateTime<Utc>)>>,
}

/// The id of a session that a tool has sent.
pub(in crate::gateway) fn session_id(headers: &HeaderMap) -> Option<&[u8]> {
    let values = SESSION_HEADERS.iter().filter_map(|name| headers.get(*name));
    let mut values = values.map(http::HeaderValue::as_bytes);
    values.find(|value| !value.is_empty() && value.len() <= MAX_ID)
}

impl Sessions {
    /// By the id that the tool sent; without one, by the key and the model.
    pub(super) fn key(&self, api_key: Uuid, id: Option<&[u8]>, model: Option<&str>) -> SessionKey {
        SessionKey(match id {
            Some(id) => self.hasher.hash_one((api_key, 0_u8, id)),
            None => self.hasher.hash_one((api_key, 1_u8, model)),
        })
    }

    pub(super) fn account(&self, key: SessionKey, now: DateTime<Utc>) -> Option<Uuid> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, at) = known.get(&key)?;
        ((now - *at).abs() < KEPT).then_some(*account)
    }

    pub(super) fn keep(&self, key: SessionKey, account: Uuid, now: DateTime<Utc>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_SESSIONS && !known.contains_key(&key) {
            known.retain(|_, (_, at)| (now - *at).abs() < KEPT);
            if known.len() >= MAX_SESSIONS {
                return;
            }
        }
        known.insert(key, (account, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_forgotten_an_hour_after_its_last_request() {
        let (sessions, account) = (Sessions::default(), Uuid::now_v7());
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let key = sessions.key(Uuid::nil(), Some(b"one"), None);

        sessions.keep(key, account, at(0));
        assert_eq!(sessions.account(key, at(59)), Some(account));
        sessions.keep(key, account, at(59));
        assert_eq!(sessions.account(key, at(118)), Some(account));
        assert_eq!(sessions.account(key, at(119)), None);
    }

    #[test]
    fn sessions_of_different_keys_and_models_differ() {
        let sessions = Sessions::default();
        let (ada, bob) = (Uuid::now_v7(), Uuid::now_v7());
        let keys = [
            sessions.key(ada, Some(b"one"), Some("m")),
            sessions.key(bob, Some(b"one"), Some("m")),
            sessions.key(ada, None, Some("m")),
            sessions.key(ada, None, Some("n")),
            sessions.key(ada, None, None),
        ];
        let different: std::collections::HashSet<_> = keys.into_iter().collect();
        assert_eq!(different.len(), 5);
        assert_eq!(sessions.key(ada, Some(b"one"), Some("n")), keys[0]);
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        let now = DateTime::UNIX_EPOCH;
        for number in 0..=MAX_SESSIONS {
            sessions.keep(SessionKey(number as u64), Uuid::nil(), now);
        }
        assert_eq!(sessions.known.lock().unwrap().len(), MAX_SESSIONS);
        sessions.keep(SessionKey(u64::MAX), Uuid::nil(), now + KEPT);
        assert_eq!(sessions.known.lock().unwrap().len(), 1);
    }
}
