//! A scripted provider for tests: serves the four protocols of providers and keeps a list of the usage that it
//! reported, so that every count can be compared token for token.
//!
//! The caller writes the script into the text of the request, for example
//! `usage:input=10,cached=4,output=7,reasoning=3;chunks=5;delay_ms=20;tag=first` (see [`script`]).
//!
//! ```text
//! cargo run --example provider_stub -- --port 19000
//! curl -s localhost:19000/produced
//! ```

mod account;
mod answer;
mod anthropic;
mod codex;
mod gemini;
mod interactions;
mod openai_chat;
mod produced;
mod script;
mod spent;

use std::{io::Write as _, net::SocketAddr};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use clap::Parser as _;
use tokio::net::TcpListener;

use crate::produced::ProducedList;

const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, clap::Parser)]
#[command(about = "A scripted local provider: OpenAI chat, Anthropic, Codex and Gemini")]
struct Options {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: std::net::IpAddr,
    /// The port to listen on; 0 for any free port.
    #[arg(long, default_value_t = 19000)]
    port: u16,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let listener = TcpListener::bind(SocketAddr::new(options.host, options.port)).await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    axum::serve(listener, router()).await?;
    Ok(())
}

fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/v1/chat/completions", post(openai_chat::answer))
        .route("/v1/messages", post(anthropic::answer))
        .route("/codex/responses", post(codex::answer))
        .route("/v1beta/models/{call}", post(gemini::answer))
        .route("/v1/publishers/google/models/{call}", post(gemini::answer))
        .route("/v1beta/interactions", post(interactions::answer))
        .route("/v1/models", get(account::models))
        .route("/v1beta/models", get(account::models))
        .route("/codex/models", get(account::models))
        .route("/usage", get(account::usage))
        .route("/spent", get(spent::list))
        .route("/produced", get(produced::list).delete(produced::clear))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(ProducedList::default())
}
