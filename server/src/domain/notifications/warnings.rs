//! Warnings to users about their own quotas and keys, at the addresses that they confirmed.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    key_warning::{self, Entity as KeyWarning},
    notification::{self, Entity as Notification},
    notification_channel::{self, ChannelKind, Entity as Channel},
    notification_rule::NotificationEvent,
    quota,
    quota_warning::{self, Entity as QuotaWarning},
    user::{self, Entity as User},
};
use limits::QuotaWindow;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    ChannelSettings, EmailSettings, Message, Notifications,
    outbox::{self, Recipient},
};
use crate::domain::{Result, ledger::read_window};

/// A threshold of a short window is not reported more often.
const MIN_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The users who get warnings.
#[derive(Debug)]
pub struct WarnedUsers {
    channel_id: Uuid,
    /// When the usage of each was last reset.
    users: HashMap<Uuid, Option<DateTime<Utc>>>,
    /// The last warnings, by quota.
    warned: HashMap<Uuid, quota_warning::Model>,
    /// The last warnings, by key.
    warned_keys: HashMap<Uuid, key_warning::Model>,
}

/// The end of a key of a user, of which the user is to be warned.
#[derive(Clone, Copy, Debug)]
pub struct KeyEnd {
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    pub ends_at: DateTime<Utc>,
    /// The step: so many days before the end.
    pub days: i32,
}

impl WarnedUsers {
    /// Whether the user of a quota is to be warned that it has reached a percentage: once in each window.
    pub fn has_to_warn(
        &self,
        quota: &quota::Model,
        percent: u8,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let Some(reset_at) = self.users.get(&quota.user_id) else {
            return Ok(false);
        };
        let Some(warned) = self.warned.get(&quota.id) else {
            return Ok(true);
        };
        let window = read_window(quota.window, quota.rolling_seconds, &quota.timezone)?;
        let is_reported = warned.percent >= i32::from(percent)
            && (reset_at.is_none_or(|at| at <= warned.reported_at))
            && is_in_window(window, warned.reported_at, now);
        Ok(!is_reported)
    }

    /// Whether the user of a key is to be warned of its end: once for each step.
    pub fn has_to_warn_of_key(&self, end: &KeyEnd) -> bool {
        let warned = self.warned_keys.get(&end.api_key_id);
        self.users.contains_key(&end.user_id)
            && warned.is_none_or(|warned| warned.ends_at != end.ends_at || warned.days > end.days)
    }
}

/// Whether a warning was given in the present window. A clock that was set back makes no difference for longer than
/// that.
fn is_in_window(window: QuotaWindow, reported_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = (now - reported_at).abs();
    let is_same = match window {
        QuotaWindow::Rolling { seconds } => age < TimeDelta::seconds(seconds.into()),
        QuotaWindow::Lifetime | QuotaWindow::Calendar { .. } => {
            window.bucket(reported_at) == window.bucket(now)
        }
    };
    is_same || age < MIN_PAUSE
}

impl Notifications {
    /// The oldest enabled e-mail channel, which sends to the addresses of users; `None` unless the setting
    /// `ownAlertAddresses` is on and there is one.
    pub(super) async fn mail_server(&self) -> Result<Option<(Uuid, EmailSettings)>> {
        if !self.settings.current().gateway.own_alert_addresses {
            return Ok(None);
        }
        let channel = Channel::find()
            .filter(notification_channel::Column::Kind.eq(ChannelKind::Email))
            .filter(notification_channel::Column::Enabled.eq(true))
            .order_by_asc(notification_channel::Column::Id)
            .one(self.db.reader())
            .await?;
        let Some(channel) = channel else {
            return Ok(None);
        };
        let ChannelSettings::Email(settings) = self.open(&channel)? else {
            return Ok(None);
        };
        Ok(Some((channel.id, settings)))
    }

    /// The users who get warnings; `None` if there are none.
    pub async fn warned_users(&self) -> Result<Option<WarnedUsers>> {
        let Some((channel_id, _)) = self.mail_server().await? else {
            return Ok(None);
        };
        let users = with_address().all(self.db.reader()).await?.into_iter();
        let users: HashMap<_, _> = users.map(|user| (user.id, user.usage_reset_at)).collect();
        if users.is_empty() {
            return Ok(None);
        }
        let warned = QuotaWarning::find().all(self.db.reader()).await?;
        let warned = warned.into_iter().map(|row| (row.quota_id, row));
        Ok(Some(WarnedUsers {
            channel_id,
            users,
            warned: warned.collect(),
            warned_keys: self.warned_keys().await?,
        }))
    }

