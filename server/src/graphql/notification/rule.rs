//! Rules: which events go to which channels.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject,
};
use entity::{admin::Role, notification_rule};
use uuid::Uuid;

use super::channel::NotificationChannel;
use crate::{
    domain::notifications::{NewRule, Notifications, RuleChanges},
    graphql::{
        resolver::{context::ContextExt as _, cost::list, error::Result, guard::AtLeast, input},
        types::scalar::DateTime,
    },
};

const CHANNEL: &str = "notification channel";
const RULE: &str = "notification rule";

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification_rule::NotificationEvent")]
pub(crate) enum NotificationEvent {
    /// A quota is used up to one of the percentages.
    Quota,
    /// An account at a provider fails.
    AccountFailing,
    /// An account's sign-in has expired and was not refreshed.
    AccountExpired,
    /// The engine does not run although it should.
    EngineDown,
    /// More of the latest requests fail than the percentage.
    ErrorRate,
}

/// Of what whom to tell.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct NotificationRule {
    #[graphql(skip)]
    channel_ids: Vec<Uuid>,
    /// The rule's id.
    id: ID,
    /// What happens.
    event: NotificationEvent,
    /// Of a quota: when to tell. Of failing requests: how many are too many. None for other events.
    percents: Vec<u8>,
    /// How many minutes nothing more is said of the same thing.
    quiet_minutes: i32,
    /// Whether it holds.
    enabled: bool,
    /// Since when there is this rule.
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
    /// The channels that tell it.
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

#[Object]
impl NotificationRuleQuery {
    /// Of what whom to tell.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_rules(&self, ctx: &Context<'_>) -> Result<Vec<NotificationRule>> {
        let rules = ctx.service::<Notifications>().rules().await?;
        Ok(rules.into_iter().map(NotificationRule::from).collect())
    }
}

/// What a new rule is like.
#[derive(InputObject)]
struct CreateNotificationRuleInput {
    /// What happens.
    event: NotificationEvent,
    /// The channels that tell it, at most 20.
    channel_ids: Vec<ID>,
    /// Of a quota: when to tell, 50, 80, 95 and 100 when left out. Of failing requests: how many are too many,
    /// 20 when left out.
    percents: Option<Vec<u8>>,
    /// How many minutes nothing more is said of the same thing, at most 10080.
    #[graphql(default = 60)]
    quiet_minutes: i32,
}

/// What to change about a rule. What is left out stays.
#[derive(InputObject)]
struct UpdateNotificationRuleInput {
    /// The channels that tell it.
    channel_ids: MaybeUndefined<Vec<ID>>,
    /// When to tell.
    percents: MaybeUndefined<Vec<u8>>,
    /// How many minutes nothing more is said of the same thing.
    quiet_minutes: MaybeUndefined<i32>,
    /// Whether it holds.
    enabled: MaybeUndefined<bool>,
}

/// A new rule.
#[derive(SimpleObject)]
struct CreateNotificationRulePayload {
    /// The rule.
    rule: NotificationRule,
}

/// A rule was changed.
#[derive(SimpleObject)]
struct UpdateNotificationRulePayload {
    /// The rule.
    rule: NotificationRule,
}

/// A rule was deleted.
#[derive(SimpleObject)]
struct DeleteNotificationRulePayload {
    /// The rule, as it was.
    rule: NotificationRule,
}

#[derive(Debug, Default)]
pub(crate) struct NotificationRuleMutation;

#[Object]
impl NotificationRuleMutation {
    /// Create a rule: of what whom to tell.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn create_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: CreateNotificationRuleInput,
    ) -> Result<CreateNotificationRulePayload> {
        let new = NewRule {
            event: input.event.into(),
            channel_ids: ids(&input.channel_ids)?,
            percents: input.percents,
            quiet_minutes: input.quiet_minutes,
        };
        let rule = ctx.service::<Notifications>().create_rule(new).await?;
        let rule = NotificationRule::from(rule);
        Ok(CreateNotificationRulePayload { rule })
    }

    /// Change a rule.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rule.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateNotificationRuleInput,
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
            .update_rule(id, changes)
            .await?;
        let rule = NotificationRule::from(rule);
        Ok(UpdateNotificationRulePayload { rule })
    }

    /// Delete a rule.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn delete_notification_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rule.")] id: ID,
    ) -> Result<DeleteNotificationRulePayload> {
        let id = input::id(&id, RULE)?;
        let rule = ctx.service::<Notifications>().delete_rule(id).await?;
        let rule = NotificationRule::from(rule);
        Ok(DeleteNotificationRulePayload { rule })
    }
}

fn ids(ids: &[ID]) -> Result<Vec<uuid::Uuid>> {
    ids.iter().map(|id| input::id(id, CHANNEL)).collect()
}
