//! Sees to it that every change leaves an event in the audit, whichever resolver makes it.
//!
//! Who asks, from where and for what goes along with the resolver's task, so that the domain records the
//! change in its own transaction. What it has not recorded is recorded here directly after: changes of
//! what is no table of ours (the engine), changes of provider accounts, which are compared as a whole, and
//! whatever was tried in vain.

mod accounts;
mod arguments;

use std::{
    borrow::Cow,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    ServerError, ServerResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextResolve, ResolveInfo,
    },
    parser::types::ExecutableDocument,
};

use self::accounts::Accounts;
use super::{
    context::{Browser, Services},
    error::Failure,
    report::RequestId,
};
use crate::domain::{
    Error, Viewer,
    audit::{Actor, Change, Deed, Subject},
};

/// What strangers may try, so that their failures are of interest.
const SIGNING_IN: [&str; 2] = ["login", "completeSetup"];

/// Where whoever opened a socket is.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketAddress(pub(super) Option<IpAddr>);

/// Records every change.
pub(super) struct AuditTrail;

impl ExtensionFactory for AuditTrail {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Trail::default())
    }
}

/// The trail of one operation.
#[derive(Debug, Default)]
struct Trail {
    variables: Mutex<Variables>,
}

#[async_graphql::async_trait::async_trait]
impl Extension for Trail {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        self.keep(variables);
        next.run(ctx, query, variables).await
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.parent_type != "Mutation" || info.is_for_introspection {
            return next.run(ctx, info).await;
        }
        let registry = &ctx.schema_env.registry;
        let asked = arguments::asked(registry, info.field, &self.kept());
        let step = Step {
            services: ctx.data_unchecked::<Arc<Services>>(),
            viewer: ctx.data_opt().unwrap_or(&Viewer::Anonymous),
            action: info.name.to_owned(),
            asked,
        };
        let deed = Deed::new(actor(step.viewer), address(ctx), info.name);
        Arc::clone(&deed)
            .run(async {
                let accounts = Accounts::before(step.services, info.name).await;
                let result = next.run(ctx, info).await;
                let noted = step.note(&deed, accounts, result.as_ref().err()).await;
                match noted {
                    Ok(()) => result,
                    Err(error) => Err(unrecorded(ctx, error)),
                }
            })
            .await
    }
}

impl Trail {
    fn keep(&self, variables: &Variables) {
        let mut kept = self.variables.lock();
        let kept = kept.as_deref_mut();
        if let Ok(kept) = kept {
            kept.clone_from(variables);
        }
    }

    fn kept(&self) -> Variables {
        let kept = self.variables.lock();
        kept.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One change that is asked for.
struct Step<'a> {
    services: &'a Services,
    viewer: &'a Viewer,
    action: String,
    asked: serde_json::Value,
}

impl Step<'_> {
    async fn note(
        self,
        deed: &Deed,
        accounts: Option<Accounts>,
        error: Option<&ServerError>,
    ) -> Result<(), Error> {
        let audit = &self.services.audit;
        if let Some(error) = error {
            return match self.failure(error) {
                Some(failure) => audit.note(failure).await,
                None => Ok(()),
            };
        }
        if deed.was_recorded() {
            return Ok(());
        }
        if let Some(accounts) = accounts {
            for change in accounts.changes(self.services).await? {
                audit.note(change).await?;
            }
            if deed.was_recorded() {
                return Ok(());
            }
        }
        let done = Change::done(Some(self.asked.clone()));
        audit.note(done.about(self.subject())).await
    }

    /// What was tried in vain by somebody known; of strangers, that a secret of theirs was wrong. What
    /// they wrote is not kept: some write their password where the name belongs.
    fn failure(&self, error: &ServerError) -> Option<Change> {
        let code = code(error);
        match self.viewer {
            Viewer::Session(_) | Viewer::ApiToken(_) => {
                let failed = Change::failed(Some(self.asked.clone()), code);
                Some(failed.about(self.subject()))
            }
            Viewer::Anonymous | Viewer::KeyHolder { .. } => {
                let tried = SIGNING_IN.contains(&self.action.as_str()) && code == "UNAUTHENTICATED";
                tried.then(|| Change::failed(None, code))
            }
        }
    }

    /// What it is about, as its name and its id say: `removeModelAlias` of a model alias.
    fn subject(&self) -> Option<Subject> {
        let id = self.asked.get("id")?.as_str()?;
        let kind = self
            .action
            .trim_start_matches(|letter: char| letter.is_lowercase());
        let mut letters = kind.chars();
        let first = letters.next()?.to_ascii_lowercase();
        let kind: String = std::iter::once(first).chain(letters).collect();
        Some(Subject::new(Cow::Owned(kind), id))
    }
}

fn actor(viewer: &Viewer) -> Actor {
    match viewer {
        Viewer::Session(session) => (&session.admin).into(),
        Viewer::ApiToken(token) => token.into(),
        Viewer::Anonymous | Viewer::KeyHolder { .. } => Actor::stranger(),
    }
}

fn address(ctx: &ExtensionContext<'_>) -> Option<String> {
    let of_browser = ctx
        .data_opt::<Browser>()
        .and_then(|browser| browser.address);
    let of_socket = || ctx.data_opt::<SocketAddress>().and_then(|socket| socket.0);
    of_browser
        .or_else(of_socket)
        .map(|address| address.to_string())
}

/// Our code of an error; what the library refuses was asked wrongly.
fn code(error: &ServerError) -> &'static str {
    let source = error.source.as_ref();
    let ours = source.and_then(|source| source.downcast_ref::<Error>());
    ours.map_or("BAD_USER_INPUT", Error::code)
}

/// The change was made, or not, but nobody would ever know: that is for an administrator to hear.
fn unrecorded(ctx: &ExtensionContext<'_>, error: Error) -> ServerError {
    let id = ctx.data_opt::<RequestId>().map(|RequestId(id)| id);
    tracing::error!(request.id = ?id, ?error, "a change could not be recorded in the audit");
    let error = async_graphql::Error::from(Failure::from(error));
    error.into_server_error(async_graphql::Pos::default())
}
