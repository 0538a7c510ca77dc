//! The weight of requests.

use serde::{Deserialize, Serialize};

use crate::number::bounded;

/// No account uses more in the time that is kept.
const MAX_UNITS: f64 = 1e12;

/// An amount of use. One unit is what one US dollar buys at the list prices of the provider's API. Cache reads are apart,
/// because subscriptions count them differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// Everything but cache reads.
    pub fresh: f64,
    pub cache: f64,
}

impl Units {
    pub fn total(self) -> f64 {
        self.fresh + self.cache
    }

    /// The sum; corrections may subtract.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            fresh: sum(self.fresh, other.fresh),
            cache: sum(self.cache, other.cache),
        }
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self {
            fresh: -other.fresh,
            cache: -other.cache,
        })
    }

    /// Without negative parts.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        Self {
            fresh: bounded(self.fresh, 0.0, MAX_UNITS),
            cache: bounded(self.cache, 0.0, MAX_UNITS),
        }
    }

    pub fn is_zero(self) -> bool {
        self.total().abs() < 1e-12
    }
}

/// Numbers that are not finite count as 0.
fn sum(one: f64, other: f64) -> f64 {
    let finite = |number: f64| if number.is_finite() { number } else { 0.0 };
    bounded(finite(one) + finite(other), -MAX_UNITS, MAX_UNITS)
}
