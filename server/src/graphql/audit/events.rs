//! The audit: who did what.

use async_graphql::{Context, Enum, ID, InputObject, Json, Object, SimpleObject};
use entity::{admin::Role, audit_event};

use crate::{
    domain::{
        audit::{Audit, AuditFilter, ChainHead},
        paging::PageRequest,
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{COUNT, one, page},
            error::Result,
            guard::AtLeast,
            input,
        },
        types::{
            paging::{Connection, Node},
            scalar::{BigInt, DateTime},
        },
    },
};

/// What sort of caller acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::audit_event::ActorKind")]
enum ActorKind {
    /// An administrator, signed in.
    Admin,
    /// A script with an API token.
    ApiToken,
    /// A client that is not authenticated.
    Anonymous,
    /// A command on the machine of the server.
    Cli,
    /// The server itself.
    System,
}

/// Who acted.
#[derive(SimpleObject)]
struct AuditActor {
    /// What sort of caller.
    kind: ActorKind,
    /// The administrator's or the token's id.
    id: Option<ID>,
    /// What they were called at the time.
    name: Option<String>,
}

/// What an event is about.
#[derive(SimpleObject)]
struct AuditSubject {
    /// What it is, as in `user` or `apiKey`.
    kind: String,
    /// Its id.
    id: Option<ID>,
    /// What it was called at the time.
    name: Option<String>,
}

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvent(audit_event::Model);

impl Node for AuditEvent {
    const CONNECTION: &'static str = "AuditEventPart";

    fn cursor(&self) -> String {
        self.0.sequence.to_string()
    }
}

/// Something that was done, or tried, by whom. Events are only ever added, and each is bound to the one
/// before it.
#[Object]
impl AuditEvent {
    /// Its place in the chain, from 1 without a gap.
    async fn sequence(&self) -> BigInt {
        BigInt(self.0.sequence)
    }

    /// When it was.
    async fn at(&self) -> Option<DateTime> {
        chrono::DateTime::from_timestamp_micros(self.0.at).map(Into::into)
    }

    /// Who acted.
    async fn actor(&self) -> AuditActor {
        AuditActor {
            kind: self.0.actor_kind.into(),
            id: self.0.actor_id.map(Into::into),
            name: self.0.actor_name.clone(),
        }
    }

    /// From where.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What they did: the name of a mutation or a command.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// What it is about.
    async fn subject(&self) -> Option<AuditSubject> {
        Some(AuditSubject {
            kind: self.0.subject_kind.clone()?,
            id: self.0.subject_id.clone().map(Into::into),
            name: self.0.subject_name.clone(),
        })
    }

    /// What has changed, as it was before; null when nothing was.
    async fn before(&self) -> Option<Json<serde_json::Value>> {
        json(self.0.before.as_deref())
    }

    /// What has changed, as it is since; null when nothing is. Of what changed no table, and of what failed,
    /// what was asked for.
    async fn after(&self) -> Option<Json<serde_json::Value>> {
        json(self.0.after.as_deref())
    }

    /// The code of the error, when it was tried in vain.
    async fn error_code(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The hash of the event before, in hexadecimal digits.
    async fn previous_hash(&self) -> String {
        hex::encode(&self.0.previous_hash)
    }

    /// The hash of this event, in hexadecimal digits.
    async fn hash(&self) -> String {
        hex::encode(&self.0.hash)
    }
}

/// Text that is JSON.
fn json(text: Option<&str>) -> Option<Json<serde_json::Value>> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .map(Json)
}

/// Which events are wanted. All conditions count together.
#[derive(Debug, Default, InputObject)]
struct AuditEventFilter {
    /// Of this sort of caller.
    actor_kind: Option<ActorKind>,
    /// Of this administrator or API token.
    actor_id: Option<ID>,
    /// These mutations or commands.
    actions: Option<Vec<String>>,
    /// About such things, as in `user` or `apiKey`.
    subject_kind: Option<String>,
    /// About the one with this id.
    subject_id: Option<String>,
    /// Only what was tried in vain, or only what was done.
    failed: Option<bool>,
    /// At this time or later.
    from: Option<DateTime>,
    /// Before this time.
    to: Option<DateTime>,
}

impl AuditEventFilter {
    fn read(self) -> Result<AuditFilter> {
        let actor_id = self.actor_id.as_ref().map(|id| input::id(id, "actor"));
        Ok(AuditFilter {
            actor_kind: self.actor_kind.map(Into::into),
            actor_id: actor_id.transpose()?,
            actions: self.actions,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id,
            failed: self.failed,
            from: self.from.map(Into::into),
            to: self.to.map(Into::into),
        })
    }
}

/// The last event of the chain. Keep its hash elsewhere: `proxypal-server audit verify --expect HASH` tells
/// whether it is still there.
#[derive(SimpleObject)]
struct AuditHead {
    /// Its place in the chain.
    sequence: BigInt,
    /// Its hash, in hexadecimal digits.
    hash: String,
}

impl From<ChainHead> for AuditHead {
    fn from(head: ChainHead) -> Self {
        Self {
            sequence: BigInt(head.sequence),
            hash: head.hash,
        }
    }
}

/// Events.
#[derive(async_graphql::MergedObject)]
struct AuditEventConnection(Connection<AuditEvent>, AuditCount);

/// How many there are.
#[derive(Debug)]
struct AuditCount(AuditFilter);

#[Object]
impl AuditCount {
    /// How many events there are on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<BigInt> {
        Ok(ctx.service::<Audit>().count(&self.0).await?.into())
    }
}

/// The audit's part of the queries.
#[derive(Debug, Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who did what, the latest first.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "page(first, None, child_complexity)"
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events; all when left out.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "How many, at most 200; 50 when left out.")] first: Option<i32>,
        #[graphql(desc = "Begin after the item with this cursor.")] after: Option<String>,
    ) -> Result<AuditEventConnection> {
        let filter = filter.unwrap_or_default().read()?;
        let page = PageRequest {
            first,
            after,
            ..PageRequest::default()
        };
        let page = ctx.service::<Audit>().list(&filter, &page).await?;
        Ok(AuditEventConnection(
            Connection::new(page, AuditEvent),
            AuditCount(filter),
        ))
    }

    /// The last event of the chain; null while there is none.
    #[graphql(guard = "AtLeast(Role::Viewer)", complexity = "one(child_complexity)")]
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<Option<AuditHead>> {
        Ok(ctx.service::<Audit>().head().await?.map(Into::into))
    }
}
