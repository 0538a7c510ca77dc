//! The audit: who did what.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Json, Object, SimpleObject};
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
    /// Somebody who has not shown who they are.
    #[graphql(name = "ANONYMOUS")]
    Stranger,
    /// A command on the machine of the server.
    Cli,
    /// The server itself.
    System,
}

/// Who acted.
#[derive(Clone, Debug, SimpleObject)]
struct AuditActor {
    /// What sort of caller.
    kind: ActorKind,
    /// The administrator's or the token's id.
    id: Option<ID>,
    /// What they were called at the time.
    name: Option<String>,
}

/// What an event is about.
#[derive(Clone, Debug, SimpleObject)]
struct AuditSubject {
    /// What it is, as in `user` or `apiKey`.
    kind: String,
    /// Its id.
    id: Option<ID>,
    /// What it was called at the time.
    name: Option<String>,
}

impl Node for AuditEvent {
    const CONNECTION: &'static str = "AuditEventPart";

    fn cursor(&self) -> String {
        self.sequence.0.to_string()
    }
}

/// Something that was done, or tried, by whom. Events are only ever added, and each is bound to the one
/// before it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AuditEvent {
    #[graphql(skip)]
    before_json: Option<String>,
    #[graphql(skip)]
    after_json: Option<String>,
    /// Its place in the chain, from 1 without a gap.
    sequence: BigInt,
    /// When it was.
    at: Option<DateTime>,
    /// Who acted.
    actor: AuditActor,
    /// From where.
    address: Option<String>,
    /// What they did: the name of a mutation or a command.
    action: String,
    /// What it is about.
    subject: Option<AuditSubject>,
    /// The code of the error, when it was tried in vain.
    error_code: Option<String>,
    /// The hash of the event before, in hexadecimal digits.
    previous_hash: String,
    /// The hash of this event, in hexadecimal digits.
    hash: String,
}

impl From<audit_event::Model> for AuditEvent {
    fn from(row: audit_event::Model) -> Self {
        Self {
            before_json: row.before,
            after_json: row.after,
            sequence: BigInt(row.sequence),
            at: chrono::DateTime::from_timestamp_micros(row.at).map(Into::into),
            actor: AuditActor {
                kind: row.actor_kind.into(),
                id: row.actor_id.map(Into::into),
                name: row.actor_name,
            },
            address: row.address,
            action: row.action,
            subject: row.subject_kind.map(|kind| AuditSubject {
                kind,
                id: row.subject_id.map(Into::into),
                name: row.subject_name,
            }),
            error_code: row.error,
            previous_hash: hex::encode(row.previous_hash),
            hash: hex::encode(row.hash),
        }
    }
}

#[ComplexObject]
impl AuditEvent {
    /// What has changed, as it was before; null when nothing was.
    async fn before(&self) -> Option<Json<serde_json::Value>> {
        json(self.before_json.as_deref())
    }

    /// What has changed, as it is since; null when nothing is. Of what changed no table, and of what failed,
    /// what was asked for.
    async fn after(&self) -> Option<Json<serde_json::Value>> {
        json(self.after_json.as_deref())
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
            Connection::new(page, AuditEvent::from),
            AuditCount(filter),
        ))
    }

    /// The last event of the chain; null while there is none.
    #[graphql(guard = "AtLeast(Role::Viewer)", complexity = "one(child_complexity)")]
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<Option<AuditHead>> {
        Ok(ctx.service::<Audit>().head().await?.map(Into::into))
    }
}
