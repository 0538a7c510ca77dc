//! Collects what the documents of an answer report.

use crate::protocols::{FieldKind, Protocol, ProtocolSpec, UsageField};

use super::Observation;
use super::error::ErrorNames;
use super::template::OutputBytes;
use super::usage::UsageCollector;
use crate::json::{Container, JsonSink, Key, StringMode, Text};
use crate::service_tier::printable;
use crate::tokens::{CREDIBLE, Tokens, parse_count};

/// The name of Anthropic's fast mode.
const FAST: &str = "fast";

/// The state of an answer.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each set once"
)]
pub(super) struct AnswerReader {
    spec: &'static ProtocolSpec,
    usage: UsageCollector,
    document: Document,
    /// Whether a choice had a finish reason: only counts follow.
    is_finished: bool,
    /// Whether the end marker outside the documents was read.
    is_done: bool,
    /// Whether the answer is a single document.
    ends_with_document: bool,
    /// Whether the answer is known to be an error.
    is_error: bool,
    /// Documents with counts.
    counting_documents: u64,
    observation: Observation,
}

/// The counter of output that a string at some path adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldOutput {
    None,
    Text,
    Media,
}

/// The state of the current document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Document {
    names: ErrorNames,
    /// Whether it ends the answer.
    is_last: bool,
    /// Whether it has counts.
    is_counting: bool,
}

impl AnswerReader {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self::of(protocol.spec())
    }

    fn of(spec: &'static ProtocolSpec) -> Self {
        Self {
            spec,
            usage: UsageCollector::new(spec.usage_convention),
            document: Document::default(),
            is_finished: false,
            is_done: false,
            ends_with_document: false,
            is_error: false,
            counting_documents: 0,
            observation: Observation::default(),
        }
    }

    /// The answer is a single document.
    pub(super) fn end_with_document(&mut self) {
        self.ends_with_document = true;
    }

    /// The answer is an error.
    pub(super) fn expect_error(&mut self) {
        self.is_error = true;
    }

    /// Reports the end marker outside the documents.
    pub(super) fn end(&mut self) {
        self.is_done = true;
        self.observation.ended = true;
    }

    /// All but the tokens.
    pub(super) fn observation(&self) -> &Observation {
        &self.observation
    }

    /// The tokens, as far as they are reported.
    pub(super) fn tokens(&self) -> Option<Tokens> {
        self.usage.tokens()
    }

    /// Returns the observation and resets the reader.
    pub(super) fn take(&mut self) -> Observation {
        let reader = std::mem::replace(self, Self::of(self.spec));
        Observation {
            tokens: reader.usage.tokens(),
            ..reader.observation
        }
    }

    /// Whether a choice had a finish reason.
    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// The counter that a string at this path adds to.
    pub(super) fn field_output(&self, path: &[Key]) -> FieldOutput {
        let kind = self.field_kind(path);
        if matches!(kind, FieldKind::Text) {
            FieldOutput::Text
        } else if matches!(kind, FieldKind::Media) {
            FieldOutput::Media
        } else {
            FieldOutput::None
        }
    }

    /// Whether a number at this path changes nothing.
    pub(super) fn ignores_number(&self, path: &[Key]) -> bool {
        !matches!(
            self.field_kind(path),
            FieldKind::Count(_)
                | FieldKind::Iteration(_)
                | FieldKind::FallbackCount(_)
                | FieldKind::ErrorCode
        )
    }

    /// Counts output that was not parsed.
    pub(super) fn add_output(&mut self, output: OutputBytes) {
        let seen = &mut self.observation;
        seen.text_bytes = seen.text_bytes.saturating_add(output.text);
        seen.media_bytes = seen.media_bytes.saturating_add(output.media);
        let all = output.text.saturating_add(output.media);
        seen.uncounted_bytes = seen.uncounted_bytes.saturating_add(all);
    }

    /// Whether the states are equal but for the counters of output.
    pub(super) fn differs_in_output_only(&self, other: &Self) -> bool {
        let Self {
            spec: _,
            usage,
            document,
            is_finished,
            is_done,
            ends_with_document,
            is_error,
            counting_documents,
            observation,
        } = self;
        let observation = Observation {
            text_bytes: other.observation.text_bytes,
            media_bytes: other.observation.media_bytes,
            uncounted_bytes: other.observation.uncounted_bytes,
            ..observation.clone()
        };
        *usage == other.usage
            && *document == other.document
            && *is_finished == other.is_finished
            && *is_done == other.is_done
            && *ends_with_document == other.ends_with_document
            && *is_error == other.is_error
            && *counting_documents == other.counting_documents
            && observation == other.observation
    }

    fn field_kind(&self, path: &[Key]) -> FieldKind {
        (self.spec.field_kind)(path)
    }

    fn event(&mut self, kind: &str) {
        self.document.is_last |= self.spec.last_events.contains(&kind);
        if self.spec.image_events.contains(&kind) {
            self.count_image();
        }
        if kind == "error" {
            self.document.names.mark();
        }
    }

    /// The last tier counts: Responses repeats the requested one before it reports the one that served. The fast mode comes at
    /// its price whatever the tier.
    fn serve_in_tier(&mut self, name: Option<&str>) {
        let name = name.and_then(printable);
        let served = &mut self.observation.service_tier;
        if name.is_some() && name != served.as_deref() && served.as_deref() != Some(FAST) {
            *served = name.map(str::to_owned);
        }
    }

    fn count_image(&mut self) {
        let images = &mut self.observation.media.images;
        *images = images.saturating_add(1).min(*CREDIBLE.end());
    }

    fn finish(&mut self) {
        if self.spec.ends_with_finish_reason {
            self.document.is_last = true;
        } else {
            self.is_finished = true;
        }
    }

    fn count(&mut self, field_kind: FieldKind, count: i64) {
        match field_kind {
            FieldKind::Iteration(field) => self.usage.add(field, count),
            FieldKind::FallbackCount(field) => {
                self.usage.set_fallback(field, count);
                self.document.is_counting |= field == UsageField::Output;
            }
            FieldKind::Count(field) => self.usage.set(field, count),
            FieldKind::VideoSeconds => self.observation.media.video_seconds = count,
            FieldKind::Nothing
            | FieldKind::Image
            | FieldKind::Type
            | FieldKind::Model
            | FieldKind::ServiceTier
            | FieldKind::Speed
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Error
            | FieldKind::ErrorMessage
            | FieldKind::ErrorDetail
            | FieldKind::ErrorCode
            | FieldKind::ErrorStatus
            | FieldKind::ErrorType => {}
        }
    }

    fn end_document(&mut self) {
        let mut document = std::mem::take(&mut self.document);
        if document.is_counting {
            self.counting_documents = self.counting_documents.saturating_add(1);
            self.observation.uncounted_bytes = 0;
        }
        self.observation.ended |= document.is_last;
        if self.is_finished {
            // Of several choices, one may finish before the others.
            let is_counted = self.observation.uncounted_bytes == 0 && self.tokens().is_some();
            self.observation.ended = self.is_done || is_counted;
        }
        let names = &mut document.names;
        if let Some(code) = names.code() {
            self.observation.error_code.get_or_insert(code);
        }
        if let Some(message) = names.take_message(self.is_error) {
            self.observation.error_message.get_or_insert(message);
        }
    }
}

