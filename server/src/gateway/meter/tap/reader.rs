//! Listens to the walk along an answer, and remembers what it means.

use entity::request::Protocol;

use super::super::count::count;
use super::super::json::{Container, Key, Sink, Text, Want};
use super::Observation;
use super::error::ErrorNames;
use super::fact::{Fact, Field, Habit, fact, is_last};
use super::usage::Usage;
use crate::domain::tokens::Tokens;

/// What is known of an answer so far.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    protocol: Protocol,
    usage: Usage,
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
            usage: Usage::new(Habit::of(protocol)),
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

    fn fact(&self, path: &[Key]) -> Fact {
        fact(self.protocol, path)
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

    fn count(&mut self, fact: Fact, count: i64) {
        match fact {
            Fact::Iteration(field) => self.usage.add(field, count),
            Fact::Loose(field) => {
                self.usage.set_loose(field, count);
                self.document.is_counting |= field == Field::Output;
            }
            Fact::Count(field) => self.usage.set(field, count),
            Fact::Nothing
            | Fact::Type
            | Fact::Model
            | Fact::Text
            | Fact::Media
            | Fact::Finish
            | Fact::Usage
            | Fact::Error
            | Fact::ErrorCode
            | Fact::ErrorStatus
            | Fact::ErrorType => {}
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

impl Sink for Reader {
    fn want(&self, path: &[Key]) -> Want {
        match self.fact(path) {
            Fact::Text | Fact::Media => Want::Length,
            Fact::Model if self.observation.served_model.is_some() => Want::Nothing,
            Fact::Model
            | Fact::Type
            | Fact::Finish
            | Fact::Count(_)
            | Fact::Iteration(_)
            | Fact::Loose(_)
            | Fact::Error
            | Fact::ErrorCode
            | Fact::ErrorStatus
            | Fact::ErrorType => Want::Text,
            Fact::Nothing | Fact::Usage => Want::Nothing,
        }
    }

    fn length(&mut self, path: &[Key], bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let is_media = self.fact(path) == Fact::Media;
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
        match self.fact(path) {
            Fact::Type => self.event(known.unwrap_or_default()),
            Fact::Model => self.observation.served_model = known.map(str::to_owned),
            Fact::Finish if known.is_some() => self.finish(),
            Fact::Error => self.document.names.mark(),
            name @ (Fact::ErrorCode | Fact::ErrorStatus | Fact::ErrorType) => {
                self.document.names.name(name, text);
            }
            fact @ (Fact::Count(_) | Fact::Iteration(_) | Fact::Loose(_)) => {
                // Some serializers write whole numbers as strings.
                let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
                if let Some(number) = known.filter(is_number).and_then(count) {
                    self.count(fact, number);
                }
            }
            Fact::Nothing | Fact::Text | Fact::Media | Fact::Finish | Fact::Usage => {}
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match self.fact(path) {
            fact @ (Fact::Count(_) | Fact::Iteration(_) | Fact::Loose(_)) => {
                if let Some(number) = text.as_str().and_then(count) {
                    self.count(fact, number);
                }
            }
            Fact::ErrorCode => self.document.names.number(text),
            Fact::Nothing
            | Fact::Type
            | Fact::Model
            | Fact::Text
            | Fact::Media
            | Fact::Finish
            | Fact::Usage
            | Fact::Error
            | Fact::ErrorStatus
            | Fact::ErrorType => {}
        }
    }

    fn opened(&mut self, path: &[Key], container: Container) {
        let fact = self.fact(path);
        if fact == Fact::Usage && container == Container::Object {
            self.usage.open();
        }
        if fact == Fact::Error && container == Container::Object {
            self.document.names.mark();
        }
        if path.is_empty() {
            self.document = Document::default();
            // Another document follows the one that seemed to be all.
            self.observation.ended &= !self.ends_with_document;
        }
    }

    fn closed(&mut self, path: &[Key], container: Container) {
        if container == Container::Object && self.fact(path) == Fact::Usage {
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
