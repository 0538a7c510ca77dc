//! The endpoints of the engine: their protocol, where they name the model, and whether they report usage.

use http::{HeaderMap, Method, header};
use metering::{BodyForm, BoundForm, Protocol};

use super::super::dialect::Dialect;
use super::path::is_below;

/// Where a request names its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum ModelSource {
    /// The endpoint needs none.
    Nowhere,
    /// In the path; without `models/`.
    Path(String),
    /// In the body.
    Body(BodyForm),
    /// In each message of the socket.
    Messages,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each answers a question of its own"
)]
pub(super) struct EndpointRule {
    /// The path, if it is in a table of metered endpoints.
    pub(super) known_path: Option<&'static str>,
    pub(super) dialect: Dialect,
    pub(super) protocol: Protocol,
    pub(super) model: ModelSource,
    pub(super) names_model: bool,
    pub(super) bound: BoundForm,
    pub(super) is_metered: bool,
    pub(super) lists_models: bool,
    pub(super) is_websocket: bool,
}

/// Others that are posted to and that the engine, or tools that expect an `OpenAI` server, know.
const POSTED: [&str; 7] = [
    "/v1/messages/count_tokens",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/videos",
    "/v1/videos/generations",
];

/// POST endpoints without a metered protocol that deviate from the default.
const UNMETERED: [(&str, BodyForm); 4] = [
    ("/v1/messages/count_tokens", BodyForm::PlainJson),
    ("/openai/v1/videos", BodyForm::Video),
    ("/v1/alpha/search", BodyForm::PlainJson),
    ("/backend-api/codex/alpha/search", BodyForm::PlainJson),
];

/// POST endpoints that order a video, whose seconds are priced.
const VIDEOS: [&str; 5] = [
    "/v1/videos",
    "/v1/videos/generations",
    "/v1/videos/edits",
    "/v1/videos/extensions",
    "/openai/v1/videos",
];

/// POST endpoints that generate nothing.
const COUNTING: [&str; 2] = ["/v1/messages/count_tokens", "/v1/responses/input_tokens"];

const SOCKETS: [&str; 2] = ["/v1/responses", "/backend-api/codex/responses"];

const GEMINI_MODELS: &str = "/v1beta/models/";

pub(super) fn is_posted_to(path: &str) -> bool {
    Protocol::of_endpoint(path).is_some()
        || UNMETERED.iter().any(|(known, _)| *known == path)
        || POSTED.contains(&path)
}

/// The engine reads a Gemini model from the decoded path; everything else depends on the cleaned one.
pub(super) fn find(
    method: &Method,
    decoded: &str,
    cleaned: &str,
    headers: &HeaderMap,
) -> EndpointRule {
    let mut endpoint = EndpointRule::unknown(method, cleaned);
    let in_path = decoded
        .strip_prefix(GEMINI_MODELS)
        .or_else(|| cleaned.strip_prefix(GEMINI_MODELS));
    if let Some(action) = in_path {
        return endpoint.on_gemini_model(method, action);
    }
    if method == Method::GET {
        endpoint.lists_models = matches!(cleaned, "/v1/models" | "/v1beta/models");
        endpoint.is_websocket = SOCKETS.contains(&cleaned);
        if endpoint.is_websocket {
            endpoint.protocol = Protocol::OpenaiResponses;
            endpoint.model = ModelSource::Messages;
            endpoint.bound = BoundForm::Responses;
            endpoint.is_metered = true;
        }
        if cleaned == "/v1/models" && asks_like_anthropic(headers) {
            endpoint.dialect = Dialect::Anthropic;
        }
    }
    if method == Method::POST {
        endpoint.look_up(cleaned);
    }
    endpoint
}

impl EndpointRule {
    /// An unknown endpoint: a body must name a model to be forwarded, and may generate.
    fn unknown(method: &Method, path: &str) -> Self {
        let dialect = Dialect::of_path(path);
        let form = match dialect {
            Dialect::OpenAi | Dialect::Responses => BodyForm::Json,
            Dialect::Anthropic | Dialect::Gemini => BodyForm::PlainJson,
        };
        let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
        Self {
            known_path: None,
            dialect,
            protocol: if has_body {
                Protocol::Unmetered
            } else {
                Protocol::Other
            },
            model: if has_body {
                ModelSource::Body(form)
            } else {
                ModelSource::Nowhere
            },
            names_model: false,
            bound: BoundForm::Nothing,
            is_metered: has_body,
            lists_models: false,
            is_websocket: false,
        }
    }

    fn look_up(&mut self, path: &str) {
        if let Some((_, form)) = UNMETERED.iter().find(|(known, _)| *known == path) {
            self.model = ModelSource::Body(*form);
            self.names_model = true;
        }
        if VIDEOS.contains(&path) {
            self.bound = BoundForm::Videos;
        }
        if COUNTING.contains(&path) {
            self.generates_nothing();
        }
        if let Some((protocol, endpoint)) = Protocol::of_endpoint(path) {
            self.known_path = Some(endpoint.path);
            self.protocol = protocol;
            self.model = ModelSource::Body(endpoint.body);
            self.names_model = true;
            self.bound = endpoint.bound;
            self.is_metered = true;
        }
    }

    /// `{model}:{action}` when posted to, `{model}` otherwise.
    fn on_gemini_model(mut self, method: &Method, text: &str) -> Self {
        let (model, action) = match text.rsplit_once(':') {
            Some(parts) if method == Method::POST => parts,
            _ => (text, ""),
        };
        let model = model.strip_prefix("models/").unwrap_or(model).trim();
        self.dialect = Dialect::Gemini;
        self.model = ModelSource::Path(model.to_owned());
        match action {
            "generateContent" | "streamGenerateContent" => {
                self.protocol = Protocol::Gemini;
                self.bound = BoundForm::Gemini;
            }
            "countTokens" => self.generates_nothing(),
            _ => {}
        }
        self
    }

    fn generates_nothing(&mut self) {
        self.protocol = Protocol::Other;
        self.is_metered = false;
    }
}

impl Dialect {
    /// The dialect of a client whose path is not an endpoint, by what tools of each dialect send.
    pub(in crate::gateway) fn guess(path: &str, headers: &HeaderMap) -> Self {
        let has = |name: &str| headers.contains_key(name);
        if path.contains("/v1beta") || path.contains("/gemini") || has("x-goog-api-key") {
            Self::Gemini
        } else if path.contains("/messages")
            || path.contains("/anthropic")
            || asks_like_anthropic(headers)
        {
            Self::Anthropic
        } else if path.contains("/responses") || path.contains("/codex") {
            Self::Responses
        } else {
            Self::OpenAi
        }
    }

    pub(in crate::gateway) fn of_path(path: &str) -> Self {
        if is_below(path, "/v1beta") {
            Self::Gemini
        } else if is_below(path, "/v1/messages") || is_below(path, "/api/oauth") {
            Self::Anthropic
        } else if is_below(path, "/v1/responses") || is_below(path, "/backend-api/codex") {
            Self::Responses
        } else {
            Self::OpenAi
        }
    }
}

/// The engine's rule on `/v1/models`.
fn asks_like_anthropic(headers: &HeaderMap) -> bool {
    let starts_like_claude =
        |value: &header::HeaderValue| value.as_bytes().starts_with(b"claude-cli");
    let version = headers.get("anthropic-version");
    version.is_some_and(|version| !version.is_empty())
        || headers
            .get(header::USER_AGENT)
            .is_some_and(starts_like_claude)
}