impl JsonSink for AnswerReader {
    fn string_mode(&self, path: &[Key]) -> StringMode {
        match self.field_kind(path) {
            FieldKind::Text | FieldKind::Media => StringMode::Length,
            FieldKind::Model if self.observation.served_model.is_some() => StringMode::Skip,
            FieldKind::Model
            | FieldKind::ServiceTier
            | FieldKind::Speed
            | FieldKind::Type
            | FieldKind::Finish
            | FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::FallbackCount(_)
            | FieldKind::VideoSeconds
            | FieldKind::ErrorCode
            | FieldKind::ErrorStatus
            | FieldKind::ErrorType => StringMode::Read,
            FieldKind::Error | FieldKind::ErrorMessage | FieldKind::ErrorDetail => {
                StringMode::ReadMessage
            }
            FieldKind::Nothing | FieldKind::Image | FieldKind::Usage => StringMode::Skip,
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
            FieldKind::Model if self.observation.served_model.as_deref() != known => {
                self.observation.served_model = known.map(str::to_owned);
            }
            FieldKind::ServiceTier => self.serve_in_tier(known),
            FieldKind::Speed if known == Some(FAST) => self.serve_in_tier(known),
            FieldKind::Finish if known.is_some() => self.finish(),
            FieldKind::Error => {
                self.document.names.mark();
                self.document.names.detail(text);
            }
            FieldKind::ErrorMessage => self.document.names.message(text),
            FieldKind::ErrorDetail => self.document.names.detail(text),
            name @ (FieldKind::ErrorCode | FieldKind::ErrorStatus | FieldKind::ErrorType) => {
                self.document.names.name(name, text);
            }
            field_kind @ (FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::FallbackCount(_)
            | FieldKind::VideoSeconds) => {
                // Some serializers write whole numbers as strings.
                let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
                if let Some(number) = known.filter(is_number).and_then(parse_count) {
                    self.count(field_kind, number);
                }
            }
            FieldKind::Nothing
            | FieldKind::Model
            | FieldKind::Speed
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Image
            | FieldKind::Finish
            | FieldKind::Usage => {}
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match self.field_kind(path) {
            field_kind @ (FieldKind::Count(_)
            | FieldKind::Iteration(_)
            | FieldKind::FallbackCount(_)
            | FieldKind::VideoSeconds) => {
                if let Some(number) = text.as_str().and_then(parse_count) {
                    self.count(field_kind, number);
                }
            }
            FieldKind::ErrorCode => self.document.names.number(text),
            FieldKind::Nothing
            | FieldKind::Image
            | FieldKind::Type
            | FieldKind::Model
            | FieldKind::ServiceTier
            | FieldKind::Speed
            | FieldKind::Text
            | FieldKind::Media
            | FieldKind::Finish
            | FieldKind::Usage
            | FieldKind::Error
            | FieldKind::ErrorMessage
            | FieldKind::ErrorDetail
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
        if field_kind == FieldKind::Image && container == Container::Object {
            self.count_image();
        }
        if path.is_empty() {
            self.document = Document::default();
            // Another document follows the supposed only one.
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
