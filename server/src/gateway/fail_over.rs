//! Sends a request that an account has refused to another account that the caller may use, unless any of an answer was sent.

use std::sync::Arc;

use axum::http::{StatusCode, request::Parts as Head};
use futures_util::future::FutureExt as _;

use super::{
    body::Upload,
    choose::{AccountChoice, PermittedRoute},
    context::RequestContext,
    forward::{Awaiting, EngineClient, UpstreamError, UpstreamResponse},
    memory::Memory,
};
use crate::domain::settings::Settings;

/// Accounts that are tried for one request.
const MAX_ACCOUNTS: usize = 3;

#[derive(Debug)]
pub(super) struct FailOver {
    pub(super) engine: Arc<EngineClient>,
    pub(super) choice: Arc<AccountChoice>,
    pub(super) memory: Memory,
    pub(super) settings: Settings,
}

impl FailOver {
    /// The shared engine chooses among its accounts itself.
    pub(super) fn send(
        self: &Arc<Self>,
        context: Arc<RequestContext>,
        route: PermittedRoute,
        (head, upload): (Head, Upload),
    ) -> Awaiting {
        if route.account().is_none() || context.route.lists_models {
            return self.engine.send(&context, &route, (head, upload));
        }
        let this = Arc::clone(self);
        async move { this.send_in_turn(&context, route, (head, upload)).await }.boxed()
    }

    /// The route of the answer is in its extensions, if it is not the first one.
    async fn send_in_turn(
        &self,
        context: &RequestContext,
        first: PermittedRoute,
        (head, mut upload): (Head, Upload),
    ) -> Result<UpstreamResponse, UpstreamError> {
        let max_body_bytes = self.settings.current().gateway.max_body_bytes;
        let memory = self.memory.of(context.caller.user_id, max_body_bytes);
        let (copy, progress) = (upload.keep_copy(memory), upload.progress());
        let mut tried: Vec<_> = first.account().into_iter().collect();
        let mut present = None;
        let sent = self.engine.send(context, &first, (head.clone(), upload));
        let mut answer = sent.await?;
        while is_refusal(answer.status()) && tried.len() < MAX_ACCOUNTS {
            let account = present.as_ref().unwrap_or(&first).account();
            if let Some(account) = account {
                self.choice
                    .answered(account, answer.status(), answer.headers());
            }
            let Some(next) = self.choice.choose_again(&first, &tried) else {
                break;
            };
            let Some(again) = Upload::of_copy(&copy, max_body_bytes, &progress) else {
                break;
            };
            let sent = self.engine.send(context, &next, (head.clone(), again));
            let Ok(other) = sent.await else {
                break;
            };
            tried.extend(next.account());
            let is_shared = next.account().is_none();
            (answer, present) = (other, Some(next));
            if is_shared {
                break;
            }
        }
        if let Some(route) = present {
            answer.extensions_mut().insert(route);
        }
        Ok(answer)
    }
}

/// Whether another account may serve the request.
fn is_refusal(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        )
}