    async fn warned_keys(&self) -> Result<HashMap<Uuid, key_warning::Model>> {
        let warned = KeyWarning::find().all(self.db.reader()).await?;
        Ok(warned
            .into_iter()
            .map(|row| (row.api_key_id, row))
            .collect())
    }

    /// Enqueues a warning to the user of a key, and notes that it was reported.
    pub async fn warn_of_key(
        &self,
        users: &WarnedUsers,
        end: &KeyEnd,
        message: &Message,
    ) -> Result<()> {
        let warning = key_warning::Model {
            api_key_id: end.api_key_id,
            days: end.days,
            ends_at: end.ends_at,
        };
        let replace = OnConflict::column(key_warning::Column::ApiKeyId)
            .update_columns([key_warning::Column::Days, key_warning::Column::EndsAt])
            .to_owned();
        let recipient = Recipient {
            channel_id: users.channel_id,
            user_id: Some(end.user_id),
        };
        let event = NotificationEvent::KeyExpiring;
        let row = outbox::waiting(recipient, event, message, self.clock.now());
        let transaction = self.db.begin().await?;
        KeyWarning::insert(warning.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
        row.into_active_model().insert(&transaction).await?;
        outbox::delete_oldest(&transaction, recipient.user_id).await?;
        transaction.commit().await?;
        self.changed.notify_one();
        Ok(())
    }

    /// Enqueues a warning to the user of a quota, and notes that it was reported.
    pub async fn warn(
        &self,
        users: &WarnedUsers,
        (quota, percent): (&quota::Model, u8),
        message: &Message,
    ) -> Result<()> {
        let now = self.clock.now();
        let warning = quota_warning::Model {
            quota_id: quota.id,
            percent: percent.into(),
            reported_at: now,
        };
        let columns = [
            quota_warning::Column::Percent,
            quota_warning::Column::ReportedAt,
        ];
        let replace = OnConflict::column(quota_warning::Column::QuotaId)
            .update_columns(columns)
            .to_owned();
        let recipient = Recipient {
            channel_id: users.channel_id,
            user_id: Some(quota.user_id),
        };
        let row = outbox::waiting(recipient, NotificationEvent::Quota, message, now);
        let transaction = self.db.begin().await?;
        QuotaWarning::insert(warning.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&transaction)
            .await?;
        row.into_active_model().insert(&transaction).await?;
        outbox::delete_oldest(&transaction, recipient.user_id).await?;
        transaction.commit().await?;
        self.changed.notify_one();
        Ok(())
    }

    /// The addresses of the users among these messages' recipients who still want them.
    pub(super) async fn addresses(
        &self,
        messages: &[(notification::Model, Option<notification_channel::Model>)],
    ) -> Result<HashMap<Uuid, String>> {
        let wanted = messages.iter().filter_map(|(message, _)| message.user_id);
        let wanted: Vec<Uuid> = wanted.collect();
        if wanted.is_empty() || !self.settings.current().gateway.own_alert_addresses {
            return Ok(HashMap::new());
        }
        let users = with_address().filter(user::Column::Id.is_in(wanted));
        let users = users.all(self.db.reader()).await?.into_iter();
        let addresses = users.filter_map(|user| Some((user.id, user.alert_address?)));
        Ok(addresses.collect())
    }

    /// Deletes a message that its user no longer wants.
    pub(super) async fn discard(&self, id: Uuid) -> Result<()> {
        Notification::delete_by_id(id)
            .exec(self.db.writer())
            .await?;
        Ok(())
    }
}

/// Active users with an address.
fn with_address() -> sea_orm::Select<User> {
    User::find()
        .filter(user::Column::AlertAddress.is_not_null())
        .filter(user::Column::Enabled.eq(true))
        .filter(user::Column::ArchivedAt.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_threshold_is_reported_once_in_a_window_and_at_most_once_an_hour() {
        let minute = QuotaWindow::rolling(60).unwrap();
        let day = QuotaWindow::rolling(86_400).unwrap();

        assert!(is_in_window(QuotaWindow::Lifetime, at(0), at(1_000_000)));
        assert!(is_in_window(day, at(0), at(86_399)));
        assert!(!is_in_window(day, at(0), at(86_400)));
        assert!(is_in_window(minute, at(0), at(3_599)));
        assert!(!is_in_window(minute, at(0), at(3_600)));
        // The clock was set back by a year.
        assert!(!is_in_window(day, at(365 * 86_400), at(0)));
    }
}
