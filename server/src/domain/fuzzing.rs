//! Fuzz targets for documents, tables, cursors and tokens that clients send.

use chrono::NaiveDate;

use super::{
    paging::PageRequest,
    prices::PriceTable,
    provider_accounts::{ImportedDocument, read_entries},
    requests::sequence_of,
};
use crate::crypto::token;

/// The longest reason for not importing a document, in bytes.
const MAX_REASON: usize = 600;

/// Auth files, service accounts, configurations of the engine or of the desktop program, credentials of coding
/// agents: every document gives at least one account or reason, and reasons quote little of it.
pub fn imports(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let document = ImportedDocument {
        name: "a document".to_owned(),
        content: text.into(),
    };
    let entries = read_entries(&document);
    assert!(!entries.is_empty());
    for reason in entries.iter().filter_map(|entry| entry.item.as_ref().err()) {
        assert!(reason.len() <= MAX_REASON, "{reason}");
    }
}

/// A price table or a public price list is read, or refused with a reason.
pub fn prices(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Err(refused) = PriceTable::read_any(text, Some(NaiveDate::MIN)) {
        assert!(!refused.to_string().is_empty());
    }
}

/// A cursor is read, or refused; reading what it was read as gives the same.
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

/// Tokens that are generated with any prefix have a correct checksum.
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
