//! The model of a form: the part named `model`; and how many answers it asks for, in the part named `n`.

mod delimiter;
mod headers;

use self::delimiter::Delimiter;
use self::headers::Disposition;
use super::bound::plain_integer;
use super::{Bound, LONGEST_MODEL, ScanResult};

/// As long as the headers of a part may be, in bytes.
const LONGEST_HEADERS: usize = 4096;

/// As long as a boundary may be, in bytes (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Inside the first boundary, which must be the first thing.
    First,
    /// The two bytes after a boundary, of which so many were seen.
    After(usize),
    Headers,
    Content,
    Ended,
    Ambiguous,
}

/// Reads a `multipart/form-data` body part by part, as strictly as no other reader does.
#[derive(Clone, Debug)]
pub(super) struct MultipartScanner {
    state: State,
    delimiter: Delimiter,
    /// The headers of the part, or what stands after a boundary.
    headers: Vec<u8>,
    /// Which part this is, and its content, if it is one that matters.
    content: Option<(Field, Vec<u8>)>,
    model: Option<String>,
    bound: Bound,
}

/// A part that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Model,
    Choices,
}

impl MultipartScanner {
    /// `None` when this can be no boundary.
    pub(super) fn new(boundary: &str) -> Option<Self> {
        let is_fit = !boundary.is_empty()
            && boundary.len() <= LONGEST_BOUNDARY
            && boundary.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        is_fit.then(|| Self {
            state: State::First,
            delimiter: Delimiter::new(boundary),
            headers: Vec::new(),
            content: None,
            model: None,
            bound: Bound::default(),
        })
    }

    pub(super) fn observe(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(byte) = rest.first().copied() {
            let used = match self.state {
                State::First => self.first(byte),
                State::After(seen) => self.after(seen, byte),
                State::Headers => self.header(byte),
                State::Content => self.content(rest),
                State::Ended | State::Ambiguous => return,
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    pub(super) fn verdict(&self) -> ScanResult {
        match (&self.model, self.state) {
            (_, State::Ambiguous) => ScanResult::Ambiguous,
            (Some(model), _) if !model.is_empty() => ScanResult::Found(model.clone()),
            (_, State::Ended) => ScanResult::Absent,
            (_, State::First | State::After(_) | State::Headers | State::Content) => {
                ScanResult::NeedMore
            }
        }
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        self.state == State::Ambiguous
    }

    /// Nothing bounds the size of an image; only how many there are.
    pub(super) fn bound(&self) -> Bound {
        self.bound
    }

    fn first(&mut self, byte: u8) -> usize {
        match self.delimiter.push(byte) {
            delimiter::DelimiterStep::Complete => self.state = State::After(0),
            delimiter::DelimiterStep::Partial => {}
            delimiter::DelimiterStep::Mismatch => self.state = State::Ambiguous,
        }
        1
    }

    fn after(&mut self, seen: usize, byte: u8) -> usize {
        self.headers.push(byte);
        self.state = match (seen, self.headers.as_slice()) {
            (0, _) => State::After(1),
            (_, b"\r\n") => State::Headers,
            (_, b"--") => State::Ended,
            _ => State::Ambiguous,
        };
        if self.state == State::Headers {
            self.headers.clear();
        }
        1
    }

    fn header(&mut self, byte: u8) -> usize {
        self.headers.push(byte);
        if self.headers == b"\r\n" || self.headers.ends_with(b"\r\n\r\n") {
            self.start_content();
        } else if self.headers.len() >= LONGEST_HEADERS {
            self.state = State::Ambiguous;
        }
        1
    }

    fn start_content(&mut self) {
        self.state = match headers::disposition(&self.headers) {
            Disposition::Other => State::Content,
            Disposition::Model => self.keep(Field::Model),
            Disposition::Choices => self.keep(Field::Choices),
            Disposition::Unclear => State::Ambiguous,
        };
        self.headers.clear();
        self.delimiter.restart_in_line();
    }

    fn keep(&mut self, field: Field) -> State {
        self.content = Some((field, Vec::new()));
        State::Content
    }

    fn content(&mut self, bytes: &[u8]) -> usize {
        let kept = self.content.as_mut().map(|(_, kept)| kept);
        let found = self.delimiter.find(bytes, kept);
        let kept = self.content.as_ref();
        if kept.is_some_and(|(_, kept)| kept.len() > LONGEST_MODEL) {
            self.state = State::Ambiguous;
        } else if found.is_complete {
            self.end_part();
        }
        found.used
    }

    fn end_part(&mut self) {
        self.state = State::After(0);
        match self.content.take() {
            Some((Field::Model, content)) => self.name(content),
            Some((Field::Choices, content)) => self.count(&content),
            None => {}
        }
    }

    fn name(&mut self, content: Vec<u8>) {
        match (String::from_utf8(content), &self.model) {
            (Ok(model), None) => self.model = Some(model.trim().to_owned()),
            (Ok(model), Some(first)) if first == model.trim() => {}
            _ => self.state = State::Ambiguous,
        }
    }

    /// What is no number counts as one answer: the engine takes it so.
    fn count(&mut self, content: &[u8]) {
        match plain_integer(content.trim_ascii()) {
            Some(choices) => self.bound.choices = self.bound.choices.max(choices),
            None => self.bound.is_certain = false,
        }
    }
}
