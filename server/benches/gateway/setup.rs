//! Signs in and creates a user by GraphQL before the first request.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail, ensure};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE},
};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    client::graphql,
    gateway::{Gateway, PASSWORD},
    stub::{MODEL, TOTAL_TOKENS},
};

const TRIES: usize = 50;
const POLL: Duration = Duration::from_millis(100);

/// Creates a user and returns the secret of the user's key.
pub(crate) async fn create_user(gateway: &Gateway) -> anyhow::Result<String> {
    Administrator::sign_in(gateway)
        .await?
        .create_user("bench")
        .await
}

/// A session of an administrator, with users' rate limits removed.
#[derive(Debug)]
pub(crate) struct Administrator {
    address: SocketAddr,
    origin: String,
    cookies: String,
    csrf: String,
}

impl Administrator {
    /// Signs in and removes the default limit of requests per minute.
    pub(crate) async fn sign_in(gateway: &Gateway) -> anyhow::Result<Self> {
        let administrator = Self::session(gateway).await?;
        let unlimited = "mutation { updateSettings(input: {defaultRateLimit: {requestsPerMinute: 1000000}}, \
            expectedVersion: 0) { __typename } }";
        administrator
            .ask(unlimited)
            .await
            .context("lifting the limit")?;
        Ok(administrator)
    }

    /// Signs in.
    pub(crate) async fn session(gateway: &Gateway) -> anyhow::Result<Self> {
        let origin = format!("http://{}", gateway.address);
        let login = format!(
            r#"mutation {{ login(password: "{PASSWORD}") {{ session {{ csrfToken }} }} }}"#
        );
        let answer = graphql(gateway.address, &[(ORIGIN.as_str(), &origin)], &login)
            .await
            .context("signing in")?;
        let csrf = answer.data["login"]["session"]["csrfToken"].as_str();
        Ok(Self {
            address: gateway.address,
            cookies: cookies(&answer.headers)?,
            csrf: csrf.context("no CSRF token")?.to_owned(),
            origin,
        })
    }

    /// Runs an operation.
    pub(crate) async fn ask(&self, operation: &str) -> anyhow::Result<Value> {
        let headers = [
            (ORIGIN.as_str(), self.origin.as_str()),
            (COOKIE.as_str(), &self.cookies),
            ("x-csrf-token", &self.csrf),
        ];
        Ok(graphql(self.address, &headers, operation).await?.data)
    }

    /// Creates a user and returns the secret of the user's key.
    pub(crate) async fn create_user(&self, name: &str) -> anyhow::Result<String> {
        let create =
            format!(r#"mutation {{ createUser(input: {{name: "{name}"}}) {{ secret }} }}"#);
        let data = self.ask(&create).await.context("creating a user")?;
        let secret = data["createUser"]["secret"].as_str();
        Ok(secret.context("no secret")?.to_owned())
    }
}

/// Fails unless the newest request is recorded with its tokens, so that no feature is switched off unnoticed.
pub(crate) async fn check_recorded(gateway: &Gateway, key: &str) -> anyhow::Result<()> {
    let bearer = format!("Bearer {key}");
    let query = "{ viewer { ... on KeyHolder { requests(first: 1) { nodes { model tokens { total } } } } } }";
    for _ in 0..TRIES {
        let answer = graphql(gateway.address, &[(AUTHORIZATION.as_str(), &bearer)], query).await?;
        let newest = &answer.data["viewer"]["requests"]["nodes"][0];
        if newest["tokens"]["total"] == TOTAL_TOKENS {
            ensure!(
                newest["model"] == MODEL,
                "the newest request is of {}",
                newest["model"]
            );
            return Ok(());
        }
        sleep(POLL).await;
    }
    bail!("the gateway did not record the tokens of what it forwarded")
}

fn cookies(headers: &HeaderMap) -> anyhow::Result<String> {
    let pairs: Vec<&str> = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|cookie| Ok(cookie.to_str()?.split(';').next().unwrap_or_default()))
        .collect::<anyhow::Result<_>>()?;
    Ok(pairs.join("; "))
}
