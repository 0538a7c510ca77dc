//! JSON bodies.

use super::bound::BoundReader;
use super::requested_tier::{RequestedTier, TierReader};
use super::{Bound, BoundForm, MAX_MODEL_BYTES, ScanResult};
use crate::json::{Container, JsonSink, Key, StringMode, Text, Walker};

/// Members with fallback models, which some providers use.
const OTHER_MODELS: [&[u8]; 4] = [
    b"models",
    b"fallbacks",
    b"fallback_model",
    b"fallback_models",
];

/// Reads a JSON object for its top-level members.
#[derive(Clone, Debug)]
pub(super) struct JsonScanner {
    walker: Walker,
    members: Members,
}

/// The relevant members, as far as they were read.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Members {
    /// The value of `"model"`; empty for `null`.
    model: Option<String>,
    kind: Option<String>,
    /// Whether this is a message of a WebSocket, whose `"type"` is relevant.
    is_message: bool,
    /// Whether fallback models are not allowed.
    is_limited: bool,
    has_kind: bool,
    bound: BoundReader,
    tier: TierReader,
    documents: usize,
    /// Whether the body is anything but one object.
    is_not_one_object: bool,
    is_ambiguous: bool,
}

impl JsonScanner {
    pub(super) fn new(bound: BoundForm, is_limited: bool) -> Self {
        Self {
            walker: Walker::strict(),
            members: Members {
                bound: BoundReader::new(bound),
                tier: TierReader::new(bound),
                is_limited,
                ..Members::default()
            },
        }
    }

    /// For a message of a Responses WebSocket.
    pub(super) fn for_message(is_limited: bool) -> Self {
        let mut scanner = Self::new(BoundForm::Responses, is_limited);
        scanner.members.is_message = true;
        scanner
    }

    pub(super) fn observe(&mut self, bytes: &[u8]) {
        self.walker.feed(bytes, &mut self.members);
    }

    pub(super) fn verdict(&self) -> ScanResult {
        if self.is_ambiguous() {
            return ScanResult::Ambiguous;
        }
        match &self.members.model {
            Some(model) if !model.is_empty() => ScanResult::Found(model.clone()),
            _ if self.walker.is_ended() => ScanResult::Absent,
            _ => ScanResult::NeedMore,
        }
    }

    /// Whether the verdict is [`ScanResult::NeedMore`].
    pub(super) fn needs_more(&self) -> bool {
        let has_model = self
            .members
            .model
            .as_ref()
            .is_some_and(|model| !model.is_empty());
        !has_model && !self.walker.is_ended() && !self.is_ambiguous()
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        let is_no_json = self.walker.is_broken() || self.walker.is_malformed();
        self.members.is_ambiguous || self.members.is_not_one_object || is_no_json
    }

    pub(super) fn kind(&self) -> Option<&str> {
        self.members.kind.as_deref()
    }

    /// No bound if the body is not a JSON object: other parsers may read more of it.
    pub(super) fn bound(&self) -> Bound {
        if self.is_broken() || self.members.is_not_one_object || self.walker.is_malformed() {
            return Bound::default();
        }
        self.members.bound.bound()
    }

    pub(super) fn requested_tier(&self) -> &RequestedTier {
        self.members.tier.found()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.walker.is_broken()
    }

    /// Whether the document is complete.
    pub(super) fn is_ended(&self) -> bool {
        self.walker.is_ended()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.walker.is_fresh()
    }
}

impl Members {
    /// Of two models, the engine rewrites the first and a provider may take the last: even equal names may become different.
    fn name(&mut self, model: Option<&str>) {
        let model = model.filter(|model| model.len() <= MAX_MODEL_BYTES);
        self.is_ambiguous |= model.is_none() || self.model.is_some();
        if self.model.is_none() {
            self.model = model.map(|model| model.trim().to_owned());
        }
    }

    /// A type that is too long or ambiguous here may be valid for the engine, which takes the first of two.
    fn kind(&mut self, kind: Option<&str>) {
        self.is_ambiguous |= self.is_message && (kind.is_none() || self.has_kind);
        self.has_kind = true;
        if self.kind.is_none() {
            self.kind = kind.map(str::to_owned);
        }
    }
}

impl JsonSink for Members {
    fn string_mode(&self, path: &[Key]) -> StringMode {
        match path {
            [Key::Model | Key::Type] => StringMode::Read,
            path if BoundReader::reads(path) || TierReader::reads(path) => StringMode::Read,
            _ => StringMode::Skip,
        }
    }

    /// Parsers differ about case and about ambiguous text.
    fn key(&mut self, object: &[Key], text: &Text) {
        self.bound.key(object, text);
        if object.is_empty() {
            self.tier.key(text);
            let is_ambiguous_key = |key: &[u8]| {
                let lookalike = |known: &[u8]| key != known && key.eq_ignore_ascii_case(known);
                lookalike(b"model")
                    || (self.is_message && lookalike(b"type"))
                    || (self.is_limited && OTHER_MODELS.contains(&key))
            };
            self.is_ambiguous |= text.is_ambiguous() || text.whole().is_some_and(is_ambiguous_key);
        }
    }

    fn string(&mut self, path: &[Key], text: &Text) {
        match path {
            [Key::Model] => self.name(text.as_str()),
            [Key::Type] => self.kind(text.as_str()),
            path if TierReader::reads(path) => self.tier.string(path, text),
            path => self.bound.scalar(path, text, true),
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match (path, text.whole()) {
            ([Key::Model], Some(b"null")) => self.name(Some("")),
            ([Key::Model], _) => self.is_ambiguous = true,
            ([Key::Type], _) => self.kind(None),
            ([], _) => self.is_not_one_object = true,
            (path, _) => self.bound.scalar(path, text, false),
        }
    }

    /// The body must be one object, and the model no container.
    fn opened(&mut self, path: &[Key], container: Container) {
        match path {
            [] => {
                self.documents += 1;
                self.is_not_one_object |= container == Container::Array || self.documents > 1;
            }
            [Key::Model] => self.is_ambiguous = true,
            [Key::Type] => self.kind(None),
            path => {
                self.tier.opened(path);
                self.bound.opened(path, container);
            }
        }
    }

    /// A string before the object may contain another object for a parser that searches for the first brace.
    fn ended(&mut self) {
        self.is_not_one_object |= self.documents == 0;
    }
}
