//! The outbox: pending and sent messages. Bounded: the oldest messages are deleted first, even if they are pending.

use chrono::TimeDelta;
use entity::{
    notification::{self, Entity as Notification, NotificationState},
    notification_channel::{self, Entity as Channel},
    notification_condition::{self, Entity as Condition},
    notification_rule::{self, NotificationEvent},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, LockBehavior, LockType, Query},
};
use uuid::Uuid;

use super::{ChannelSettings, Notifications};
use crate::domain::Result;

/// The maximum number of messages in any state, to channels and to users.
const MAX_MESSAGES: u64 = 2_000;
const MAX_ATTEMPTS: i32 = 10;
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const MAX_PAUSE: TimeDelta = TimeDelta::hours(1);
const MAX_PROBLEM: usize = 500;
/// Instead of the mail server's error, which can name the address.
const UNDELIVERED: &str = "the mail server did not accept the message";
/// Messages per read.
const BATCH: u64 = 50;
/// How long a message is withheld from other servers while it is sent. Longer than the attempts of a batch can take.
const CLAIM: TimeDelta = TimeDelta::minutes(3);

/// A notification before it is enqueued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The object of the notification, such as `engine` or `account:<id>`.
    pub subject: String,
    pub title: String,
    pub body: String,
}

/// The destination of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient {
    pub(super) channel_id: Uuid,
    /// The user whose alert address receives it; `None` for the recipients of the channel.
    pub(super) user_id: Option<Uuid>,
}

impl Recipient {
    fn of(channel_id: Uuid) -> Self {
        Self {
            channel_id,
            user_id: None,
        }
    }
}

/// A message that is due, with the settings of its channel.
#[derive(Debug)]
pub struct DueMessage {
    pub notification: notification::Model,
    pub settings: ChannelSettings,
}

impl Notifications {
    /// Enqueues a message for each channel of a rule, unless the condition was reported already and still holds, or was
    /// reported within the rule's quiet time. Returns whether it was enqueued.
    pub async fn enqueue(
        &self,
        rule: &notification_rule::Model,
        message: &Message,
    ) -> Result<bool> {
        let now = self.clock.now();
        let transaction = self.db.begin().await?;
        let key = (rule.id, message.subject.clone());
        let known = Condition::find_by_id(key).one(&transaction).await?;
        let quiet = TimeDelta::minutes(i64::from(rule.quiet_minutes));
        if let Some(known) = &known
            && (known.holds || (now - known.reported_at).abs() < quiet)
        {
            return Ok(false);
        }
        remember(&transaction, rule.id, message, known.is_some(), now).await?;
        for channel_id in &rule.channel_ids.0 {
            let channel = Channel::find_by_id(*channel_id).one(&transaction).await?;
            if channel.is_some_and(|channel| channel.enabled) {
                let row = waiting(Recipient::of(*channel_id), rule.event, message, now);
                row.into_active_model().insert(&transaction).await?;
            }
        }
        delete_oldest(&transaction, None).await?;
        transaction.commit().await?;
        self.changed.notify_one();
        Ok(true)
    }

    /// Marks conditions of a rule that no longer hold, so that they are reported again when they recur.
    pub async fn clear_conditions_except(
        &self,
        rule: &notification_rule::Model,
        subjects: &[String],
    ) -> Result<()> {
        let reported = Condition::find()
            .filter(notification_condition::Column::RuleId.eq(rule.id))
            .filter(notification_condition::Column::Holds.eq(true))
            .all(self.db.reader())
            .await?;
        for condition in reported {
            if !subjects.contains(&condition.subject) {
                let mut row = condition.into_active_model();
                row.holds = Set(false);
                row.update(self.db.writer()).await?;
            }
        }
        Ok(())
    }

    /// Claims the pending messages that are due: no other call returns them, until their attempt is recorded or the claim
    /// has expired.
    pub async fn claim_due(&self) -> Result<Vec<DueMessage>> {
        let found = self.claim().await?;
        let addresses = self.addresses(&found).await?;
        let mut due = Vec::with_capacity(found.len());
        for (notification, channel) in found {
            let Some(channel) = channel else { continue };
            let address = notification.user_id.map(|id| addresses.get(&id));
            if address == Some(None) {
                self.discard(notification.id).await?;
                continue;
            }
            match self.open(&channel) {
                Ok(settings) => due.push(DueMessage {
                    settings: settings.addressed(address.flatten()),
                    notification,
                }),
                Err(error) => {
                    tracing::error!(channel.id = %channel.id, ?error, "cannot decrypt a channel's settings");
                    self.record_attempt(
                        notification,
                        Err("its settings cannot be decrypted".to_owned()),
                    )
                    .await?;
                }
            }
        }
        Ok(due)
    }

