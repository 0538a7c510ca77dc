//! Makes the audit context of each mutation, and records mutations that failed.
//!
//! The service that makes a change records it, in the transaction of the change, with the context that the
//! resolver passes on.

mod arguments;
mod failures;
mod step;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{
    Request, ServerError, ServerResult, Value, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextPrepareRequest,
        NextResolve, ResolveInfo,
    },
    parser::types::{ExecutableDocument, OperationType},
};

pub(super) use self::failures::FailedAttempts;
use self::step::RequestedChange;
use crate::{
    domain::{Error, Viewer},
    graphql::{
        resolver::{audit::CurrentMutation, error::ResolverError},
        transport::{
            bounds,
            budget::{Budgets, Payer},
            report::RequestId,
        },
    },
};

/// Follows every mutation.
pub(super) struct AuditTrail;

impl ExtensionFactory for AuditTrail {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Trail::default())
    }
}

/// The variables of one operation, from which the arguments of its mutations are read.
#[derive(Debug, Default)]
struct Trail {
    variables: Mutex<Variables>,
}

#[async_graphql::async_trait::async_trait]
impl Extension for Trail {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request.data(CurrentMutation::default()))
            .await
    }

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
    /// Resolves a mutation, and records it if it fails.
    async fn follow(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let registry = &ctx.schema_env.registry;
        let viewer = ctx.data_opt().unwrap_or(&Viewer::Anonymous);
        // Arguments of callers without a role are never recorded: they may be passwords in the wrong field.
        let arguments = match viewer.role() {
            Some(_) => arguments::arguments(registry, info.field, &self.variables()),
            None => serde_json::Value::Null,
        };
        let step = RequestedChange {
            audit: ctx.data_unchecked(),
            clock: ctx.data_unchecked(),
            failures: ctx.data_unchecked::<FailedAttempts>(),
            viewer,
            address: bounds::address(ctx),
            action: info.name.to_owned(),
            arguments,
        };
        let context = step.context(info.name);
        if let Some(current) = ctx.data_opt::<CurrentMutation>() {
            current.set(context.clone(), step.arguments.clone());
        }
        let payer = Payer::of(viewer, step.address);
        let result = next.run(ctx, info).await;
        let noted = step.note(&context, result.as_ref().err()).await;
        if result.is_ok()
            && let Some(budgets) = ctx.data_opt::<Budgets>()
        {
            budgets.charge_for_event(payer);
        }
        match noted {
            Ok(()) => result,
            Err(error) => Err(unrecorded(ctx, error)),
        }
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

/// The mutation ran, but the audit has no event of it: an administrator must learn of that.
fn unrecorded(ctx: &ExtensionContext<'_>, error: Error) -> ServerError {
    let id = ctx.data_opt::<RequestId>().map(|RequestId(id)| id);
    tracing::error!(request.id = ?id, ?error, "a change could not be recorded in the audit");
    let error = async_graphql::Error::from(ResolverError::from(error));
    error.into_server_error(async_graphql::Pos::default())
}
