//! The accounts that shares withhold from an admitted request: those of pools in which its user's share is used up.

use std::{collections::HashSet, sync::Arc};

use uuid::Uuid;

use super::ShareExceeded;

/// Empty, and without memory of its own, for a request whose user has a share of each pool left.
#[derive(Clone, Debug, Default)]
pub struct ShareAccounts {
    withheld: Vec<(Arc<HashSet<Uuid>>, ShareExceeded)>,
}

impl ShareAccounts {
    /// Why the account is withheld; `None` if the request may use it.
    pub fn exceeded(&self, account: Uuid) -> Option<&ShareExceeded> {
        let mut withheld = self.withheld.iter();
        let found = withheld.find(|(accounts, _)| accounts.contains(&account));
        found.map(|(_, exceeded)| exceeded)
    }

    pub(super) fn extend(&mut self, pool: Option<(Arc<HashSet<Uuid>>, ShareExceeded)>) {
        self.withheld.extend(pool);
    }
}
