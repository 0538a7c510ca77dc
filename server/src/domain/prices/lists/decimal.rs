//! JSON numbers as integers, without floats.

use serde_json::value::RawValue;

/// More decimal places than this are not a price.
const MAX_EXPONENT: i32 = 40;

/// A JSON number times ten to a power, rounded half up; `None` for anything else, negative numbers and those beyond the
/// type. Lists have numbers such as `1.25e-06` and `1.2999999999999998e-07`.
pub(super) fn scaled(json: &RawValue, power: i32) -> Option<i64> {
    let text = json.get();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let places = i32::try_from(fraction.len()).ok()?;
    let digits = format!("{whole}{fraction}");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: i128 = digits.parse().ok()?;
    let exponent = exponent.checked_add(power)?.checked_sub(places)?;
    if exponent.abs() > MAX_EXPONENT {
        return (digits == 0).then_some(0);
    }
    let scale = 10_i128.checked_pow(exponent.unsigned_abs());
    let scaled = match scale {
        Some(scale) if exponent >= 0 => digits.checked_mul(scale)?,
        Some(scale) => digits.checked_add(scale / 2)? / scale,
        // Far below the last place.
        None if exponent < 0 => 0,
        None => return (digits == 0).then_some(0),
    };
    i64::try_from(scaled).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_exactly_and_rounded_once() {
        for (text, power, expected) in [
            ("1.25e-06", 15, Some(1_250_000_000)),
            ("1.2999999999999998e-07", 15, Some(130_000_000)),
            ("0.000003", 15, Some(3_000_000_000)),
            ("0.075", 9, Some(75_000_000)),
            ("2", 9, Some(2_000_000_000)),
            ("0", 9, Some(0)),
            ("0.0", 15, Some(0)),
            ("0e99", 15, Some(0)),
            ("4e-10", 9, Some(0)),
            ("5e-10", 9, Some(1)),
            ("1e-39", 0, Some(0)),
            ("-1", 9, None),
            ("1e30", 9, None),
            ("1e999999999999", 9, None),
            ("\"2\"", 9, None),
            ("null", 9, None),
            ("[2]", 9, None),
        ] {
            let json = RawValue::from_string(text.to_owned()).unwrap();
            assert_eq!(scaled(&json, power), expected, "{text}");
        }
    }
}