    async fn claim(
        &self,
    ) -> Result<Vec<(notification::Model, Option<notification_channel::Model>)>> {
        let now = self.clock.now();
        let enabled = Query::select()
            .column(notification_channel::Column::Id)
            .from(notification_channel::Entity)
            .and_where(notification_channel::Column::Enabled.eq(true))
            .to_owned();
        let transaction = self.db.begin().await?;
        let due = Notification::find()
            .filter(notification::Column::State.eq(NotificationState::Waiting))
            .filter(notification::Column::NextAttemptAt.lte(now))
            .filter(notification::Column::ChannelId.in_subquery(enabled))
            .order_by_asc(notification::Column::NextAttemptAt)
            .limit(BATCH)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&transaction)
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        Notification::update_many()
            .col_expr(
                notification::Column::NextAttemptAt,
                Expr::value(now + CLAIM),
            )
            .filter(notification::Column::Id.is_in(due.iter().map(|message| message.id)))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        let channels = Channel::find()
            .filter(notification_channel::Column::Id.is_in(due.iter().map(|one| one.channel_id)))
            .all(self.db.reader())
            .await?;
        let channel_of = |id: Uuid| channels.iter().find(|channel| channel.id == id).cloned();
        Ok(due
            .into_iter()
            .map(|message| {
                let channel = channel_of(message.channel_id);
                (message, channel)
            })
            .collect())
    }

    /// Records the result of an attempt. Failed messages are retried with exponential back-off.
    pub async fn record_attempt(
        &self,
        notification: notification::Model,
        outcome: std::result::Result<(), String>,
    ) -> Result<()> {
        let now = self.clock.now();
        let attempts = notification.attempts + 1;
        let (channel_id, user_id) = (notification.channel_id, notification.user_id);
        let mut row = notification.into_active_model();
        row.attempts = Set(attempts);
        let problem = outcome.err().map(|problem| match user_id {
            Some(_) => UNDELIVERED.to_owned(),
            None => problem,
        });
        if let Some(problem) = &problem {
            row.problem = Set(Some(problem.chars().take(MAX_PROBLEM).collect()));
            row.next_attempt_at = Set(now + pause(attempts));
            if attempts >= MAX_ATTEMPTS {
                row.state = Set(NotificationState::GivenUp);
            }
        } else {
            row.state = Set(NotificationState::Sent);
            row.sent_at = Set(Some(now));
            row.problem = Set(None);
        }
        Notification::update(row)
            .validate()?
            .exec(self.db.writer())
            .await?;
        if user_id.is_some() {
            // The address may be wrong; the channel is not.
            return Ok(());
        }
        self.record_delivery(channel_id, problem.as_deref()).await
    }

    /// The latest messages to channels, newest first.
    pub async fn latest(&self, first: u64) -> Result<Vec<notification::Model>> {
        let latest = Notification::find()
            .filter(notification::Column::UserId.is_null())
            .order_by_desc(notification::Column::Id);
        Ok(latest.limit(first).all(self.db.reader()).await?)
    }
}

fn pause(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(10);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(MAX_PAUSE)
}

async fn remember(
    transaction: &DatabaseTransaction,
    rule_id: Uuid,
    message: &Message,
    is_known: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let condition = notification_condition::ActiveModel {
        rule_id: Set(rule_id),
        subject: Set(message.subject.clone()),
        holds: Set(true),
        reported_at: Set(now),
    };
    if is_known {
        condition.update(transaction).await?;
    } else {
        condition.insert(transaction).await?;
    }
    Ok(())
}

pub(super) fn waiting(
    recipient: Recipient,
    event: NotificationEvent,
    message: &Message,
    now: chrono::DateTime<chrono::Utc>,
) -> notification::Model {
    notification::Model {
        id: Uuid::now_v7(),
        channel_id: recipient.channel_id,
        event,
        subject: message.subject.clone(),
        title: message.title.clone(),
        body: message.body.clone(),
        state: NotificationState::Waiting,
        attempts: 0,
        created_at: now,
        next_attempt_at: now,
        sent_at: None,
        problem: None,
        user_id: recipient.user_id,
    }
}

/// Keeps the outbox bounded. Messages to channels and to users are counted apart, so that neither displace the others.
pub(super) async fn delete_oldest(
    transaction: &DatabaseTransaction,
    user_id: Option<Uuid>,
) -> Result<()> {
    let user = notification::Column::UserId;
    let is_alike = match user_id {
        Some(_) => user.is_not_null(),
        None => user.is_null(),
    };
    let alike = Notification::find().filter(is_alike);
    let count = alike.clone().count(transaction).await?;
    if count <= MAX_MESSAGES {
        return Ok(());
    }
    let oldest: Vec<Uuid> = alike
        .select_only()
        .column(notification::Column::Id)
        .order_by_asc(notification::Column::Id)
        .limit(count - MAX_MESSAGES)
        .into_tuple()
        .all(transaction)
        .await?;
    Notification::delete_many()
        .filter(notification::Column::Id.is_in(oldest))
        .exec(transaction)
        .await?;
    Ok(())
}
