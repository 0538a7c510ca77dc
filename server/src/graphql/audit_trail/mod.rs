//! Sees to it that every change leaves an event in the audit, whichever resolver makes it.
//!
//! Who asks, from where and for what goes along with the resolver's task, so that the domain records the
//! change in its own transaction. What it has not recorded is recorded here directly after: changes of
//! what is no table of ours (the engine), changes of provider accounts, which are compared as a whole, and
//! whatever was tried in vain.

mod accounts;
mod arguments;
mod failures;
mod step;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{
    ServerError, ServerResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextResolve, ResolveInfo,
    },
    parser::types::{ExecutableDocument, OperationType},
};

pub(super) use self::failures::FailedAttempts;
use self::step::RequestedChange;
use crate::{
    domain::{Error, Viewer},
    graphql::{
        resolver::error::ResolverError,
        transport::{
            bounds,
            budget::{Budgets, Payer},
            report::RequestId,
        },
    },
};

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
        let document = next.run(ctx, query, variables).await?;
        let mut operations = document.operations.iter();
        if operations.any(|(_, each)| each.node.ty == OperationType::Mutation) {
            self.keep(variables);
        }
        Ok(document)
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
        // In a box of its own: every field of every answer is resolved here, and this is large.
        Box::pin(self.follow(ctx, info, next)).await
    }
}

impl Trail {
    /// Resolves a mutation and sees to its event.
    async fn follow(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let registry = &ctx.schema_env.registry;
        let viewer = ctx.data_opt().unwrap_or(&Viewer::Anonymous);
        // What is asked of callers without a role is never kept.
        let asked = match viewer.role() {
            Some(_) => arguments::asked(registry, info.field, &self.variables()),
            None => serde_json::Value::Null,
        };
        let step = RequestedChange {
            audit: ctx.data_unchecked(),
            accounts: ctx.data_unchecked(),
            clock: ctx.data_unchecked(),
            failures: ctx.data_unchecked::<FailedAttempts>(),
            viewer,
            address: bounds::address(ctx),
            action: info.name.to_owned(),
            asked,
        };
        let context = step.context(info.name);
        let payer = Payer::of(viewer, step.address);
        Arc::clone(&context)
            .run(async {
                let accounts = step.accounts().await;
                let result = next.run(ctx, info).await;
                let noted = step.note(&context, accounts, result.as_ref().err()).await;
                if result.is_ok()
                    && let Some(budgets) = ctx.data_opt::<Budgets>()
                {
                    budgets.charge_for_event(payer);
                }
                match noted {
                    Ok(()) => result,
                    Err(error) => Err(unrecorded(ctx, error)),
                }
            })
            .await
    }

    fn keep(&self, variables: &Variables) {
        let mut kept = self.variables.lock();
        let kept = kept.as_deref_mut();
        if let Ok(kept) = kept {
            kept.clone_from(variables);
        }
    }

    fn variables(&self) -> MutexGuard<'_, Variables> {
        let kept = self.variables.lock();
        kept.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The change was made, or not, but nobody would ever know: that is for an administrator to hear.
fn unrecorded(ctx: &ExtensionContext<'_>, error: Error) -> ServerError {
    let id = ctx.data_opt::<RequestId>().map(|RequestId(id)| id);
    tracing::error!(request.id = ?id, ?error, "a change could not be recorded in the audit");
    let error = async_graphql::Error::from(ResolverError::from(error));
    error.into_server_error(async_graphql::Pos::default())
}
