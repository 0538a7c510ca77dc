//! Enforces the caller's limits on each operation of every transport: the document was accepted, its complexity
//! is within the limit, the budget is charged, and a query waits for a permit.

mod names;
#[cfg(test)]
mod tests;

use std::{any::TypeId, net::IpAddr, sync::Arc};

use async_graphql::{
    Data, Executor, Request, Response, ServerError, ServerResult, ValidationResult, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery,
        NextPrepareRequest, NextValidation,
    },
    parser::types::{BaseType, ExecutableDocument},
    registry::Registry,
};
use futures_util::stream::BoxStream;
use tokio_util::task::TaskTracker;

use super::{
    budget::{Budgets, Payer},
    completion::completed,
    csrf,
    document::{self, DocumentAdmission, DocumentLimits},
};
use crate::{
    domain::{Error, Viewer},
    graphql::{
        resolver::{
            context::{Browser, SocketAddress},
            error::ResolverError,
        },
        schema::ControlPlane,
    },
};

/// Data of an operation whose session has ended: beyond an anonymous client's limits it fails as
/// `UNAUTHENTICATED`, so that the client signs in again.
#[derive(Debug)]
pub(super) struct SignedOut;

/// Enforces the limits of every operation of a schema.
pub(crate) struct Bounds;

impl ExtensionFactory for Bounds {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Bounds {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let admission = request.data.get(&TypeId::of::<DocumentAdmission>());
        match admission.and_then(|admission| admission.downcast_ref()) {
            Some(DocumentAdmission(Ok(()))) => next.run(ctx, request).await,
            Some(DocumentAdmission(Err(_)))
                if request.data.contains_key(&TypeId::of::<SignedOut>()) =>
            {
                Err(server_error(Error::Unauthenticated))
            }
            Some(DocumentAdmission(Err(error))) => Err(server_error(Arc::clone(error))),
            None => {
                let cause = anyhow::anyhow!("an operation bypassed the document limits");
                Err(server_error(Error::Internal(cause)))
            }
        }
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        types_are_known(&document, &ctx.schema_env.registry)?;
        names::are_known(&document, &ctx.schema_env.registry)?;
        Ok(document)
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await?;
        let (viewer, payer) = caller(ctx);
        let limit = DocumentLimits::of(viewer).complexity;
        if validated.complexity > limit && ctx.data_opt::<SignedOut>().is_some() {
            return Err(vec![server_error(Error::Unauthenticated)]);
        }
        if validated.complexity > limit {
            let message = format!(
                "the operation costs {} points; the limit is {limit}",
                validated.complexity
            );
            return Err(vec![server_error(Error::BadInput(message))]);
        }
        let Some(budgets) = ctx.data_opt::<Budgets>() else {
            return Ok(validated);
        };
        let paid = budgets.pay_for_query(payer, validated.complexity);
        paid.map_err(|error| vec![server_error(error)])?;
        Ok(validated)
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Some(budgets) = ctx.data_opt::<Budgets>() else {
            return next.run(ctx, operation_name).await;
        };
        match budgets.turn(caller(ctx).1).await {
            Ok(_turn) => next.run(ctx, operation_name).await,
            Err(error) => Response::from_errors(vec![server_error(error)]),
        }
    }
}

fn caller<'a>(ctx: &ExtensionContext<'a>) -> (&'a Viewer, Option<Payer>) {
    let viewer = ctx.data_opt().unwrap_or(&Viewer::Anonymous);
    (viewer, Payer::of(viewer, address(ctx)))
}

/// The address of the operation's client.
pub(crate) fn address(ctx: &ExtensionContext<'_>) -> Option<IpAddr> {
    let of_browser = ctx.data_opt::<Browser>();
    let of_browser = of_browser.and_then(|browser| browser.address);
    of_browser.or_else(|| ctx.data_opt::<SocketAddress>().and_then(|socket| socket.0))
}

/// Rejects variables of an unknown type: the library panics at the default of a list of those.
fn types_are_known(document: &ExecutableDocument, registry: &Registry) -> ServerResult<()> {
    for (_, operation) in document.operations.iter() {
        for definition in &operation.node.variable_definitions {
            let mut base = &definition.node.var_type.node.base;
            while let BaseType::List(inner) = base {
                base = &inner.base;
            }
            if let BaseType::Named(name) = base
                && !registry.types.contains_key(name.as_str())
            {
                let message = format!("Unknown type \"{name}\"");
                return Err(ServerError::new(message, Some(definition.pos)));
            }
        }
    }
    Ok(())
}

/// Converts our error to the library's.
pub(super) fn server_error(error: impl Into<ResolverError>) -> ServerError {
    let error = async_graphql::Error::from(error.into());
    error.into_server_error(async_graphql::Pos::default())
}

/// The schema behind its limits, for the library's WebSocket.
#[derive(Clone)]
pub(super) struct BoundSchema {
    pub(super) schema: ControlPlane,
    pub(super) budgets: Budgets,
    pub(super) tasks: TaskTracker,
}

impl Executor for BoundSchema {
    async fn execute(&self, request: Request) -> Response {
        // Sockets stream; nothing else comes here.
        self.schema.execute(request).await
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let data = session_data.unwrap_or_default();
        let viewer = data.get(&TypeId::of::<Viewer>());
        let viewer = viewer.and_then(|viewer| viewer.downcast_ref());
        let viewer = viewer.unwrap_or(&Viewer::Anonymous);
        let payer = Payer::of(viewer, None);
        let paid = self.budgets.pay_for_operation(payer);
        let paid = paid.and_then(|()| self.budgets.pay_for_bytes(payer, request.query.len()));
        let mut request = match paid {
            Ok(()) => document::admit(request, DocumentLimits::of(viewer)),
            Err(error) => document::refuse(error),
        };
        let changes = csrf::changes(&mut request);
        let responses = self.schema.execute_stream_with_session_data(request, data);
        if changes {
            return completed(&self.tasks, responses);
        }
        responses
    }
}
