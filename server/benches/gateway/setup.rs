//! What an administrator does before the first request: signs in and creates a user, by GraphQL.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE},
};
use tokio::time::sleep;

use crate::{
    client::graphql,
    gateway::{Gateway, PASSWORD},
    stub::{MODEL, TOTAL_TOKENS},
};

const TRIES: usize = 50;
const POLL: Duration = Duration::from_millis(100);

/// Creates a user and returns the secret of his key.
pub(crate) async fn create_user(gateway: &Gateway) -> anyhow::Result<String> {
    let origin = format!("http://{}", gateway.address);
    let origin = (ORIGIN.as_str(), origin.as_str());
    let login =
        format!(r#"mutation {{ login(password: "{PASSWORD}") {{ session {{ csrfToken }} }} }}"#);
    let answer = graphql(gateway.address, &[origin], &login)
        .await
        .context("signing in")?;
    let cookies = cookies(&answer.headers)?;
    let csrf = answer.data["login"]["session"]["csrfToken"]
        .as_str()
        .context("no CSRF token")?;

    // Users may call sixty times a minute as delivered.
    let create = r#"mutation {
        updateSettings(input: {defaultRateLimit: {requestsPerMinute: 1000000}}, expectedVersion: 0) { __typename }
        createUser(input: {name: "bench"}) { secret }
    }"#;
    let headers = [origin, (COOKIE.as_str(), &cookies), ("x-csrf-token", csrf)];
    let answer = graphql(gateway.address, &headers, create)
        .await
        .context("creating a user")?;
    let secret = answer.data["createUser"]["secret"]
        .as_str()
        .context("no secret")?;
    Ok(secret.to_owned())
}

/// The newest request is on record with its tokens, else something measured was switched off.
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
