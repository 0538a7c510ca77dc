//! The struct of a table of settings with its defaults and the check of its ranges.

use std::{fmt::Write as _, ops::RangeInclusive};

use super::{Error, Result};

/// Makes of each row `name: type = default, in low..=high or off;` a field, its default and its check. The range is
/// optional, and so is the value outside of it that is allowed too. The documentation of a row is its description in
/// the API and must therefore name the unit.
macro_rules! define_settings {
    (
        $(#[$($attribute:tt)*])* struct $settings:ident;
        $(
            $(#[$($doc:tt)*])*
            $name:ident: $type:ty = $default:expr
            $(, in $low:literal..=$high:literal $(or $off:literal)?)?;
        )*
    ) => {
        $(#[$($attribute)*])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $settings {
            $($(#[$($doc)*])* pub $name: $type,)*
        }

        impl Default for $settings {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl $settings {
            pub(super) fn check_ranges(&self) -> $crate::domain::settings::Result<()> {
                use $crate::domain::settings::define::check_range;
                $($(
                    let or: &[u64] = &[$($off)?];
                    check_range(stringify!($name), self.$name.into(), $low..=$high, or)?;
                )?)*
                Ok(())
            }
        }
    };
}

pub(super) use define_settings;

/// Checks that a setting has a value of its range or one of the others that are allowed.
pub(super) fn check_range(
    name: &str,
    value: u64,
    range: RangeInclusive<u64>,
    or: &[u64],
) -> Result<()> {
    if range.contains(&value) || or.contains(&value) {
        return Ok(());
    }
    let name = camel_case(name);
    let (low, high) = range.into_inner();
    let mut message = format!("{name} must be between {low} and {high}");
    for value in or {
        let _ = write!(message, ", or {value}");
    }
    Err(Error::BadInput(message))
}

/// The name in the API of a field.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(1);
        name + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_outside_of_its_range_is_refused_by_its_name_in_the_api() {
        let check = |minutes| check_range("account_check_minutes", minutes, 15..=1440, &[0]);

        assert!(
            [0, 15, 1440]
                .into_iter()
                .all(|minutes| check(minutes).is_ok())
        );
        for minutes in [1, 14, 1441] {
            assert_eq!(
                check(minutes).unwrap_err().to_string(),
                "accountCheckMinutes must be between 15 and 1440, or 0"
            );
        }
    }
}
