//! Listens to the walk along an answer, and remembers what it means.

use crate::Protocol;

use super::Observation;
use super::error::ErrorNames;
use super::field_kind::{FieldKind, UsageConvention, UsageField, field_kind, is_last};
use super::usage::UsageCollector;
use crate::count::count;
use crate::json::{Container, JsonSink, Key, Text, Want};
use crate::tokens::Tokens;

/// What is known of an answer so far.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    protocol: Protocol,
    usage: UsageCollector,
    document: Document,
    /// Whether a choice said why it finished: after that only counts come.
    is_finished: bool,
    /// Whether the protocol's end was seen outside the documents.
    is_done: bool,
    /// Whether one document is a whole answer.
    ends_with_document: bool,
    observation: Observation,
}

/// What is known of the current document.
#[derive(Clone, Debug, Default)]
struct Document {
    /// The names for its error.
    names: ErrorNames,
    /// Whether it is the last of its answer.
    is_last: bool,
    /// Whether it has counts.
    is_counting: bool,
}

impl Reader {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            usage: UsageCollector::new(UsageConvention::of(protocol)),
            document: Document::default(),
            is_finished: false,
            is_done: false,
            ends_with_document: false,
            observation: Observation::default(),
        }
    }

    /// The answer turned out to be one document.
    pub(super) fn end_with_document(&mut self) {
        self.ends_with_document = true;
    }

    /// The protocol's end was seen outside the documents.
    pub(super) fn end(&mut self) {
        self.is_done = true;
        self.observation.ended = true;
    }

    /// What was learnt, but for the tokens.
    pub(super) fn observation(&self) -> &Observation {
        &self.observation
    }

    /// What was used, as far as it is told.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.usage.tokens()
    }

    /// All that was learnt; starts again.
    pub(super) fn take(&mut self) -> Observation {
        let reader = std::mem::replace(self, Self::new(self.protocol));
        Observation {
            tokens: reader.usage.tokens(),
            ..reader.observation
        }
    }

    fn field_kind(&self, path: &[Key]) -> FieldKind {
        field_kind(self.protocol, path)
    }

    fn event(&mut self, kind: &str) {
        self.document.is_last |= is_last(self.protocol, kind);
        if kind == "error" {
            self.document.names.mark();
        }
    }

    fn finish(&mut self) {
        if self.protocol == Protocol::Gemini {
            self.document.is_last = true;
        } else {
            self.is_finished = true;
        }
    }

    fn count(&mut self, field_kind: FieldKind, count: i64) {
        match field_kind {
            FieldKind::Iteration(field) => self.usage.add(field, count),
            FieldKind::Loose(field) => {
                self.usage.set_loose(field, count);
                self.document.is_counting |= field == UsageField::Output;
            }
            FieldKind::Count(field) => self.usage.set(field, count),
            FieldKind::Nothing
            | FieldKind::Type
            | FieldKind::Model
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Error
            | FieldKind::ErrorCode
            | FieldKind::ErrorStatus
            | FieldKind::ErrorType => {}
        }
    }

    fn end_document(&mut self) {
        let mut document = std::mem::take(&mut self.document);
        if document.is_counting {
            self.observation.uncounted_bytes = 0;
        }
        self.observation.ended |= document.is_last;
        if self.is_finished {
            // Of several choices, one may finish before the others.
            let is_counted = self.observation.uncounted_bytes == 0 && self.tokens().is_some();
            self.observation.ended = self.is_done || is_counted;
        }
        if let Some(code) = document.names.take() {
            self.observation.error_code.get_or_insert(code);
        }
    }
}

impl JsonSink for Reader {
    fn want(&self, path: &[Key]) -> Want {
        match self.field_kind(path) {
            FieldKind::Text | FieldKind::Media => Want::Length,
            FieldKind::Model if self.observation.served_model.is_some() => Want::Nothing,
            FieldKind::Model
            | FieldKind::Type
            | FieldKind::Finish
            | FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::Loose(_)
            | FieldKind::Error
            | FieldKind::ErrorCode
            | FieldKind::ErrorStatus
            | FieldKind::ErrorType => Want::Text,
            FieldKind::Nothing | FieldKind::Usage => Want::Nothing,
        }
    }

    fn length(&mut self, path: &[Key], bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let is_media = self.field_kind(path) == FieldKind::Media;
        let seen = &mut self.observation;
        let sum = if is_media {
            &mut seen.media_bytes
        } else {
            &mut seen.text_bytes
        };
        *sum = sum.saturating_add(bytes);
        seen.uncounted_bytes = seen.uncounted_bytes.saturating_add(bytes);
    }

    fn string(&mut self, path: &[Key], text: &Text) {
        let known = text.as_str().filter(|text| !text.is_empty());
        match self.field_kind(path) {
            FieldKind::Type => self.event(known.unwrap_or_default()),
            FieldKind::Model => self.observation.served_model = known.map(str::to_owned),
            FieldKind::Finish if known.is_some() => self.finish(),
            FieldKind::Error => self.document.names.mark(),
            name @ (FieldKind::ErrorCode | FieldKind::ErrorStatus | FieldKind::ErrorType) => {
                self.document.names.name(name, text);
            }
            field_kind @ (FieldKind::Count(_) | FieldKind::Iteration(_) | FieldKind::Loose(_)) => {
                // Some serializers write whole numbers as strings.
                let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
                if let Some(number) = known.filter(is_number).and_then(count) {
                    self.count(field_kind, number);
                }
            }
            FieldKind::Nothing
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage => {}
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match self.field_kind(path) {
            field_kind @ (FieldKind::Count(_) | FieldKind::Iteration(_) | FieldKind::Loose(_)) => {
                if let Some(number) = text.as_str().and_then(count) {
                    self.count(field_kind, number);
                }
            }
            FieldKind::ErrorCode => self.document.names.number(text),
            FieldKind::Nothing
            | FieldKind::Type
            | FieldKind::Model
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Error
            | FieldKind::ErrorStatus
            | FieldKind::ErrorType => {}
        }
    }

    fn opened(&mut self, path: &[Key], container: Container) {
        let field_kind = self.field_kind(path);
        if field_kind == FieldKind::Usage && container == Container::Object {
            self.usage.open();
        }
        if field_kind == FieldKind::Error && container == Container::Object {
            self.document.names.mark();
        }
        if path.is_empty() {
            self.document = Document::default();
            // Another document follows the one that seemed to be all.
            self.observation.ended &= !self.ends_with_document;
        }
    }

    fn closed(&mut self, path: &[Key], container: Container) {
        if container == Container::Object && self.field_kind(path) == FieldKind::Usage {
            self.document.is_counting |= self.usage.close();
        }
        if path.is_empty() && container == Container::Object {
            self.end_document();
        }
    }

    fn ended(&mut self) {
        self.observation.ended |= self.ends_with_document;
    }
}
