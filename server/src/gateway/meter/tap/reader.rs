//! Listens to the walk along an answer, and remembers what it means.

use entity::request::Protocol;

use super::super::count::count;
use super::super::json::{Container, Key, Sink, Text, Want};
use super::Observation;
use super::error::ErrorNames;
use super::fact::{Fact, Habit, fact, is_last};
use super::usage::Usage;
use crate::domain::tokens::Tokens;

/// What is known of an answer so far.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    protocol: Protocol,
    usage: Usage,
    /// The names for the error of the current document.
    names: ErrorNames,
    /// Whether the current document is the last of its answer.
    is_last: bool,
    /// Whether one document is a whole answer.
    ends_with_document: bool,
    observation: Observation,
}

impl Reader {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            usage: Usage::new(Habit::of(protocol)),
            names: ErrorNames::default(),
            is_last: false,
            ends_with_document: false,
            observation: Observation::default(),
        }
    }

    /// For an answer that is one document.
    pub(super) fn ending_with_document(mut self) -> Self {
        self.ends_with_document = true;
        self
    }

    /// The protocol's end was seen outside the documents.
    pub(super) fn end(&mut self) {
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

    fn fact(&self, path: &[Key]) -> Fact {
        fact(self.protocol, path)
    }

    fn event(&mut self, kind: &str) {
        self.is_last |= is_last(self.protocol, kind);
        if kind == "error" {
            self.names.mark();
        }
    }

    fn end_document(&mut self) {
        self.observation.ended |= std::mem::take(&mut self.is_last);
        if let Some(code) = self.names.take() {
            self.observation.error_code.get_or_insert(code);
        }
    }
}

impl Sink for Reader {
    fn want(&self, path: &[Key]) -> Want {
        match self.fact(path) {
            Fact::Text => Want::Length,
            Fact::Model if self.observation.served_model.is_some() => Want::Nothing,
            Fact::Model
            | Fact::Type
            | Fact::Finish
            | Fact::Error
            | Fact::ErrorCode
            | Fact::ErrorStatus
            | Fact::ErrorType => Want::Text,
            Fact::Nothing | Fact::Usage | Fact::Count(_) => Want::Nothing,
        }
    }

    fn length(&mut self, _path: &[Key], bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.observation.text_bytes = self.observation.text_bytes.saturating_add(bytes);
    }

    fn string(&mut self, path: &[Key], text: &Text) {
        let known = text.as_str().filter(|text| !text.is_empty());
        match self.fact(path) {
            Fact::Type => self.event(known.unwrap_or_default()),
            Fact::Model => self.observation.served_model = known.map(str::to_owned),
            Fact::Finish => self.is_last |= known.is_some(),
            Fact::Error => self.names.mark(),
            name @ (Fact::ErrorCode | Fact::ErrorStatus | Fact::ErrorType) => {
                self.names.name(name, text);
            }
            Fact::Nothing | Fact::Text | Fact::Usage | Fact::Count(_) => {}
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match self.fact(path) {
            Fact::Count(field) => {
                if let Some(count) = text.as_str().and_then(count) {
                    self.usage.set(field, count);
                }
            }
            Fact::ErrorCode => self.names.number(text),
            Fact::Nothing
            | Fact::Type
            | Fact::Model
            | Fact::Text
            | Fact::Finish
            | Fact::Usage
            | Fact::Error
            | Fact::ErrorStatus
            | Fact::ErrorType => {}
        }
    }

    fn opened(&mut self, path: &[Key], container: Container) {
        let fact = self.fact(path);
        if fact == Fact::Usage {
            self.usage.open();
        }
        if fact == Fact::Error && container == Container::Object {
            self.names.mark();
        }
        if path.is_empty() {
            self.is_last = false;
            self.names = ErrorNames::default();
        }
    }

    fn closed(&mut self, path: &[Key], container: Container) {
        if self.fact(path) == Fact::Usage {
            self.usage.close();
        }
        if path.is_empty() && container == Container::Object {
            self.end_document();
        }
    }

    fn ended(&mut self) {
        self.observation.ended |= self.ends_with_document;
    }
}
