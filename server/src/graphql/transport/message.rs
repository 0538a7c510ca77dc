//! Parses the bodies of POSTs and the messages of WebSockets. Parts that are too large or unused (`extensions`)
//! are not deserialized.

use std::borrow::Cow;

use async_graphql::{Request, http::ClientMessage};
use serde::{
    Deserialize,
    de::{Error as _, IgnoredAny},
};
use serde_json::{Error, Result, value::RawValue};

use super::document::DocumentLimits;

/// The maximum bytes of an operation's id on a WebSocket, which is repeated with each result.
const MAX_ID: usize = 128;
/// The maximum bytes of the payload of `connection_init`.
const MAX_GREETING: usize = 8 * 1024;

/// An operation as JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the protocol")]
struct Operation<'a> {
    #[serde(default)]
    query: String,
    #[serde(default, borrow)]
    operation_name: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    variables: Option<&'a RawValue>,
    #[serde(default)]
    #[expect(
        dead_code,
        reason = "read over, without building anything and without recursion"
    )]
    extensions: Option<IgnoredAny>,
}

/// Reads an operation.
pub(super) fn operation(json: &[u8], limits: &DocumentLimits) -> Result<Request> {
    let operation: Operation<'_> = serde_json::from_slice(json)?;
    let mut request = Request::new(operation.query);
    if let Some(variables) = operation.variables {
        let variables = variables.get();
        if variables.len() > limits.variables_json {
            return Err(Error::custom(format!(
                "the variables are longer than {} bytes",
                limits.variables_json
            )));
        }
        request = request.variables(serde_json::from_str(variables)?);
    }
    if let Some(name) = operation.operation_name {
        request = request.operation_name(name);
    }
    Ok(request)
}

/// A message of `graphql-transport-ws`.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    payload: Option<&'a RawValue>,
}

/// Reads a message.
pub(crate) fn client_message(json: &[u8], limits: &DocumentLimits) -> Result<ClientMessage> {
    if json.len() > limits.body {
        return Err(Error::custom("the message is too long"));
    }
    let envelope: Envelope<'_> = serde_json::from_slice(json)
        .map_err(|_| Error::custom("not a message of graphql-transport-ws"))?;
    let id = || {
        let id = envelope.id.as_deref().filter(|id| id.len() <= MAX_ID);
        let missing = || Error::custom(format!("the id is missing or longer than {MAX_ID} bytes"));
        id.map(str::to_owned).ok_or_else(missing)
    };
    match envelope.kind.as_ref() {
        "connection_init" => Ok(ClientMessage::ConnectionInit {
            payload: greeting(envelope.payload)?,
        }),
        "subscribe" | "start" => {
            let payload = envelope.payload.map_or("null", RawValue::get);
            Ok(ClientMessage::Start {
                id: id()?,
                payload: operation(payload.as_bytes(), limits)?,
            })
        }
        "complete" | "stop" => Ok(ClientMessage::Stop { id: id()? }),
        "connection_terminate" => Ok(ClientMessage::ConnectionTerminate),
        "ping" => Ok(ClientMessage::Ping { payload: None }),
        "pong" => Ok(ClientMessage::Pong { payload: None }),
        _ => Err(Error::custom("unknown message type")),
    }
}

fn greeting(payload: Option<&RawValue>) -> Result<Option<serde_json::Value>> {
    let Some(payload) = payload else {
        return Ok(None);
    };
    if payload.get().len() > MAX_GREETING {
        return Err(Error::custom("the payload of connection_init is too long"));
    }
    serde_json::from_str(payload.get()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Viewer;

    fn read(message: &str) -> Result<ClientMessage> {
        client_message(message.as_bytes(), DocumentLimits::of(&Viewer::Anonymous))
    }

    #[test]
    fn messages_are_read_as_the_protocol_has_them() {
        let subscribe = read(
            "{\"type\":\"subscribe\",\"id\":\"\\u0031\",\"payload\":{\"query\":\"{ a }\",\"operationName\":null,\"variables\":null,\"extensions\":{\"a\":[1]}}}",
        );
        assert!(matches!(
            subscribe,
            Ok(ClientMessage::Start { id, payload }) if id == "1" && payload.query == "{ a }"
        ));
        assert!(matches!(
            read("{\"type\":\"connection_init\"}"),
            Ok(ClientMessage::ConnectionInit { payload: None })
        ));
        assert!(matches!(
            read("{\"type\":\"ping\",\"payload\":{}}"),
            Ok(ClientMessage::Ping { payload: None })
        ));
        assert!(read("{\"type\":\"subscribe\",\"payload\":{}}").is_err());
        assert!(read("[]").is_err());
    }

    #[test]
    fn what_is_too_long_is_refused_before_it_is_built() {
        let long = "x".repeat(MAX_ID + 1);
        let nested = format!("{}{}", "[".repeat(8_000), "]".repeat(8_000));

        for message in [
            format!("{{\"type\":\"complete\",\"id\":\"{long}\"}}"),
            format!("{{\"type\":\"connection_init\",\"payload\":{nested}}}"),
            format!("{{\"type\":\"{}\"}}", "x".repeat(20_000)),
            format!(
                "{{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{{\"variables\":{{\"a\":{nested}}}}}}}"
            ),
        ] {
            assert!(read(&message).is_err(), "{message:.80}");
        }
    }
}
