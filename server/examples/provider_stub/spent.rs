//! A five-hour window for each credential, which requests use up.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{Json, http::HeaderMap};

use crate::{account::credential, script::Script};

/// In hundredths of a percent, by credential.
static SPENT: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

/// Uses the window when the answer has ended. Returns the level before, in percent.
pub(crate) fn spend(script: &Script, headers: &HeaderMap) -> Option<u8> {
    let (spend, credential) = (script.spend?, credential(headers)?.to_owned());
    let before = lock().get(&credential).copied().unwrap_or_default();
    let pieces = u32::try_from(script.chunks).unwrap_or(1) + 2;
    let duration = script.delay * pieces;
    #[expect(clippy::disallowed_methods, reason = "it ends with the program")]
    tokio::spawn(async move {
        tokio::time::sleep(duration).await;
        *lock().entry(credential).or_default() += spend;
    });
    u8::try_from(before / 100).ok()
}

/// `GET /spent`.
pub(crate) async fn list() -> Json<BTreeMap<String, u32>> {
    Json(lock().clone())
}

fn lock() -> MutexGuard<'static, BTreeMap<String, u32>> {
    SPENT.lock().unwrap_or_else(PoisonError::into_inner)
}
