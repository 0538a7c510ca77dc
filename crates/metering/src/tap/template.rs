//! Recognises events that differ from an earlier one only where the reader does not look, without parsing them.
//!
//! A template is the bytes of one event and the holes in it: strings that are skipped or of which only the length counts,
//! and whole numbers without a meaning. The effect of an event depends on its bytes outside the holes and on the state of
//! the reader. If parsing the event changed nothing but the counters of output, then the same is true of every event with
//! the same bytes outside the holes, as long as the state stays as it is. An event that changes the state, or was not
//! compared, discards the template.

use memchr::{memchr, memchr3};

use super::answer_reader::{AnswerReader, FieldOutput};
use crate::json::{Container, JsonSink, Key, StringMode, Text};

/// The longest event without its holes, in bytes.
const MAX_FIXED_BYTES: usize = 4096;
const MAX_HOLES: usize = 24;
/// The most digits of a number in a hole.
const MAX_DIGITS: usize = 32;
/// After this many events that no template matched, only one of them in as many becomes a template.
const MAX_MISSES: u32 = 16;

/// Counters of output to which an event adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OutputBytes {
    pub(super) text: u64,
    pub(super) media: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    String(FieldOutput),
    Digits,
}

/// A part of an event that may differ.
#[derive(Clone, Copy, Debug)]
struct Hole {
    /// Its position: in the event while it is recorded, in the fixed bytes of a template.
    at: usize,
    length: usize,
    content: Content,
}

#[derive(Clone, Debug)]
struct Template {
    /// The bytes outside the holes.
    fixed: Vec<u8>,
    holes: Vec<Hole>,
}

/// Learns a template from the events of one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Recognizer {
    template: Option<Template>,
    /// The event that is being parsed, if it is compared.
    candidate: Option<Candidate>,
    /// Consecutive events that no template matched.
    misses: u32,
}

#[derive(Clone, Debug)]
struct Candidate {
    /// The state before the event.
    before: Box<AnswerReader>,
    /// Where the event starts in the current bytes; `None` if it cannot become a template.
    start: Option<usize>,
    /// Where the current line ends in the event.
    line_end: usize,
    holes: Vec<Hole>,
    /// Whether the event has data.
    has_data: bool,
}

impl Recognizer {
    /// If the bytes start with an event that the template matches, reports its output and returns its length.
    pub(super) fn recognize(&mut self, bytes: &[u8], reader: &mut AnswerReader) -> Option<usize> {
        let (length, output) = self.template.as_ref()?.matched(bytes)?;
        reader.add_output(output);
        self.misses = 0;
        Some(length)
    }

    /// An event starts here and will be parsed.
    pub(super) fn begin(&mut self, start: usize, reader: &AnswerReader) {
        self.misses = self.misses.saturating_add(1);
        let is_due = self.misses <= MAX_MISSES || self.misses.is_multiple_of(MAX_MISSES);
        // After a finish reason, the end depends on the counters of output.
        self.candidate = (is_due && !reader.is_finished()).then(|| Candidate {
            before: Box::new(reader.clone()),
            start: Some(start),
            line_end: 0,
            holes: Vec::new(),
            has_data: false,
        });
    }

    /// The current line ends here, and is whole in the current bytes.
    pub(super) fn line_ends(&mut self, at: usize) {
        if let Some(candidate) = &mut self.candidate
            && let Some(start) = candidate.start
        {
            candidate.line_end = at - start;
        }
    }

    /// The current event cannot become a template.
    pub(super) fn spoil(&mut self) {
        if let Some(candidate) = &mut self.candidate {
            candidate.start = None;
        }
    }

    /// The receiver of the data of the current event; `None` if it cannot become a template.
    pub(super) fn recorder<'a>(&'a mut self, reader: &'a mut AnswerReader) -> Option<Recorder<'a>> {
        let candidate = self.candidate.as_mut()?;
        if std::mem::replace(&mut candidate.has_data, true) {
            // A value could go on in another line.
            candidate.start = None;
        }
        candidate.start?;
        Some(Recorder {
            reader,
            holes: &mut candidate.holes,
            line_end: candidate.line_end,
        })
    }

    /// The event has ended before this position in the current bytes.
    pub(super) fn end(&mut self, bytes: &[u8], end: usize, reader: &AnswerReader) {
        let Some(candidate) = self.candidate.take() else {
            self.template = None;
            return;
        };
        if !reader.differs_in_output_only(&candidate.before) {
            self.template = None;
            return;
        }
        let event = candidate.start.and_then(|start| bytes.get(start..end));
        if let Some(event) = event.filter(|_| !candidate.holes.is_empty())
            && let Some(template) = Template::new(event, &candidate.holes)
        {
            self.template = Some(template);
        }
    }
}

impl Template {
    /// `None` if the event is too large.
    fn new(event: &[u8], found: &[Hole]) -> Option<Self> {
        let (mut fixed, mut holes) = (Vec::new(), Vec::with_capacity(found.len()));
        let mut done = 0;
        for hole in found {
            fixed.extend_from_slice(event.get(done..hole.at)?);
            holes.push(Hole {
                at: fixed.len(),
                ..*hole
            });
            done = hole.at + hole.length;
        }
        fixed.extend_from_slice(event.get(done..)?);
        let is_small = fixed.len() <= MAX_FIXED_BYTES && holes.len() <= MAX_HOLES;
        is_small.then_some(Self { fixed, holes })
    }

