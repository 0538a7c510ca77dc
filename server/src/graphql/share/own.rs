//! The shares of an end user, without the numbers of others.

use async_graphql::SimpleObject;

use super::state::{ShareMode, ShareState, SharedWindowLength};
use crate::{
    domain::shares::{OwnShare as Share, OwnShareWindow as Window},
    graphql::types::{provider::ProviderKind, scalar::DateTime},
};

/// The caller's share of the usage windows of a group of accounts.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OwnShare {
    /// The name of the account group; null for the accounts that are in no group.
    name: Option<String>,
    /// The provider of the accounts.
    provider: ProviderKind,
    /// The treatment of requests above the share: `OBSERVE` or `ENFORCE`.
    mode: ShareMode,
    /// The present rights of the caller.
    state: ShareState,
    /// The share, in percent of the windows.
    share_percent: f64,
    /// The share of the windows of each length. A length without recent readings is missing.
    windows: Vec<OwnShareWindow>,
}

impl From<Share> for OwnShare {
    fn from(share: Share) -> Self {
        Self {
            name: share.group,
            provider: share.provider.into(),
            mode: share.mode.into(),
            state: share.state.into(),
            share_percent: share.share_percent,
            windows: share.windows.into_iter().map(Into::into).collect(),
        }
    }
}

/// The caller's share of the windows of one length.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct OwnShareWindow {
    /// The length of the windows.
    length: SharedWindowLength,
    /// The used part of the caller's share, in percent: more than 100 after borrowing.
    used_percent: f64,
    /// The part that is free to borrow now, in percent of the windows.
    free_percent: f64,
    /// When the first of the windows resets; null while none is used.
    resets_at: Option<DateTime>,
}

impl From<Window> for OwnShareWindow {
    fn from(window: Window) -> Self {
        Self {
            length: window.class.into(),
            used_percent: window.used_percent,
            free_percent: window.free_percent,
            resets_at: window.ends_at.map(Into::into),
        }
    }
}
