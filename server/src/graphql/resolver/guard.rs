//! Authorization of fields. A field declares what it requires with the directives of [`super::role`], which
//! `schema.graphql` prints; [`Declared`] enforces what is declared, so the two cannot disagree.

use async_graphql::{
    Context, Guard, InputType, Result, Value,
    parser::types::OperationType,
    registry::{MetaDirectiveInvocation, MetaField, Registry},
};
use entity::admin::Role;

use super::{context::ContextExt as _, error::ResolverError, role};
use crate::domain::{Error, Viewer};

/// The callers that a root field's directives declare; empty if there is no directive.
pub(crate) struct Declared;

/// The same for a field of this type.
pub(crate) struct DeclaredOn(pub(crate) &'static str);

/// All callers, including anonymous ones.
pub(crate) struct Public;

/// All authenticated callers. The resolver checks that end users query only their own data.
pub(crate) struct KnownCaller;

impl Guard for Declared {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        let registry = &ctx.schema_env.registry;
        let root = match ctx.query_env.operation.node.ty {
            OperationType::Query => Some(&registry.query_type),
            OperationType::Mutation => registry.mutation_type.as_ref(),
            OperationType::Subscription => registry.subscription_type.as_ref(),
        };
        check(ctx, root.and_then(|root| field(registry, root, ctx)))
    }
}

impl Guard for DeclaredOn {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        check(ctx, field(&ctx.schema_env.registry, self.0, ctx))
    }
}

impl Guard for KnownCaller {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        match ctx.viewer() {
            Viewer::Anonymous => Err(refusal(ctx.viewer())),
            Viewer::Session(_) | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => Ok(()),
        }
    }
}

impl Guard for Public {
    async fn check(&self, _ctx: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

fn field<'a>(registry: &'a Registry, of: &str, ctx: &Context<'_>) -> Option<&'a MetaField> {
    let name = &ctx.item.node.name.node;
    registry.types.get(of)?.field_by_name(name)
}

fn check(ctx: &Context<'_>, field: Option<&MetaField>) -> Result<()> {
    let viewer = ctx.viewer();
    let declared = field.map_or(&[][..], |field| &field.directive_invocations);
    if !declared.is_empty() && declared.iter().all(|directive| allows(directive, viewer)) {
        return Ok(());
    }
    Err(refusal(viewer))
}

fn allows(directive: &MetaDirectiveInvocation, viewer: &Viewer) -> bool {
    match directive.name.as_str() {
        "requiresRole" => {
            let required = directive.args.get("role").and_then(declared_role);
            required.is_some_and(|required| viewer.role().is_some_and(|role| role >= required))
        }
        "requiresApiKey" => matches!(viewer, Viewer::KeyHolder { .. }),
        "requiresSession" => matches!(viewer, Viewer::Session(_)),
        _ => false,
    }
}

fn declared_role(value: &Value) -> Option<Role> {
    let role = <role::Role as InputType>::parse(Some(value.clone())).ok()?;
    Some(role.into())
}

/// 401 if anonymous, 403 if authenticated but not allowed.
fn refusal(viewer: &Viewer) -> async_graphql::Error {
    let error = match viewer {
        Viewer::Anonymous => Error::Unauthenticated,
        Viewer::Session(_) | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => Error::Forbidden,
    };
    ResolverError::from(error).into()
}
