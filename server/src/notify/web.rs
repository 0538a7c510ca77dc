//! Posts messages to web APIs, in the format of each receiver.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder, header::CONTENT_TYPE, redirect::Policy};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{Addresses, DELIVERY_TIMEOUT, Message, name_of};
use crate::domain::notifications::ChannelSettings;

/// How much of an error response is read.
const MAX_REASON: usize = 200;

/// Posts a message.
pub(super) async fn post(
    addresses: &Addresses,
    settings: &ChannelSettings,
    message: &Message,
) -> Result<(), String> {
    let url = settings.url().map_err(|error| error.to_string())?;
    let url = url.ok_or("the channel has no URL")?;
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
    // The URL may contain a secret.
    let answer = answer.map_err(|error| format!("no response from {name}: {}", cause(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(format!(
            "{name} responded with a redirect ({status}), which is not followed"
        ));
    }
    let reason = reason(answer).await;
    Err(format!("{name} refused: {status} {reason}"))
}

/// A client that connects only to the checked addresses, follows no redirects, and uses no proxy.
async fn client(addresses: &Addresses, url: &Url) -> Result<Client, String> {
    let checked = addresses.resolve(url).await?;
    let mut client = crate::tls::http_client()
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
            // Names of users must not mention everyone.
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

/// Signs with HMAC-SHA-256 of `<timestamp>.<body>`. Receivers should refuse old timestamps (replays).
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
        "timeout".to_owned()
    } else {
        "the connection failed".to_owned()
    };
    while let Some(error) = source {
        last = error.to_string();
        source = error.source();
    }
    last
}

/// The beginning of an error response, without control characters.
async fn reason(mut answer: reqwest::Response) -> String {
    let mut text = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        text.extend_from_slice(&piece);
        if text.len() >= MAX_REASON {
            break;
        }
    }
    text.truncate(MAX_REASON);
    let text = String::from_utf8_lossy(&text);
    text.chars()
        .filter(|message| !message.is_control())
        .collect()
}
