//! US dollars as integer nano-dollars, so that sums are exact.

/// A dollar in nano-dollars.
pub const DOLLAR: i64 = 1_000_000_000;
const DECIMALS: usize = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseUsdError {
    #[error("write an amount of US dollars as \"1.25\"")]
    Malformed,
    #[error("an amount of US dollars has at most 9 decimals")]
    TooFine,
    #[error("this amount of US dollars is too large")]
    TooLarge,
}

/// Reads an amount such as `1.25` or `-3` exactly, as nano-dollars.
pub fn parse(text: &str) -> Result<i64, ParseUsdError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(ParseUsdError::Malformed);
    }
    if fraction.len() > DECIMALS {
        return Err(ParseUsdError::TooFine);
    }
    let nanos: i64 = format!("{fraction:0<DECIMALS$}")
        .parse()
        .map_err(|_| ParseUsdError::Malformed)?;
    whole
        .parse::<i64>()
        .ok()
        .and_then(|whole| whole.checked_mul(DOLLAR)?.checked_add(nanos))
        .map(|amount| sign * amount)
        .ok_or(ParseUsdError::TooLarge)
}

/// Formats nano-dollars as dollars, exactly and without trailing zeros.
pub fn print(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let dollar = DOLLAR.unsigned_abs();
    let text = format!("{sign}{}.{:09}", size / dollar, size % dollar);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_to_the_last_decimal() {
        for (text, nanos) in [
            ("0", 0),
            ("3", 3_000_000_000),
            ("007.50", 7_500_000_000),
            ("0.01875", 18_750_000),
            ("0.000000001", 1),
            ("-1.5", -1_500_000_000),
            ("9223372036.854775807", i64::MAX),
        ] {
            assert_eq!(parse(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn an_invalid_amount_is_rejected() {
        for text in [
            "", "-", ".5", "1.", "1.-5", "+1", "1e3", "1,5", "$1", "NaN", " 1", "1.2.3", "٣",
        ] {
            assert_eq!(parse(text), Err(ParseUsdError::Malformed), "{text}");
        }
        assert_eq!(parse("0.0000000001"), Err(ParseUsdError::TooFine));
        for text in ["9223372036.854775808", "99999999999999999999"] {
            assert_eq!(parse(text), Err(ParseUsdError::TooLarge), "{text}");
        }
    }

    #[test]
    fn amounts_are_formatted_without_trailing_zeros() {
        for (nanos, text) in [
            (0, "0"),
            (DOLLAR, "1"),
            (10 * DOLLAR, "10"),
            (18_750_000, "0.01875"),
            (-1, "-0.000000001"),
            (i64::MIN, "-9223372036.854775808"),
        ] {
            assert_eq!(print(nanos), text);
        }
    }

    proptest! {
        #[test]
        fn a_formatted_amount_parses_to_itself(nanos in i64::MIN + 1..) {
            prop_assert_eq!(parse(&print(nanos)), Ok(nanos));
        }
    }
}
