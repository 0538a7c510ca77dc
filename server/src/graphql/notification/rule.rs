//! Rules: which events go to which channels.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject,
};
use entity::notification_rule;
use uuid::Uuid;

use super::channel::NotificationChannel;
use crate::{
    domain::notifications::{NewRule, Notifications, RuleChanges},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

const CHANNEL: &str = "notification channel";
const RULE: &str = "notification rule";

/// The event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification_rule::NotificationEvent")]
pub(crate) enum NotificationEvent {
    /// Usage of a quota reached one of the percentages.
    Quota,
    /// A provider account fails.
    AccountFailing,
    /// The sign-in of a provider account expired and could not be refreshed.
    AccountExpired,
    /// The engine is down although it should run.
    EngineDown,
    /// The share of failed requests exceeds the percentage.
    ErrorRate,
    /// A model that was used in the last day has no price: the alert `MODEL_UNPRICED` is open.
    ModelUnpriced,
    /// A usage window of a subscription is likely (75 % or more) to be used up more than 30 minutes before its reset. Once
    /// in each cycle of the window.
    WindowForecast,
    /// More than 10 % of a usage window were used outside of this server since the window began.
    OutsideUse,
    /// In the last two cycles of a usage window, one percent of it bought at least 30 % more or less than in the cycles
    /// before.
    AllowanceChanged,
    /// A key ends within 7 days, and again within 1 day, by its expiry or by the setting `maxKeyLifeDays`.
    KeyExpiring,
}

/// A rule: which event is sent to which channels.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct NotificationRule {
    #[graphql(skip)]
    channel_ids: Vec<Uuid>,
    /// The rule's id.
    id: ID,
    /// The event.
    event: NotificationEvent,
    /// For `QUOTA`, the percentages of the limit that trigger the rule. For `ERROR_RATE`, one value: the
    /// percentage of failed requests to exceed. Empty for other events.
    percents: Vec<u8>,
    /// Minimum minutes between two messages about the same subject.
    quiet_minutes: i32,
    /// Whether the rule is active.
    enabled: bool,
    /// The time of creation.
    created_at: DateTime,
}

impl From<notification_rule::Model> for NotificationRule {
    fn from(row: notification_rule::Model) -> Self {
        Self {
            channel_ids: row.channel_ids.0,
            id: row.id.into(),
            event: row.event.into(),
            percents: row.percents.0,
            quiet_minutes: row.quiet_minutes,
            enabled: row.enabled,
            created_at: row.created_at.into(),
        }
    }
}

#[ComplexObject]
impl NotificationRule {
    /// The channels that messages are sent to.
    #[graphql(complexity = "list(3, child_complexity)")]
    async fn channels(&self, ctx: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let mut channels = ctx.service::<Notifications>().channels().await?;
        channels.retain(|channel| self.channel_ids.contains(&channel.id));
        Ok(channels
            .into_iter()
            .map(NotificationChannel::from)
            .collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct NotificationRuleQuery;

#[Object(guard = "Declared")]
impl NotificationRuleQuery {
    /// A rule: which event is sent to which channels.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_rules(&self, ctx: &Context<'_>) -> Result<Vec<NotificationRule>> {
        let rules = ctx.service::<Notifications>().rules().await?;
        Ok(rules.into_iter().map(NotificationRule::from).collect())
    }
}

/// A new rule.
#[derive(InputObject)]
struct CreateNotificationRuleInput {
    /// The event.
    event: NotificationEvent,
    /// The ids of 1 to 20 channels.
    channel_ids: Vec<ID>,
    /// For `QUOTA`, the percentages of the limit that trigger the rule: 50, 80, 95 and 100 when omitted. For
    /// `ERROR_RATE`, the percentage of failed requests to exceed: 20 when omitted.
    percents: Option<Vec<u8>>,
    /// Minimum minutes between two messages about the same subject: 0 to 10080.
    #[graphql(default = 60)]
    quiet_minutes: i32,
}

/// Changes to a rule. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateNotificationRuleInput {
    /// The channels that messages are sent to.
    channel_ids: MaybeUndefined<Vec<ID>>,
    /// The percentages that trigger the rule.
    percents: MaybeUndefined<Vec<u8>>,
    /// Minimum minutes between two messages about the same subject.
    quiet_minutes: MaybeUndefined<i32>,
    /// Whether the rule is active.
    enabled: MaybeUndefined<bool>,
}

/// The result of `createNotificationRule`.
#[derive(SimpleObject)]
struct CreateNotificationRulePayload {
    /// The rule.
    rule: NotificationRule,
}

/// The result of `updateNotificationRule`.
#[derive(SimpleObject)]
struct UpdateNotificationRulePayload {
    /// The rule.
    rule: NotificationRule,
}

/// The result of `deleteNotificationRule`.
#[derive(SimpleObject)]
struct DeleteNotificationRulePayload {
    /// The deleted rule.
    rule: NotificationRule,
}

#[derive(Debug, Default)]
pub(crate) struct NotificationRuleMutation;

#[Object(guard = "Declared")]
impl NotificationRuleMutation {
    /// Create a rule: which event is sent to which channels.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateNotificationRuleInput,
    ) -> Result<CreateNotificationRulePayload> {
        let new = NewRule {
            event: input.event.into(),
            channel_ids: ids(&input.channel_ids)?,
            percents: input.percents,
            quiet_minutes: input.quiet_minutes,
        };
        let rule = ctx
            .service::<Notifications>()
            .create_rule(&ctx.audit(), new)
            .await?;
        let rule = NotificationRule::from(rule);
        Ok(CreateNotificationRulePayload { rule })
    }

    /// Update a rule.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateNotificationRuleInput,
    ) -> Result<UpdateNotificationRulePayload> {
        let id = input::id(&id, RULE)?;
        let channel_ids = input::change("channelIds", input.channel_ids)?;
        let changes = RuleChanges {
            channel_ids: channel_ids.map(|given| ids(&given)).transpose()?,
            percents: input::change("percents", input.percents)?,
            quiet_minutes: input::change("quietMinutes", input.quiet_minutes)?,
            enabled: input::change("enabled", input.enabled)?,
        };
        let rule = ctx
            .service::<Notifications>()
            .update_rule(&ctx.audit(), id, changes)
            .await?;
        let rule = NotificationRule::from(rule);
        Ok(UpdateNotificationRulePayload { rule })
    }

    /// Delete a rule.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn delete_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule's id.")] id: ID,
    ) -> Result<DeleteNotificationRulePayload> {
        let id = input::id(&id, RULE)?;
        let rule = ctx
            .service::<Notifications>()
            .delete_rule(&ctx.audit(), id)
            .await?;
        let rule = NotificationRule::from(rule);
        Ok(DeleteNotificationRulePayload { rule })
    }
}

fn ids(ids: &[ID]) -> Result<Vec<uuid::Uuid>> {
    ids.iter().map(|id| input::id(id, CHANNEL)).collect()
}