    /// The length and the output of the event at the start of the bytes, if it is whole and like this one.
    fn matched(&self, bytes: &[u8]) -> Option<(usize, OutputBytes)> {
        let mut output = OutputBytes::default();
        let (mut rest, mut done) = (bytes, 0);
        for hole in &self.holes {
            rest = rest.strip_prefix(self.fixed.get(done..hole.at)?)?;
            done = hole.at;
            let length = match hole.content {
                Content::Digits => digits(rest)?,
                Content::String(field) => {
                    let length = string(rest)?;
                    output.add(field, length);
                    length
                }
            };
            rest = rest.get(length..)?;
        }
        rest = rest.strip_prefix(self.fixed.get(done..)?)?;
        Some((bytes.len() - rest.len(), output))
    }
}

impl OutputBytes {
    fn add(&mut self, field: FieldOutput, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match field {
            FieldOutput::None => {}
            FieldOutput::Text => self.text = self.text.saturating_add(bytes),
            FieldOutput::Media => self.media = self.media.saturating_add(bytes),
        }
    }
}

/// The length of the string that continues here, up to its closing quote and in the same line. `None` if it has no end.
fn string(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    loop {
        length += memchr3(b'"', b'\\', b'\n', bytes.get(length..)?)?;
        match bytes.get(length..)? {
            [b'"', ..] => break,
            [b'\\', escaped, ..] if *escaped != b'\n' => length += 2,
            _ => return None,
        }
    }
    // A carriage return ends a line too.
    memchr(b'\r', bytes.get(..length)?)
        .is_none()
        .then_some(length)
}

/// The length of the number that starts here.
fn digits(bytes: &[u8]) -> Option<usize> {
    let first = bytes.iter().take(MAX_DIGITS);
    let length = first.take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then_some(length)
}

/// Passes everything on to the reader and records the holes.
pub(super) struct Recorder<'a> {
    reader: &'a mut AnswerReader,
    holes: &'a mut Vec<Hole>,
    line_end: usize,
}

impl Recorder<'_> {
    fn record(&mut self, remaining: usize, length: usize, content: Content) {
        // One more than a template may have is enough to refuse it.
        if self.holes.len() <= MAX_HOLES {
            self.holes.push(Hole {
                at: self.line_end.saturating_sub(remaining),
                length,
                content,
            });
        }
    }
}

impl JsonSink for Recorder<'_> {
    fn string_mode(&self, path: &[Key]) -> StringMode {
        self.reader.string_mode(path)
    }

    fn key(&mut self, object: &[Key], text: &Text) {
        self.reader.key(object, text);
    }

    fn string(&mut self, path: &[Key], text: &Text) {
        self.reader.string(path, text);
    }

    fn length(&mut self, path: &[Key], bytes: usize) {
        self.reader.length(path, bytes);
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        self.reader.scalar(path, text);
    }

    fn opened(&mut self, path: &[Key], container: Container) {
        self.reader.opened(path, container);
    }

    fn closed(&mut self, path: &[Key], container: Container) {
        self.reader.closed(path, container);
    }

    fn ended(&mut self) {
        self.reader.ended();
    }

    fn skipped_string(&mut self, path: &[Key], length: usize, remaining: usize) {
        let field = self.reader.field_output(path);
        self.record(remaining, length, Content::String(field));
    }

    fn whole_scalar(&mut self, path: &[Key], text: &[u8], remaining: usize) {
        if text.len() <= MAX_DIGITS
            && text.iter().all(u8::is_ascii_digit)
            && self.reader.ignores_number(path)
        {
            self.record(remaining, text.len(), Content::Digits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(event: &str, holes: &[(&str, Content)]) -> Template {
        let found: Vec<Hole> = holes
            .iter()
            .map(|(text, content)| Hole {
                at: event.find(text).unwrap(),
                length: text.len(),
                content: *content,
            })
            .collect();
        Template::new(event.as_bytes(), &found).unwrap()
    }

    fn chat() -> Template {
        let holes = [
            ("abc", Content::String(FieldOutput::None)),
            ("17", Content::Digits),
            ("word", Content::String(FieldOutput::Text)),
        ];
        template("data: {\"id\":\"abc\",\"n\":17,\"t\":\"word\"}\n\n", &holes)
    }

    #[test]
    fn an_event_that_differs_in_holes_is_matched_with_its_output() {
        for (id, number, text) in [
            ("abc", "17", "word"),
            ("", "0", ""),
            ("x", "123456", "a \\\" b \\\\"),
            ("\\u00e9", "9", "\\u12"),
        ] {
            let event = format!("data: {{\"id\":\"{id}\",\"n\":{number},\"t\":\"{text}\"}}\n\n");
            let bytes = format!("{event}data: ");

            let output = OutputBytes {
                text: text.len() as u64,
                media: 0,
            };
            assert_eq!(
                chat().matched(bytes.as_bytes()),
                Some((event.len(), output)),
                "{event}"
            );
        }
    }

    #[test]
    fn an_event_that_differs_elsewhere_or_is_cut_is_not_matched() {
        for event in [
            "data: {\"id\":\"abc\",\"n\":-1,\"t\":\"word\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":1.5,\"t\":\"word\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":,\"t\":\"word\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"word\",\"m\":1}\n\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"two\nlines\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"two\rlines\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"escaped\\\nend\"}\n\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"word\"}\n",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"wor",
            "data: {\"id\":\"abc\",\"n\":17,\"t\":\"wor\\",
            "",
        ] {
            assert_eq!(chat().matched(event.as_bytes()), None, "{event}");
        }
    }

    #[test]
    fn an_event_with_many_holes_or_much_else_is_no_template() {
        let hole = Hole {
            at: 1,
            length: 0,
            content: Content::Digits,
        };

        assert!(Template::new(b"abc", &[hole; MAX_HOLES]).is_some());
        assert!(Template::new(b"abc", &[hole; MAX_HOLES + 1]).is_none());
        assert!(Template::new(&[b'a'; MAX_FIXED_BYTES + 1], &[hole]).is_none());
    }
}
