//! The demo engine: answers all protocols with canned text and exact usage, so that the product can be tried without a
//! provider account.

mod access;
mod answer;
mod error;
mod gemini;
mod messages;
mod models;
mod openai;
mod question;
mod request_for_tool;
mod responses_socket;
mod stream;

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use canned::Answer;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use self::question::DemoRequest;
use super::client::EngineClient;
use super::endpoint::EngineEndpoint;
use super::options::{EngineContext, EngineOptions};
use super::orders::OrderQueue;
use super::public_state::PublicState;
use super::run::RunEnd;
use super::status::EngineMode;
use crate::clock::SharedClock;

/// The version in the status.
const VERSION: &str = "demo";
/// The notice when the demo is configured.
const NOTICE: &str = "The demo engine answers with canned text; no provider is asked.";

/// The state of the handlers.
#[derive(Clone, Debug)]
struct Demo {
    clock: SharedClock,
    key: SecretString,
    closing: CancellationToken,
}

impl Demo {
    fn answer(&self, model: &str, request: &DemoRequest) -> Answer {
        Answer {
            id: Uuid::now_v7().simple().to_string(),
            model: model.to_owned(),
            created: self.clock.now().timestamp(),
            ..answer::answer_to(request)
        }
    }
}

/// Runs the demo until a command arrives; `notice` is the reason when it is not configured.
pub(super) async fn run(
    options: &EngineOptions,
    context: &EngineContext,
    public: &PublicState,
    notice: Option<String>,
    orders: &mut OrderQueue,
) -> RunEnd {
    public.starting(EngineMode::Demo, None);
    let demo = Demo {
        clock: context.clock.clone(),
        key: hex::encode(rand::random::<[u8; 32]>()).into(),
        closing: CancellationToken::new(),
    };
    let _closed_at_the_end = demo.closing.clone().drop_guard();
    let (endpoint, client) = match open(&demo, context).await {
        Ok(opened) => opened,
        Err(reason) => return RunEnd::Blocked(format!("the demo engine cannot start: {reason}")),
    };
    let notice = notice.unwrap_or_else(|| NOTICE.to_owned());
    public.catalogue.open(Arc::new(client));
    public.running(endpoint, Some(VERSION.to_owned()), Some(notice));
    let order = orders.interruption().await;
    public.withdraw();
    options.drained().await;
    RunEnd::Ordered(order)
}

/// Listens and serves; returns the endpoint and a client of it.
async fn open(
    demo: &Demo,
    context: &EngineContext,
) -> Result<(EngineEndpoint, EngineClient), Box<dyn std::error::Error + Send + Sync>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
    let endpoint = EngineEndpoint::new(&url, &demo.key)?;
    let client = EngineClient::new(&url, demo.key.clone(), None)?;
    let closing = demo.closing.clone();
    let server = axum::serve(listener, router(demo.clone()))
        .with_graceful_shutdown(async move { closing.cancelled().await });
    context.tasks.spawn(async move {
        if let Err(error) = server.await {
            tracing::warn!(%error, "the demo engine ended");
        }
    });
    Ok((endpoint, client))
}

fn router(demo: Demo) -> Router {
    let demo = Arc::new(demo);
    Router::new()
        .route("/v1/chat/completions", post(openai::chat))
        .route("/v1/completions", post(openai::completions))
        .route("/v1/responses", post(openai::responses).get(responses_socket::open))
        .route("/v1/messages", post(messages::answer))
        .route("/v1/messages/count_tokens", post(messages::count))
        .route("/v1/models", get(models::list))
        .route("/v1beta/models", get(models::list_gemini))
        .route("/v1beta/models/{call}", post(gemini::answer).get(models::one_gemini))
        // The gateway bounds bodies.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(demo.clone(), access::require_key))
        .route("/healthz", get(models::healthy))
        .with_state(demo)
}
