//! The audit context of the mutation that is being resolved.

use std::sync::{Mutex, PoisonError};

use async_graphql::Context;
use serde_json::Value;

use super::{context::ContextExt as _, error::Result};
use crate::domain::audit::{Audit, AuditChange, AuditContext};

/// The mutation that is being resolved, with its arguments (secrets masked). The root fields of a mutation are
/// resolved one after another.
#[derive(Debug, Default)]
pub(in crate::graphql) struct CurrentMutation(Mutex<Option<(AuditContext, Value)>>);

impl CurrentMutation {
    /// `None` in a query.
    pub(in crate::graphql) fn get(&self) -> Option<(AuditContext, Value)> {
        let current = self.0.lock();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::graphql) fn set(&self, context: AuditContext, arguments: Value) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some((context, arguments));
    }
}

/// Records a mutation that changes no table, with its arguments and the subject that was set in its context.
pub(in crate::graphql) async fn record(ctx: &Context<'_>) -> Result<()> {
    let current = ctx.data_opt::<CurrentMutation>();
    let arguments = current.and_then(CurrentMutation::get);
    let done = AuditChange::done(arguments.map(|(_, arguments)| arguments));
    Ok(ctx.service::<Audit>().note(&ctx.audit(), done).await?)
}
