//! Audit events.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Json, Object, SimpleObject};
use entity::audit_event;

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
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{
            paging::{Connection, Node},
            scalar::{BigInt, DateTime},
        },
    },
};

/// The kind of caller that acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::audit_event::ActorKind")]
enum ActorKind {
    /// A signed-in administrator.
    Admin,
    /// A script with an API token.
    ApiToken,
    /// A user with one of their API keys.
    User,
    /// A caller without a valid credential.
    Anonymous,
    /// A command of the program on the server's machine.
    Cli,
    /// The server itself.
    System,
}

/// The caller that acted.
#[derive(Clone, Debug, SimpleObject)]
struct AuditActor {
    /// The kind of caller.
    kind: ActorKind,
    /// The id of the administrator, API token or user; null for other callers.
    id: Option<ID>,
    /// The name at the time of the event; null if the caller has none.
    name: Option<String>,
}

/// The object that an event is about.
#[derive(Clone, Debug, SimpleObject)]
struct AuditSubject {
    /// The kind of object, such as `user` or `apiKey`.
    kind: String,
    /// The object's id; null if it has none.
    id: Option<ID>,
    /// The object's name at the time of the event; null if it has none.
    name: Option<String>,
}

impl Node for AuditEvent {
    const CONNECTION: &'static str = "AuditEventPart";

    fn cursor(&self) -> String {
        self.sequence.0.to_string()
    }
}

/// A change, or a failed attempt at one. Events are append-only, and each includes the hash of the one before
/// it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AuditEvent {
    #[graphql(skip)]
    before_json: Option<String>,
    #[graphql(skip)]
    after_json: Option<String>,
    /// The position in the chain, from 1 and without gaps.
    sequence: BigInt,
    /// The time of the event.
    at: Option<DateTime>,
    /// The caller that acted.
    actor: AuditActor,
    /// The caller's IP address; null if there is none.
    address: Option<String>,
    /// The name of the mutation or command.
    action: String,
    /// The object that the event is about; null if there is none.
    subject: Option<AuditSubject>,
    /// The error code of a failed attempt; null if the change succeeded.
    error_code: Option<String>,
    /// The hash of the previous event, in hexadecimal.
    previous_hash: String,
    /// The hash of this event, in hexadecimal.
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
    /// The values before the change; null if the object was created.
    async fn before(&self) -> Option<Json<serde_json::Value>> {
        json(self.before_json.as_deref())
    }

    /// The values after the change; null if the object was deleted. For failed attempts, and for changes of
    /// no table, the arguments without their secrets.
    async fn after(&self) -> Option<Json<serde_json::Value>> {
        json(self.after_json.as_deref())
    }
}

fn json(text: Option<&str>) -> Option<Json<serde_json::Value>> {
    text.and_then(|text| serde_json::from_str(text).ok())
        .map(Json)
}

/// A filter of audit events. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
struct AuditEventFilter {
    /// The kind of caller.
    actor_kind: Option<ActorKind>,
    /// The id of the administrator or API token that acted.
    actor_id: Option<ID>,
    /// The names of mutations or commands, of which any matches.
    actions: Option<Vec<String>>,
    /// The kind of object, such as `user` or `apiKey`.
    subject_kind: Option<String>,
    /// The object's id.
    subject_id: Option<String>,
    /// True for failed attempts only, false for completed changes only.
    failed: Option<bool>,
    /// The earliest time, inclusive.
    from: Option<DateTime>,
    /// The latest time, exclusive.
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

/// The last event of the chain. Keep its hash outside this server: `proxypal-server audit verify --expect
/// HASH` checks that the chain still contains it.
#[derive(SimpleObject)]
struct AuditHead {
    /// The position in the chain.
    sequence: BigInt,
    /// The hash, in hexadecimal.
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

/// A page of audit events.
#[derive(async_graphql::MergedObject)]
struct AuditEventConnection(Connection<AuditEvent>, AuditCount);

#[derive(Debug)]
struct AuditCount(AuditFilter);

#[Object]
impl AuditCount {
    /// The number of events on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<BigInt> {
        Ok(ctx.service::<Audit>().count(&self.0).await?.into())
    }
}

#[derive(Debug, Default)]
pub(crate) struct AuditQuery;

#[Object(guard = "Declared")]
impl AuditQuery {
    /// Audit events, newest first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, None, child_complexity)"
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all events when omitted.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "The page size: 1 to 200, 50 when omitted.")] first: Option<i32>,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
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

    /// The last event of the chain; null while the audit log is empty.
    #[graphql(directive = requires_role::apply(Role::Viewer), complexity = "one(child_complexity)")]
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<Option<AuditHead>> {
        Ok(ctx.service::<Audit>().head().await?.map(Into::into))
    }
}
