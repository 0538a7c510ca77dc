//! The bound that a request sets on its answer, in the members that its endpoint reads.

use crate::json::{Container, Key, Text};
use crate::tokens::parse_count;

/// The greatest credible bound, in tokens.
const MAX_BOUND: u64 = 100_000_000;

/// Which members of a body bound the answer. The engine drops the bound of another protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoundForm {
    /// `max_tokens` or `max_completion_tokens`. The engine converts a body with `input` or `instructions` and without
    /// `messages` as a request of the Responses API.
    Chat,
    /// `max_tokens`.
    Completions,
    /// `max_output_tokens`.
    Responses,
    /// `max_tokens`.
    Messages,
    /// `generationConfig.maxOutputTokens`.
    Gemini,
    /// Only the number of images.
    Images,
    /// Only the seconds of a video, as `seconds` or `duration`.
    Videos,
    /// Nothing bounds the answer.
    #[default]
    Nothing,
}

/// The upper limit of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Of each choice; the greatest of several numbers. `None` when the request has no number.
    pub max_output_tokens: Option<u64>,
    /// The number of alternative answers; at least one.
    pub choices: u64,
    /// The length of an ordered video; `None` where the request names none.
    pub video_seconds: Option<u64>,
    /// Whether all parsers read the same number: false when a member is repeated, is no positive integer, or comes with
    /// another spelling of its name. An uncertain bound is for estimates only.
    pub is_certain: bool,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            max_output_tokens: None,
            choices: 1,
            video_seconds: None,
            is_certain: true,
        }
    }
}

/// A member that affects the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    N,
    BestOf,
    GenerationConfig,
    /// Inside `generationConfig`.
    ConfigMaxOutputTokens,
    /// Inside `generationConfig`.
    CandidateCount,
    Messages,
    Input,
    Instructions,
    Seconds,
    Duration,
}

const MEMBERS: usize = 13;

/// Numeric members at the top level, in lower case without underscores.
const TOP: [(Member, &str); 6] = [
    (Member::MaxTokens, "maxtokens"),
    (Member::MaxCompletionTokens, "maxcompletiontokens"),
    (Member::MaxOutputTokens, "maxoutputtokens"),
    (Member::N, "n"),
    (Member::BestOf, "bestof"),
    (Member::GenerationConfig, "generationconfig"),
];
const IN_CONFIG: [(Member, &str); 2] = [
    (Member::ConfigMaxOutputTokens, "maxoutputtokens"),
    (Member::CandidateCount, "candidatecount"),
];

impl Member {
    fn at(path: &[Key]) -> Option<Self> {
        Some(match path {
            [Key::MaxTokens] => Self::MaxTokens,
            [Key::MaxCompletionTokens] => Self::MaxCompletionTokens,
            [Key::MaxOutputTokens] => Self::MaxOutputTokens,
            [Key::N] => Self::N,
            [Key::BestOf] => Self::BestOf,
            [Key::GenerationConfig] => Self::GenerationConfig,
            [Key::GenerationConfig, Key::MaxOutputTokensCamel] => Self::ConfigMaxOutputTokens,
            [Key::GenerationConfig, Key::CandidateCount] => Self::CandidateCount,
            [Key::Messages] => Self::Messages,
            [Key::Input] => Self::Input,
            [Key::Instructions] => Self::Instructions,
            [Key::Seconds] => Self::Seconds,
            [Key::Duration] => Self::Duration,
            _ => return None,
        })
    }

