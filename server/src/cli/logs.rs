//! `logs`: requests on the terminal, as the GraphQL subscription tells them.

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

const RECONNECT: Duration = Duration::from_secs(2);
const FIELDS: &str = "id startedAt durationMs model endpoint httpStatus outcome errorCode usageSource \
    user { name } tokens { input cacheRead cacheWrite output reasoning total }";

/// Shows requests as they are recorded. The token of a script (create one under Settings) is read from
/// `PROXYPAL_TOKEN`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// Go on showing new requests until interrupted.
    #[arg(long, short)]
    follow: bool,

    /// How many of the latest requests to show first, at most 200.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    tail: u8,

    /// Print each request as a line of JSON.
    #[arg(long)]
    json: bool,

    /// The server.
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
                Ok(()) => terminal::complain("the server closed the connection; connecting again"),
                Err(error) => terminal::complain(&format!("{error:#}; connecting again")),
            }
            tokio::time::sleep(RECONNECT).await;
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

    /// Prints what comes until the connection ends, remembering where to go on.
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
            terminal::say(&request.to_string());
        } else {
            terminal::say(&line(request));
        }
    }
}

/// One request on one line.
fn line(request: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let tokens = &request["tokens"];
    let used = if tokens.is_null() {
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
        "{}  {:<16} {:<24} {:<34} {status:>3} {:<14} {:>7} ms  {used}",
        text(&request["startedAt"]),
        text(&request["user"]["name"]),
        text(&request["model"]),
        text(&request["endpoint"]),
        text(&request["outcome"]),
        request["durationMs"],
    )
}

/// The server's GraphQL.
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
        let client = reqwest::Client::builder()
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
        let answer = self.post(query, variables).send().await;
        let answer = answer.with_context(|| format!("{} does not answer", self.url))?;
        data_of(answer.json().await.context("the answer is no GraphQL")?)
    }

    async fn subscribe(
        &self,
        query: &str,
        variables: &Value,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Event>> + Unpin + use<>> {
        let answer = self
            .post(query, variables)
            .header("accept", "text/event-stream")
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("the server refused: {}", answer.status());
        }
        let events = answer.bytes_stream().eventsource();
        Ok(Box::pin(events.map(|event| {
            event.map_err(|error| anyhow!("the connection broke: {error}"))
        })))
    }
}

fn data_of(mut answer: Value) -> anyhow::Result<Value> {
    if let Some(error) = answer["errors"].get(0) {
        let message = error["message"].as_str().unwrap_or("unknown");
        bail!("the server says: {message}");
    }
    Ok(answer["data"].take())
}
