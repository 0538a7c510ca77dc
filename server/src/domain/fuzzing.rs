//! The readers of what people bring, as a fuzzer calls them.

use super::{
    paging::PageRequest,
    prices::PriceTable,
    provider_accounts::{ImportedDocument, read_items},
    requests::sequence_of,
};
use crate::crypto::token;

/// Why something is not taken over is said in as many bytes.
const LONGEST_REASON: usize = 600;

/// An auth file, a service account, a configuration of the engine or of the desktop program: something is
/// said of every document, and little of it is quoted.
pub fn imports(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let document = ImportedDocument {
        name: "a document".to_owned(),
        content: text.into(),
    };
    let items = read_items(&document);
    assert!(!items.is_empty());
    for reason in items.iter().filter_map(|item| item.as_ref().err()) {
        assert!(reason.len() <= LONGEST_REASON, "{reason}");
    }
}

/// A table of prices is understood, or refused in words.
pub fn prices(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(refused) = PriceTable::read(text) {
        assert!(!refused.to_string().is_empty());
    }
}

/// A cursor is one of ours or refused; what is one says where to go on.
pub fn cursors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let request = PageRequest {
        after: Some(text.to_owned()),
        ..PageRequest::default()
    };
    assert!(request.window().is_ok());
    if let Ok(sequence) = sequence_of(text) {
        assert_eq!(sequence_of(&sequence.to_string()).ok(), Some(sequence));
    }
}

/// Every text has the checksum of our tokens or not, and what is made of any prefix has it.
pub fn tokens(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let made = token::generate(text);
    assert!(token::is_well_formed(&made) && made.starts_with(text));
    if token::is_well_formed(text) {
        assert!(text.is_char_boundary(text.len() - 6));
    }
}
