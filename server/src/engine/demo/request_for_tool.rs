//! Detects messages that request a tool call. Coding agents name their tools in nearly every message, so only a message
//! that contains nothing else counts.

/// The tool of a message that consists of "call the tool NAME".
pub(super) fn requested_tool(message: &str) -> Option<&str> {
    let mut words: Vec<&str> = message.split_whitespace().collect();
    if words
        .last()
        .is_some_and(|word| is(word, &["please", "now"]))
    {
        words.pop();
    }
    let mut words = words.into_iter().peekable();
    words.next_if(|word| is(word, &["please"]));
    words.next_if(|word| is(word, &["call", "use", "run", "invoke"]))?;
    words.next_if(|word| is(word, &["the"]));
    words.next_if(|word| is(word, &["tool", "function"]));
    let name = words.next()?;
    words.next_if(|word| is(word, &["tool", "function"]));
    words.next().is_none().then(|| bare(name))
}

fn is(word: &str, expected: &[&str]) -> bool {
    let word = bare(word);
    expected
        .iter()
        .any(|expected| word.eq_ignore_ascii_case(expected))
}

/// Without quotes and punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|character| "\"'`.,!".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_only_asks_for_a_tool_names_it() {
        for message in [
            "call get_weather",
            "Please call get_weather.",
            "call the tool get_weather",
            "use the `get_weather` tool, please",
            " Run the function \"get_weather\" now! ",
        ] {
            assert_eq!(requested_tool(message), Some("get_weather"), "{message}");
        }
    }

    #[test]
    fn a_message_with_other_text_names_none() {
        for message in [
            "",
            "get_weather",
            "call",
            "What is the weather? You may call get_weather.",
            "call get_weather and then Read",
            "<system-reminder>use the Read tool</system-reminder> hello",
            "Do not call get_weather",
        ] {
            assert_eq!(requested_tool(message), None, "{message}");
        }
    }
}
