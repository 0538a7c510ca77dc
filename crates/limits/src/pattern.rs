//! Patterns of names, in which `*` stands for any run of characters.

/// Whether a name fits a pattern, letter for letter.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Whether a name fits a pattern, ignoring case: some routes of the engine ignore case too, and usage must
/// count the same however a name is spelled.
pub fn fits_in_any_case(pattern: &str, name: &str) -> bool {
    fits(&pattern.to_lowercase(), &name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_where_usage_counts() {
        assert!(fits_in_any_case("GPT-5*", "gpt-5-mini"));
        assert!(fits_in_any_case("gpt-image-2", "GPT-Image-2"));
        assert!(!fits_in_any_case("gpt-5", "gpt-5-mini"));
    }
}
