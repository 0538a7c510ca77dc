//! `logs`: prints requests from a running server's GraphQL subscription.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use eventsource_stream::{Event, Eventsource as _};
use futures_util::{Stream, StreamExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{CliError, Done, terminal};
use crate::config::api_token;

const RECONNECT_DELAY: Duration = Duration::from_secs(2);
const FIELDS: &str = "id startedAt durationMs model endpoint httpStatus outcome errorCode usageSource \
    user { name } tokens { input cacheRead cacheWrite output reasoning total }";

/// Shows requests as they are recorded. Set `PROXYPAL_TOKEN` to an API token, which you create under Settings.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// Keep showing new requests until interrupted.
    #[arg(long, short)]
    follow: bool,

    /// How many of the latest requests to show first; at most 200.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    tail: u8,

    /// Print each request as one line of JSON.
    #[arg(long)]
    json: bool,

    /// The URL of the server.
    #[arg(
        long,
        env = "PROXYPAL_URL",
        default_value = "http://127.0.0.1:3000",
        value_name = "URL"
    )]
    url: Url,
}

impl Logs {
    pub(super) async fn run(self) -> Done {
        let token = api_token().ok_or_else(|| {
            CliError::Usage(
                "PROXYPAL_TOKEN: set it to an API token (ppt_…) of the server".to_owned(),
            )
        })?;
        let server = Server::new(&self.url, token)?;
        let mut cursor = self.print_latest(&server).await?;
        if !self.follow {
            return Ok(());
        }
        loop {
            match self.follow_from(&server, &mut cursor).await {
                Ok(()) => terminal::print_error("the server closed the connection; reconnecting"),
                Err(error) => terminal::print_error(&format!("{error:#}; reconnecting")),
            }
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    /// Prints the latest requests, oldest first. Returns the cursor of the last.
    async fn print_latest(&self, server: &Server) -> anyhow::Result<Option<String>> {
        let query = format!(
            "query($first: Int) {{ requests(first: $first) {{ edges {{ cursor node {{ {FIELDS} }} }} }} }}"
        );
        let first = self.tail.clamp(1, 200);
        let data = server.query(&query, &json!({ "first": first })).await?;
        let edges = data["requests"]["edges"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for edge in edges.iter().take(self.tail.into()).rev() {
            self.print(&edge["node"]);
        }
        Ok(edges
            .first()
            .and_then(|edge| edge["cursor"].as_str())
            .map(str::to_owned))
    }

    /// Prints new requests until the connection ends, and advances the cursor.
    async fn follow_from(
        &self,
        server: &Server,
        cursor: &mut Option<String>,
    ) -> anyhow::Result<()> {
        let query = format!(
            "subscription($after: String) {{ requestLogged(after: $after) {{ cursor request {{ {FIELDS} }} }} }}"
        );
        let mut events = server
            .subscribe(&query, &json!({ "after": cursor }))
            .await?;
        while let Some(event) = events.next().await {
            let event = event?;
            if event.event == "complete" {
                break;
            }
            let data = data_of(serde_json::from_str(&event.data)?)?;
            let logged = &data["requestLogged"];
            self.print(&logged["request"]);
            *cursor = logged["cursor"]
                .as_str()
                .map(str::to_owned)
                .or(cursor.take());
        }
        Ok(())
    }

    fn print(&self, request: &Value) {
        if self.json {
            terminal::print_line(&request.to_string());
        } else {
            terminal::print_line(&line(request));
        }
    }
}

/// One request on one line.
fn line(request: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let tokens = &request["tokens"];
    let usage = if tokens.is_null() {
        "tokens unknown".to_owned()
    } else {
        format!(
            "in {} cached {} out {} reasoning {}",
            tokens["input"], tokens["cacheRead"], tokens["output"], tokens["reasoning"]
        )
    };
    let status = request["httpStatus"]
        .as_u64()
        .map_or_else(|| "-".to_owned(), |status| status.to_string());
    format!(
        "{}  {:<16} {:<24} {:<34} {status:>3} {:<14} {:>7} ms  {usage}",
        text(&request["startedAt"]),
        text(&request["user"]["name"]),
        text(&request["model"]),
        text(&request["endpoint"]),
        text(&request["outcome"]),
        request["durationMs"],
    )
}

/// The GraphQL API of a server.
struct Server {
    client: reqwest::Client,
    url: Url,
    token: SecretString,
}

impl Server {
    fn new(base: &Url, token: SecretString) -> anyhow::Result<Self> {
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = crate::tls::http_client()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            url: base.join("graphql")?,
            token,
        })
    }

    fn post(&self, query: &str, variables: &Value) -> reqwest::RequestBuilder {
        self.client
            .post(self.url.clone())
            .bearer_auth(self.token.expose_secret())
            .json(&json!({ "query": query, "variables": variables }))
    }

    async fn query(&self, query: &str, variables: &Value) -> anyhow::Result<Value> {
        let response = self.post(query, variables).send().await;
        let response = response.with_context(|| format!("no response from {}", self.url))?;
        data_of(
            response
                .json()
                .await
                .context("the response is not GraphQL")?,
        )
    }

    async fn subscribe(
        &self,
        query: &str,
        variables: &Value,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Event>> + Unpin + use<>> {
        let response = self
            .post(query, variables)
            .header("accept", "text/event-stream")
            .send()
            .await?;
        if !response.status().is_success() {
            bail!("the server refused: {}", response.status());
        }
        let events = response.bytes_stream().eventsource();
        Ok(Box::pin(events.map(|event| {
            event.map_err(|error| anyhow!("the connection was lost: {error}"))
        })))
    }
}

fn data_of(mut response: Value) -> anyhow::Result<Value> {
    if let Some(error) = response["errors"].get(0) {
        let message = error["message"].as_str().unwrap_or("unknown");
        bail!("the server returned an error: {message}");
    }
    Ok(response["data"].take())
}
