//! The model of a JSON body.

use super::super::json::{Container, Key, Sink, Text, Walker, Want};
use super::{Bound, LONGEST_MODEL, Verdict};

/// Some editors put it before a file; every reader skips it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a JSON object for its top-level members.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonScanner {
    walker: Walker,
    members: Members,
    mark_seen: usize,
}

/// The members that matter, as far as they were seen.
#[derive(Clone, Debug, Default)]
struct Members {
    /// The first `"model"`; empty for `null`.
    model: Option<String>,
    kind: Option<String>,
    bound: Bound,
    documents: usize,
    is_ambiguous: bool,
}

impl JsonScanner {
    pub(super) fn observe(&mut self, bytes: &[u8]) {
        let rest = self.after_mark(bytes);
        self.walker.feed(rest, &mut self.members);
    }

    pub(super) fn verdict(&self) -> Verdict {
        if self.members.is_ambiguous || self.walker.is_broken() {
            return Verdict::Ambiguous;
        }
        match &self.members.model {
            Some(model) if !model.is_empty() => Verdict::Found(model.clone()),
            _ if self.walker.is_ended() => Verdict::Absent,
            _ => Verdict::NeedMore,
        }
    }

    pub(super) fn kind(&self) -> Option<&str> {
        self.members.kind.as_deref()
    }

    /// None is believed of what is no JSON: others may read on where we could not.
    pub(super) fn bound(&self) -> Bound {
        if self.is_broken() {
            return Bound::default();
        }
        self.members.bound
    }

    pub(super) fn is_broken(&self) -> bool {
        self.walker.is_broken()
    }

    /// Whether there is nothing more to learn.
    pub(super) fn is_over(&self) -> bool {
        self.walker.is_ended() || self.walker.is_broken()
    }

    pub(super) fn is_untouched(&self) -> bool {
        self.walker.is_fresh()
    }

    /// What follows a byte order mark at the very start. A mark that is not whole is no JSON.
    fn after_mark<'bytes>(&mut self, bytes: &'bytes [u8]) -> &'bytes [u8] {
        let due = BYTE_ORDER_MARK.get(self.mark_seen..).unwrap_or_default();
        if !self.walker.is_fresh() || due.is_empty() {
            return bytes;
        }
        let same = due.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        self.mark_seen += same;
        let rest = bytes.get(same..).unwrap_or_default();
        let is_torn = self.mark_seen > 0 && self.mark_seen < BYTE_ORDER_MARK.len();
        if !rest.is_empty() {
            self.members.is_ambiguous |= is_torn;
            self.mark_seen = BYTE_ORDER_MARK.len();
        }
        rest
    }
}

impl Members {
    fn name(&mut self, model: Option<&str>) {
        let Some(model) = model.filter(|model| model.len() <= LONGEST_MODEL) else {
            self.is_ambiguous = true;
            return;
        };
        match &self.model {
            Some(first) => self.is_ambiguous |= first != model.trim(),
            None => self.model = Some(model.trim().to_owned()),
        }
    }
}

impl Sink for Members {
    fn want(&self, path: &[Key]) -> Want {
        match path {
            [Key::Model | Key::Type] => Want::Text,
            _ => Want::Nothing,
        }
    }

    /// Readers differ about case, and about keys with faults.
    fn key(&mut self, object: &[Key], text: &Text) {
        if object.is_empty() {
            let lookalike = |key: &[u8]| key != b"model" && key.eq_ignore_ascii_case(b"model");
            self.is_ambiguous |= text.is_faulty() || text.whole().is_some_and(lookalike);
        }
    }

    fn string(&mut self, path: &[Key], text: &Text) {
        match path {
            [Key::Model] => self.name(text.as_str()),
            [Key::Type] if self.kind.is_none() => match text.as_str() {
                Some(kind) => self.kind = Some(kind.to_owned()),
                // The engine may read what is too long, or faulty, for us.
                None => self.is_ambiguous = true,
            },
            _ => {}
        }
    }

    fn scalar(&mut self, path: &[Key], text: &Text) {
        match (path, text.whole()) {
            ([Key::Model], Some(b"null")) => self.name(Some("")),
            ([Key::Model] | [], _) => self.is_ambiguous = true,
            (path, _) => self.bound.note(path, text),
        }
    }

    /// One object is the whole body, and a model is no container.
    fn opened(&mut self, path: &[Key], container: Container) {
        match path {
            [] => {
                self.documents += 1;
                self.is_ambiguous |= container == Container::Array || self.documents > 1;
            }
            [Key::Model] => self.is_ambiguous = true,
            _ => {}
        }
    }

    /// A string before the object may hide another from a reader that looks for the first brace.
    fn ended(&mut self) {
        self.is_ambiguous |= self.documents == 0;
    }
}
