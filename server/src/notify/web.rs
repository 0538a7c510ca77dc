//! Posting a letter to an address on the web, in the shape that its receiver understands.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder, header::CONTENT_TYPE, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{Addresses, DELIVERY_TIMEOUT, Message, name_of};
use crate::domain::notifications::ChannelSettings;

/// How much of a refusal is read.
const LONGEST_REASON: usize = 200;

/// Posts a letter.
pub(super) async fn post(
    addresses: &Addresses,
    settings: &ChannelSettings,
    message: &Message,
) -> Result<(), String> {
    let url = settings.url().map_err(|error| error.to_string())?;
    let url = url.ok_or("it has no address")?;
    let client = client(addresses, &url).await?;
    let body = shaped(settings, message).to_string();
    let request = client.post(url).header(CONTENT_TYPE, "application/json");
    let request = match settings {
        ChannelSettings::Webhook { secret, .. } => signed(request, secret, message, &body),
        ChannelSettings::Email(_)
        | ChannelSettings::Slack { .. }
        | ChannelSettings::Discord { .. }
        | ChannelSettings::Telegram { .. } => request,
    };
    let answer = request.body(body).send().await;
    let name = name_of(settings.kind());
    // The address may hold a secret.
    let answer = answer.map_err(|error| format!("{name} does not answer: {}", cause(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(format!(
            "{name} answers with a redirect ({status}), which is not followed"
        ));
    }
    let reason = reason(answer).await;
    Err(format!("{name} refuses: {status} {reason}"))
}

/// A client that calls the addresses that were checked and no others, follows nothing, and uses no proxy.
async fn client(addresses: &Addresses, url: &Url) -> Result<Client, String> {
    let checked = addresses.resolve(url).await?;
    let mut client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(DELIVERY_TIMEOUT)
        .user_agent(concat!("ProxyPal-Server/", env!("CARGO_PKG_VERSION")));
    if let Some(name) = url.domain() {
        client = client.resolve_to_addrs(name, &checked);
    }
    client.build().map_err(|error| error.to_string())
}

fn shaped(settings: &ChannelSettings, message: &Message) -> Value {
    let text = format!("{}\n{}", message.title, message.body);
    match settings {
        ChannelSettings::Slack { .. } => json!({ "text": slack_escaped(&text) }),
        ChannelSettings::Discord { .. } => json!({
            "content": text,
            // Names of users must not wake everybody.
            "allowed_mentions": { "parse": [] },
        }),
        ChannelSettings::Telegram { chat_id, .. } => json!({ "chat_id": chat_id, "text": text }),
        ChannelSettings::Webhook { .. } | ChannelSettings::Email(_) => json!({
            "id": message.id,
            "event": message.event,
            "subject": message.subject,
            "title": message.title,
            "body": message.body,
            "at": message.at,
        }),
    }
}

fn slack_escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The receiver computes the same over what it receives: HMAC-SHA-256 of `<timestamp>.<body>`. A timestamp
/// that is old is somebody's copy.
fn signed(
    request: RequestBuilder,
    secret: &SecretString,
    message: &Message,
    body: &str,
) -> RequestBuilder {
    let timestamp = message.at.to_string();
    let signature = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
    let signature = signature.map(|mut hmac| {
        hmac.update(timestamp.as_bytes());
        hmac.update(b".");
        hmac.update(body.as_bytes());
        hex::encode(hmac.finalize().into_bytes())
    });
    let request = request
        .header("X-ProxyPal-Id", &message.id)
        .header("X-ProxyPal-Event", &message.event)
        .header("X-ProxyPal-Timestamp", timestamp);
    match signature {
        Ok(signature) => request.header("X-ProxyPal-Signature", format!("sha256={signature}")),
        Err(_) => request,
    }
}

fn cause(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    let mut last = if error.is_timeout() {
        "it takes too long".to_owned()
    } else {
        "the connection fails".to_owned()
    };
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    last
}

/// The beginning of what a refusal says, without what could make a mess of a log.
async fn reason(mut answer: reqwest::Response) -> String {
    let mut text = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        text.extend_from_slice(&piece);
        if text.len() >= LONGEST_REASON {
            break;
        }
    }
    text.truncate(LONGEST_REASON);
    let text = String::from_utf8_lossy(&text);
    text.chars()
        .filter(|message| !message.is_control())
        .collect()
}
