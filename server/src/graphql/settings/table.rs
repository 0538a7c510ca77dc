//! The GraphQL types of a table of settings of the domain.

use async_graphql::Enum;

use crate::{
    domain::settings,
    graphql::{
        resolver::error::Result,
        types::{
            rate_limit::{RateLimit, RateLimitInput},
            scalar::{BigInt, int},
        },
    },
};

/// How to continue a request whose client disconnects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::AbortPolicy")]
pub(super) enum AbortPolicy {
    /// Read the rest of the response up to the usage report, within limits.
    Drain,
    /// Abort the request and settle the usage seen so far.
    Cancel,
}

/// The order in which accounts of the same priority are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::RoutingStrategy")]
pub(super) enum RoutingStrategy {
    /// In turn.
    RoundRobin,
    /// In turn, in proportion to the accounts' weights.
    Weighted,
    /// The first until it cannot serve a request, then the next.
    FillFirst,
}

/// The order in which accounts with engine processes of their own are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "settings::AccountStrategy")]
pub(super) enum AccountStrategy {
    /// The one of which most is left of its fullest usage window.
    MostLeft,
    /// In turn.
    RoundRobin,
    /// The oldest until it cannot serve a request, then the next.
    FillFirst,
    /// The one whose usage window resets first, so that nothing of it is lost.
    SoonestReset,
}

/// A type of settings in GraphQL.
pub(super) trait SettingValue {
    type Output;
    type Input;

    fn output(&self) -> Self::Output;

    /// Changes the setting. Only the form of the input is checked here, not its range.
    fn apply(&mut self, input: Self::Input) -> Result<()>;
}

/// Implements [`SettingValue`] from how a value is shown and how an input becomes a value.
macro_rules! setting_value {
    ($type:ty: $output:ty = $show:expr, $input:ty = $read:expr) => {
        impl SettingValue for $type {
            type Output = $output;
            type Input = $input;

            fn output(&self) -> Self::Output {
                $show(*self)
            }

            fn apply(&mut self, input: Self::Input) -> Result<()> {
                *self = $read(input)?;
                Ok(())
            }
        }
    };
}

setting_value!(bool: bool = bool::from, bool = Result::Ok);
setting_value!(u32: i32 = int, u32 = Result::Ok);
setting_value!(u64: BigInt = BigInt::from, BigInt = BigInt::count);
setting_value!(entity::RateLimit: RateLimit = RateLimit::from, RateLimitInput = RateLimitInput::read);
setting_value!(
    settings::AbortPolicy: AbortPolicy = AbortPolicy::from,
    AbortPolicy = |input: AbortPolicy| Result::Ok(input.into())
);
setting_value!(
    settings::RoutingStrategy: RoutingStrategy = RoutingStrategy::from,
    RoutingStrategy = |input: RoutingStrategy| Result::Ok(input.into())
);

setting_value!(
    settings::AccountStrategy: AccountStrategy = AccountStrategy::from,
    AccountStrategy = |input: AccountStrategy| Result::Ok(input.into())
);

/// Makes the object and the input object of a table of settings. The input names the allowed values.
macro_rules! graphql_settings {
    (
        $(#[$($object_doc:tt)*])* object $object:ident of $settings:ty;
        $(#[$($input_doc:tt)*])* input $input:ident;
        $(
            $(#[$($doc:tt)*])*
            $name:ident: $type:ty = $default:expr
            $(, in $low:literal..=$high:literal $(or $off:literal)?)?;
        )*
    ) => {
        $(#[$($object_doc)*])*
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $object {
            $($(#[$($doc)*])* $name: <$type as SettingValue>::Output,)*
        }

        $(#[$($input_doc)*])*
        #[derive(async_graphql::InputObject)]
        pub(crate) struct $input {
            $(
                $(#[$($doc)*])*
                $(#[doc = concat!("Allowed: ", $low, " to ", $high, $(", or ", $off,)? ".")])?
                $name: Option<<$type as SettingValue>::Input>,
            )*
        }

        impl SettingValue for $settings {
            type Output = $object;
            type Input = $input;

            fn output(&self) -> Self::Output {
                $object { $($name: self.$name.output(),)* }
            }

            fn apply(&mut self, input: Self::Input) -> $crate::graphql::resolver::error::Result<()> {
                $(
                    if let Some(value) = input.$name {
                        self.$name.apply(value)?;
                    }
                )*
                Ok(())
            }
        }
    };
}

pub(super) use graphql_settings;
