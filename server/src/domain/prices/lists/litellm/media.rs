//! Models of `LiteLLM`'s list that are priced by the image or by the second of video.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::Members, model, scaled};
use crate::domain::{
    Error, Result,
    prices::{Conditions, NewPrice, Rates},
};

/// From dollars to nano-USD.
const POWER: i32 = 9;
const SECONDS: &str = "output_cost_per_second";

/// The rate of an image or of a second of video.
#[derive(Clone, Copy)]
enum Unit {
    Image,
    VideoSecond,
}

/// The prices of these entries. Of the sizes of a model the dearest counts. Models whose images are priced by their tokens are
/// left out.
pub(super) fn read(entries: &[(&String, Members)]) -> Result<Vec<NewPrice>> {
    let by_tokens: BTreeSet<&str> = entries
        .iter()
        .filter(|(_, entry)| entry.keys().any(|key| is_output_of_tokens(key)))
        .map(|(name, _)| model(name))
        .collect();
    let mut rates: BTreeMap<&str, Rates> = BTreeMap::new();
    for (name, entry) in entries {
        for (key, value) in entry.iter().filter(|(_, value)| value.get() != "null") {
            let Some(unit) = unit(key, entry) else {
                continue;
            };
            let rate = scaled(value, POWER).ok_or_else(|| {
                Error::BadInput(format!("{key} must be a price that is not negative")).about(*name)
            })?;
            if !by_tokens.contains(model(name)) {
                let rates = rates.entry(model(name)).or_default();
                let known = match unit {
                    Unit::Image => &mut rates.per_image,
                    Unit::VideoSecond => &mut rates.per_video_second,
                };
                *known = (*known).max(Some(rate));
            }
        }
    }
    let prices = rates.into_iter().map(|(model, rates)| NewPrice {
        model_pattern: model.to_owned(),
        provider: None,
        effective_from: None,
        rates,
        conditions: Conditions::default(),
        source: None,
    });
    Ok(prices.collect())
}

fn is_output_of_tokens(key: &str) -> bool {
    matches!(key, "output_cost_per_token" | "output_cost_per_image_token")
}

/// The unit of a member. Some entries have the price of an image as one of input; in entries of videos that is the price of
/// a picture to begin with.
fn unit(key: &str, entry: &Members) -> Option<Unit> {
    let is_video = entry.keys().any(|key| key.starts_with(SECONDS));
    match key {
        "output_cost_per_image" => Some(Unit::Image),
        "input_cost_per_image" if !is_video && !entry.contains_key("output_cost_per_image") => {
            Some(Unit::Image)
        }
        "output_cost_per_video_per_second" => Some(Unit::VideoSecond),
        // Also with a resolution, such as `_720p`.
        key if key.starts_with(SECONDS) => Some(Unit::VideoSecond),
        _ => None,
    }
}
