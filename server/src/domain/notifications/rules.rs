//! Notification rules: which events are sent to which channels.

use entity::{
    notification_channel::Entity as Channel,
    notification_rule::{self, ChannelIds, Entity as Rule, NotificationEvent},
    quota::Percents,
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Notifications;
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
};

const MAX_RULES: u64 = 100;
const MAX_CHANNELS: usize = 20;
const MAX_QUIET: i32 = 7 * 24 * 60;
const QUOTA_PERCENTS: [u8; 4] = [50, 80, 95, 100];
const ERROR_PERCENT: u8 = 20;

/// A rule to create.
#[derive(Debug)]
pub struct NewRule {
    pub event: NotificationEvent,
    pub channel_ids: Vec<Uuid>,
    /// `None` for the defaults of the event.
    pub percents: Option<Vec<u8>>,
    pub quiet_minutes: i32,
}

/// Changes of a rule; `None` keeps a value.
#[derive(Debug, Default)]
pub struct RuleChanges {
    pub channel_ids: Option<Vec<Uuid>>,
    pub percents: Option<Vec<u8>>,
    pub quiet_minutes: Option<i32>,
    pub enabled: Option<bool>,
}

impl Notifications {
    /// All rules, in the order in which they were created.
    pub async fn rules(&self) -> Result<Vec<notification_rule::Model>> {
        let rules = Rule::find().order_by_asc(notification_rule::Column::Id);
        Ok(rules.all(self.db.reader()).await?)
    }

    pub async fn create_rule(
        &self,
        context: &AuditContext,
        new: NewRule,
    ) -> Result<notification_rule::Model> {
        let now = self.clock.now();
        let row = notification_rule::Model {
            id: Uuid::now_v7(),
            event: new.event,
            channel_ids: ChannelIds(new.channel_ids),
            percents: percents(new.event, new.percents)?,
            quiet_minutes: new.quiet_minutes,
            enabled: true,
            created_at: now,
            updated_at: now,
        };
        let transaction = self.db.begin().await?;
        if Rule::find().count(&transaction).await? >= MAX_RULES {
            return Err(Error::Conflict(format!(
                "there can be at most {MAX_RULES} rules"
            )));
        }
        check(&transaction, &row).await?;
        let rule = row.into_active_model().insert(&transaction).await?;
        let created = AuditChange::created(subject(&rule), audited(&rule));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(rule)
    }

    pub async fn update_rule(
        &self,
        context: &AuditContext,
        id: Uuid,
        changes: RuleChanges,
    ) -> Result<notification_rule::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let old = find(&transaction, id).await?;
        let mut new = old.clone();
        if let Some(ids) = changes.channel_ids {
            new.channel_ids = ChannelIds(ids);
        }
        if let Some(given) = changes.percents {
            new.percents = percents(old.event, Some(given))?;
        }
        if let Some(minutes) = changes.quiet_minutes {
            new.quiet_minutes = minutes;
        }
        if let Some(enabled) = changes.enabled {
            new.enabled = enabled;
        }
        new.updated_at = self.clock.now();
        check(&transaction, &new).await?;
        let rule = new.into_active_model().reset_all();
        let rule = rule.update(&transaction).await?;
        let updated = AuditChange::updated(subject(&rule), audited(&old), audited(&rule));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(rule)
    }

    /// Deletes a rule. Messages that it has enqueued are still sent.
    pub async fn delete_rule(
        &self,
        context: &AuditContext,
        id: Uuid,
    ) -> Result<notification_rule::Model> {
        context.about(subject_of(id));
        let transaction = self.db.begin().await?;
        let rule = find(&transaction, id).await?;
        Rule::delete_by_id(id).exec(&transaction).await?;
        let removed = AuditChange::removed(subject(&rule), audited(&rule));
        audit::record(&transaction, &self.clock, context, removed).await?;
        transaction.commit().await?;
        Ok(rule)
    }
}

async fn check(transaction: &DatabaseTransaction, rule: &notification_rule::Model) -> Result<()> {
    if !(0..=MAX_QUIET).contains(&rule.quiet_minutes) {
        return Err(Error::BadInput(format!(
            "quietMinutes must be between 0 and {MAX_QUIET} (7 days)"
        )));
    }
    let ids = &rule.channel_ids.0;
    if ids.is_empty() || ids.len() > MAX_CHANNELS {
        return Err(Error::BadInput(format!(
            "a rule must have 1 to {MAX_CHANNELS} channels"
        )));
    }
    let known = Channel::find()
        .filter(entity::notification_channel::Column::Id.is_in(ids.iter().copied()))
        .count(transaction)
        .await?;
    if usize::try_from(known) != Ok(ids.len()) {
        return Err(Error::bad_input(
            "channelIds contains an unknown or repeated channel",
        ));
    }
    Ok(())
}

fn percents(event: NotificationEvent, given: Option<Vec<u8>>) -> Result<Percents> {
    let usual: &[u8] = match event {
        NotificationEvent::Quota => &QUOTA_PERCENTS,
        NotificationEvent::ErrorRate => &[ERROR_PERCENT],
        NotificationEvent::AccountFailing
        | NotificationEvent::AccountExpired
        | NotificationEvent::EngineDown
        | NotificationEvent::ModelUnpriced
        | NotificationEvent::WindowForecast
        | NotificationEvent::OutsideUse
        | NotificationEvent::AllowanceChanged
        | NotificationEvent::KeyExpiring => &[],
    };
    let mut percents = given.unwrap_or_else(|| usual.to_vec());
    percents.sort_unstable();
    percents.dedup();
    if percents.iter().any(|percent| !(1..=100).contains(percent)) {
        return Err(Error::bad_input("percents must be between 1 and 100"));
    }
    let fits = match event {
        NotificationEvent::Quota => (1..=10).contains(&percents.len()),
        NotificationEvent::ErrorRate => percents.len() == 1,
        NotificationEvent::AccountFailing
        | NotificationEvent::AccountExpired
        | NotificationEvent::EngineDown
        | NotificationEvent::ModelUnpriced
        | NotificationEvent::WindowForecast
        | NotificationEvent::OutsideUse
        | NotificationEvent::AllowanceChanged
        | NotificationEvent::KeyExpiring => percents.is_empty(),
    };
    if !fits {
        return Err(Error::bad_input(
            "percents must have 1 to 10 entries for quotas, one for the error rate, and none for other events",
        ));
    }
    Ok(Percents(percents))
}

async fn find(transaction: &DatabaseTransaction, id: Uuid) -> Result<notification_rule::Model> {
    let rule = Rule::find_by_id(id).one(transaction).await?;
    rule.ok_or(Error::NotFound {
        what: "notification rule",
    })
}

fn subject(rule: &notification_rule::Model) -> AuditSubject {
    subject_of(rule.id).named(&rule.event.to_value())
}

fn subject_of(id: Uuid) -> AuditSubject {
    AuditSubject::new("notificationRule", &id)
}

fn audited(rule: &notification_rule::Model) -> Value {
    json!({
        "event": rule.event.to_value(),
        "channelIds": rule.channel_ids.0,
        "percents": rule.percents.0,
        "quietMinutes": rule.quiet_minutes,
        "enabled": rule.enabled,
    })
}
