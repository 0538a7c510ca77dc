//! Changing channels and rules, and trying a channel out.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use super::{
    channel_settings::NotificationChannelSettingsInput,
    list::{NotificationChannel, NotificationEvent, NotificationRule},
};
use crate::{
    domain::notifications::{
        ChannelChanges, NewChannel, NewRule, Notifications, RuleChanges, signing_secret,
    },
    graphql::resolver::{audit, context::ContextExt as _, error::Result, guard::AtLeast, input},
    notify,
};

const CHANNEL: &str = "notification channel";
const RULE: &str = "notification rule";

/// What a new channel is like.
#[derive(InputObject)]
struct CreateNotificationChannelInput {
    /// What it is called.
    name: String,
    /// How it delivers. Sealed, and never shown again.
    settings: NotificationChannelSettingsInput,
}

/// What to change about a channel. What is left out stays.
#[derive(InputObject)]
struct UpdateNotificationChannelInput {
    /// What it is called.
    name: MaybeUndefined<String>,
    /// Whether it is used.
    enabled: MaybeUndefined<bool>,
    /// How it delivers, in place of all of the earlier settings; of the same kind.
    settings: MaybeUndefined<NotificationChannelSettingsInput>,
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

/// A new channel.
#[derive(SimpleObject)]
struct CreateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// What the signatures of a webhook are made with, when it was made up; shown this once.
    signing_secret: Option<String>,
}

/// A channel was changed.
#[derive(SimpleObject)]
struct UpdateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// What the signatures of a webhook are made with from now on, when it was made up; shown this once.
    signing_secret: Option<String>,
}

/// A channel was deleted.
#[derive(SimpleObject)]
struct DeleteNotificationChannelPayload {
    /// The channel, as it was.
    channel: NotificationChannel,
}

/// A channel was tried out.
#[derive(SimpleObject)]
struct TestNotificationChannelPayload {
    /// Whether the message got through.
    delivered: bool,
    /// What is wrong, when it did not.
    problem: Option<String>,
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

/// The notifications' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct NotificationMutation;

#[Object]
impl NotificationMutation {
    /// Create a way to tell somebody something.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn create_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is like.")] input: CreateNotificationChannelInput,
    ) -> Result<CreateNotificationChannelPayload> {
        let mut made = None;
        let settings = input
            .settings
            .read(|| made.insert(signing_secret()).clone());
        let name = input.name;
        let notifications = ctx.service::<Notifications>();
        let channel = notifications
            .create_channel(&ctx.audit(), NewChannel { name, settings })
            .await?;
        Ok(CreateNotificationChannelPayload {
            channel: NotificationChannel(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Change a channel.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn update_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateNotificationChannelInput,
    ) -> Result<UpdateNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let mut made = None;
        let settings = input::change("settings", input.settings)?;
        let changes = ChannelChanges {
            name: input::change("name", input.name)?,
            enabled: input::change("enabled", input.enabled)?,
            settings: settings
                .map(|settings| settings.read(|| made.insert(signing_secret()).clone())),
        };
        let notifications = ctx.service::<Notifications>();
        let channel = notifications
            .update_channel(&ctx.audit(), id, changes)
            .await?;
        Ok(UpdateNotificationChannelPayload {
            channel: NotificationChannel(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Delete a channel together with what waits for it.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn delete_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
    ) -> Result<DeleteNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let channel = ctx
            .service::<Notifications>()
            .delete_channel(&ctx.audit(), id)
            .await?;
        let channel = NotificationChannel(channel);
        Ok(DeleteNotificationChannelPayload { channel })
    }

    /// Send a test through a channel, and wait up to fifteen seconds for its end.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn test_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which channel.")] id: ID,
    ) -> Result<TestNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        ctx.audit().about(Notifications::channel_subject(id));
        let outcome = ctx.service::<notify::Sender>().test(id).await?;
        audit::record(ctx).await?;
        Ok(TestNotificationChannelPayload {
            delivered: outcome.is_ok(),
            problem: outcome.err(),
        })
    }

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
        let rule = ctx
            .service::<Notifications>()
            .create_rule(&ctx.audit(), new)
            .await?;
        let rule = NotificationRule(rule);
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
            .update_rule(&ctx.audit(), id, changes)
            .await?;
        let rule = NotificationRule(rule);
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
        let rule = ctx
            .service::<Notifications>()
            .delete_rule(&ctx.audit(), id)
            .await?;
        let rule = NotificationRule(rule);
        Ok(DeleteNotificationRulePayload { rule })
    }
}

fn ids(ids: &[ID]) -> Result<Vec<uuid::Uuid>> {
    ids.iter().map(|id| input::id(id, CHANNEL)).collect()
}