    fn is_number(self) -> bool {
        !matches!(
            self,
            Self::GenerationConfig | Self::Messages | Self::Input | Self::Instructions
        )
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Collects the members that affect the bound.
#[derive(Clone, Debug, Default)]
pub(super) struct BoundReader {
    form: BoundForm,
    numbers: [Option<u64>; MEMBERS],
    seen: u16,
    uncertain: u16,
}

impl BoundReader {
    pub(super) fn new(form: BoundForm) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    /// Whether to read the string at this path: it may be a number in quotes.
    pub(super) fn reads(path: &[Key]) -> bool {
        Member::at(path).is_some_and(Member::is_number)
    }

    /// Notes a key of the object at this path.
    pub(super) fn key(&mut self, object: &[Key], text: &Text) {
        let names: &[(Member, &str)] = match object {
            [] => &TOP,
            [Key::GenerationConfig] => &IN_CONFIG,
            _ => return,
        };
        if text.is_ambiguous() {
            self.uncertain = u16::MAX;
        }
        let Some(name) = text.whole() else {
            return;
        };
        let exact = match object {
            [] => Member::at(&[Key::of(text)]),
            [config, ..] => Member::at(&[*config, Key::of(text)]),
        };
        if let Some(member) = exact {
            // Of a repeated member, some parsers take the first, others the last.
            self.uncertain |= self.seen & member.bit();
            self.seen |= member.bit();
        } else if let Some((member, _)) = names.iter().find(|(_, known)| resembles(name, known)) {
            self.uncertain |= member.bit();
        }
    }

    /// Notes a number, a literal or a string.
    pub(super) fn scalar(&mut self, path: &[Key], text: &Text, is_quoted: bool) {
        let Some(member) = Member::at(path).filter(|member| member.is_number()) else {
            return;
        };
        let certain = plain_integer(text.whole().unwrap_or_default()).filter(|_| !is_quoted);
        if certain.is_none() {
            self.uncertain |= member.bit();
        }
        let guess = || text.as_str().and_then(parse_count)?.try_into().ok();
        if let Some(number) = self.numbers.get_mut(member as usize) {
            *number = (*number).max(certain.or_else(guess));
        }
    }

    /// Notes that a value is an object or an array.
    pub(super) fn opened(&mut self, path: &[Key], container: Container) {
        let Some(member) = Member::at(path) else {
            return;
        };
        let is_valid = if member == Member::GenerationConfig {
            container == Container::Object
        } else {
            !member.is_number()
        };
        if !is_valid {
            self.uncertain |= member.bit();
        }
    }

    pub(super) fn bound(&self) -> Bound {
        let (tokens, choices) = self.relevant();
        let uncertain = self.uncertain & bits(tokens.iter().chain(choices)) != 0 || self.is_mixed();
        let greatest = |members: &[Member]| {
            members
                .iter()
                .filter_map(|member| self.number(*member))
                .max()
        };
        Bound {
            max_output_tokens: greatest(tokens),
            choices: greatest(choices).unwrap_or(1).max(1),
            video_seconds: greatest(&[Member::Seconds, Member::Duration])
                .filter(|_| self.form == BoundForm::Videos),
            is_certain: !uncertain,
        }
    }

    /// The members that bound the tokens, and those that multiply them.
    fn relevant(&self) -> (&'static [Member], &'static [Member]) {
        const OPENAI_CHOICES: [Member; 2] = [Member::N, Member::BestOf];
        match self.form {
            BoundForm::Chat if self.is_converted() => (&[Member::MaxOutputTokens], &[]),
            BoundForm::Chat => (
                &[Member::MaxTokens, Member::MaxCompletionTokens],
                &OPENAI_CHOICES,
            ),
            BoundForm::Completions => (&[Member::MaxTokens], &OPENAI_CHOICES),
            BoundForm::Responses => (&[Member::MaxOutputTokens], &[]),
            BoundForm::Messages => (&[Member::MaxTokens], &[]),
            BoundForm::Gemini => (
                &[Member::ConfigMaxOutputTokens, Member::GenerationConfig],
                &[Member::CandidateCount],
            ),
            BoundForm::Images => (&[], &[Member::N]),
            BoundForm::Videos | BoundForm::Nothing => (&[], &[]),
        }
    }

    /// Whether the engine converts a chat request as one of the Responses API.
    fn is_converted(&self) -> bool {
        let has = |member: Member| self.seen & member.bit() != 0;
        !has(Member::Messages) && (has(Member::Input) || has(Member::Instructions))
    }

    /// Whether a body of another protocol has Gemini's configuration: the engine forwards it to Gemini.
    fn is_mixed(&self) -> bool {
        let has_config = (self.seen | self.uncertain) & Member::GenerationConfig.bit() != 0;
        let has_own = !matches!(
            self.form,
            BoundForm::Gemini | BoundForm::Images | BoundForm::Videos | BoundForm::Nothing
        );
        has_own && has_config
    }

    fn number(&self, member: Member) -> Option<u64> {
        self.numbers.get(member as usize).copied().flatten()
    }
}

fn bits<'a>(members: impl Iterator<Item = &'a Member>) -> u16 {
    members.fold(0, |bits, member| bits | member.bit())
}

/// A positive integer that all parsers read alike: only digits, without a leading zero.
pub(super) fn plain_integer(text: &[u8]) -> Option<u64> {
    let is_plain = matches!(text, [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit));
    let number: u64 = std::str::from_utf8(text)
        .ok()
        .filter(|_| is_plain)?
        .parse()
        .ok()?;
    (number <= MAX_BOUND).then_some(number)
}

/// Whether a name equals a known one but for case and underscores.
pub(super) fn resembles(name: &[u8], known: &str) -> bool {
    let letters = name.iter().filter(|byte| **byte != b'_');
    letters.map(u8::to_ascii_lowercase).eq(known.bytes())
}
