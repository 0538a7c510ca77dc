//! Limits on the use of accounts, for which they need an engine process of their own.

use std::collections::HashSet;

use entity::provider_account::{self, Entity as ProviderAccount, StopLines, SubscriptionWindows};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::{Error, ProviderAccounts, Result, store};
use crate::domain::{audit::AuditContext, text};

/// The stop lines of an account.
const MAX_LINES: usize = 20;
const MAX_WINDOW_NAME: usize = 100;
/// Requests at a time.
const MAX_REQUESTS: i32 = 10_000;

/// Checks the number of requests that an account may serve at a time.
pub(super) fn max_concurrent_requests(most: i32) -> Result<i32> {
    if !(1..=MAX_REQUESTS).contains(&most) {
        return Err(Error::bad_input(
            "maxConcurrentRequests must be between 1 and 10000, or null",
        ));
    }
    Ok(most)
}

impl ProviderAccounts {
    /// The accounts in use that are limited, or are among these that are reserved, oldest first.
    pub async fn managed(&self, reserved: &HashSet<Uuid>) -> Result<Vec<Uuid>> {
        let accounts = ProviderAccount::find()
            .filter(provider_account::Column::RemovedAt.is_null())
            .order_by_asc(provider_account::Column::CreatedAt)
            .order_by_asc(provider_account::Column::Id);
        let accounts = accounts.all(self.db.reader()).await?.into_iter();
        let is_managed = |account: &provider_account::Model| {
            let needs_process = account.is_limited() || reserved.contains(&account.id);
            account.is_in_use() && needs_process
        };
        Ok(accounts
            .filter(is_managed)
            .map(|account| account.id)
            .collect())
    }

    /// Records that the engine process of an account has used another account.
    pub async fn record_route_mismatch(&self, id: Uuid) -> Result<()> {
        let context = AuditContext::system("routeMismatch");
        context.about(store::subject_of(id));
        self.record_without_change(&context, serde_json::json!({}))
            .await
    }

    /// Sets the percentage of a window at which an account stops being used, or removes it.
    pub async fn set_stop_line(
        &self,
        context: &AuditContext,
        id: Uuid,
        window: &str,
        stop_at_percent: Option<i32>,
    ) -> Result<provider_account::Model> {
        context.about(store::subject_of(id));
        let window = text::required("window", window, MAX_WINDOW_NAME)?;
        let account = {
            let sealing = self.begin_sealing().await?;
            let account = self.existing(id).await?;
            let mut lines = account.stop_lines.clone().unwrap_or_default();
            match stop_at_percent {
                Some(percent) => {
                    // A reading may not be stored yet.
                    let latest = self.windows.latest(id);
                    let known = latest.as_deref().or(account.windows.as_ref());
                    check_window(known, &lines, &window)?;
                    lines.0.insert(window, checked(percent)?);
                }
                None => _ = lines.0.remove(&window),
            }
            let mut row = account.clone().into_active_model();
            row.stop_lines = Set(Some(lines).filter(|lines| !lines.0.is_empty()));
            row.updated_at = Set(self.clock.now());
            let account = self
                .update_row(context, &sealing, &account, row, &[])
                .await?;
            sealing.commit().await?;
            account
        };
        self.announce();
        Ok(account)
    }
}

fn checked(percent: i32) -> Result<u8> {
    let percent = u8::try_from(percent).ok();
    percent
        .filter(|percent| (1..=100).contains(percent))
        .ok_or(Error::bad_input(
            "stopAtPercent must be between 1 and 100, or null for no stop line",
        ))
}

fn check_window(
    known: Option<&SubscriptionWindows>,
    lines: &StopLines,
    window: &str,
) -> Result<()> {
    let mut reported = known.into_iter().flat_map(|all| &all.windows);
    if lines.0.contains_key(window) || reported.any(|one| one.name == window) {
        if lines.0.len() >= MAX_LINES && !lines.0.contains_key(window) {
            return Err(Error::bad_input("the account has too many stop lines"));
        }
        return Ok(());
    }
    Err(Error::bad_input(
        "the provider has reported no window of this name for the account; the field windows lists those it has",
    ))
}
