//! A header value with parameters, read so strictly that no other reader can read it differently.

/// `value; name=text; name="text"`. The extended notation is accepted for file names only: elsewhere,
/// readers differ about what it overrides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    /// What stands before the first semicolon, in lower case.
    pub(super) value: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// `None` when the value is malformed or names a parameter twice.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (value, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let mut parsed = Self {
            value: value.trim().to_ascii_lowercase(),
            pairs: Vec::new(),
        };
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return Some(parsed);
            }
            let (name, after) = rest.split_once('=')?;
            let (text, after) = match after.strip_prefix('"') {
                Some(quoted) => unquote(quoted)?,
                None => bare(after)?,
            };
            parsed.insert(name, text)?;
            let after = after.trim_start();
            rest = match after.strip_prefix(';') {
                Some(rest) => rest,
                None if after.is_empty() => "",
                None => return None,
            };
        }
    }

    /// The text of a parameter; names are in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }

    fn insert(&mut self, name: &str, text: String) -> Option<()> {
        let name = name.to_ascii_lowercase();
        let is_token = !name.is_empty() && name.bytes().all(is_token_byte);
        let is_extended = name.contains('*') && !name.starts_with("filename*");
        if !is_token || is_extended || self.get(&name).is_some() {
            return None;
        }
        self.pairs.push((name, text));
        Some(())
    }
}

/// Up to the closing quote. A backslash takes the meaning from a quote or another backslash only.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((plain, text.get(index + 1..)?)),
            '\\' => {
                let special = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                plain.push(special.map_or('\\', |(_, next)| next));
            }
            other => plain.push(other),
        }
    }
    None
}

fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.bytes().take_while(|byte| is_token_byte(*byte)).count();
    let (token, rest) = text.split_at_checked(end)?;
    (!token.is_empty()).then(|| (token.to_owned(), rest))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
