//! The windows of a user, without other users.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use windows::UserUsage;

use super::{Outlook, WindowUsage};

/// A window in whose open cycle a user has made requests.
#[derive(Clone, Debug)]
pub struct OwnWindow {
    pub account_id: Uuid,
    pub name: String,
    pub resets_at: Option<DateTime<Utc>>,
    pub outlook: Outlook,
    /// The user's own part.
    pub own: UserUsage,
}

impl WindowUsage {
    /// The windows in whose open cycles this user has made requests, by account and name.
    pub fn own(&self, user_id: Uuid) -> Vec<OwnWindow> {
        let mut used: Vec<(Uuid, String, UserUsage)> = {
            let state = self.state();
            let windows = state.accounts.iter().flat_map(|(id, account)| {
                let names = account.names();
                names.map(move |name| (*id, account.users(&name), name))
            });
            let own = windows.filter_map(|(id, users, name)| {
                let own = users.into_iter().find(|user| user.user_id == user_id)?;
                Some((id, name, own))
            });
            own.collect()
        };
        used.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let windows = used.into_iter().filter_map(|(account_id, name, own)| {
            let status = self.status(account_id, &name)?;
            Some(OwnWindow {
                account_id,
                name,
                resets_at: status.resets_at,
                outlook: status.outlook,
                own,
            })
        });
        windows.collect()
    }
}
