//! The costs of requests at the bundled prices, against costs that were calculated by hand from published price lists.

use entity::price;

use super::*;
use crate::domain::{
    prices::{bundled, list::PriceList},
    tokens::MediaCounts,
};

const GOLDEN: &str = include_str!("golden.csv");

fn bundled_prices() -> PriceList {
    let table = bundled::table().unwrap();
    let now = table.begins();
    PriceList::new(bundled::missing(&table, &PriceList::default(), now).unwrap())
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

/// The working of a line: tokens times US dollars per million, in nano-USD.
fn working(text: &str) -> i64 {
    let products = text.split(" + ").map(|product| {
        let (tokens, dollars) = product.split_once('*').unwrap();
        i128::from(number(tokens)) * i128::from(crate::domain::usd::parse(dollars).unwrap())
    });
    rounded(products.sum())
}

#[test]
fn the_bundled_prices_give_the_costs_that_were_calculated_by_hand() {
    let prices = bundled_prices();
    let at = bundled::table().unwrap().begins();
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(lines.len() >= 60);
    for line in lines {
        let name = format!("{} {} {}", line[0], line[1], line[2]);
        let price: &price::Model = prices.find(line[1], None, at).expect(&name);
        let usage = PricedUsage {
            tokens: Tokens {
                input: number(line[3]),
                cache_read: number(line[4]),
                cache_write: number(line[5]) + number(line[6]),
                cache_write_1h: number(line[6]),
                output: number(line[7]),
                reasoning: number(line[8]),
                ..Tokens::default()
            },
            tier: ServiceTier::named(line[2]).unwrap(),
        };

        assert_eq!(cost(price, usage), number(line[9]), "{name}: {}", line[10]);
        assert_eq!(working(line[10]), number(line[9]), "{name}");
    }
}

#[test]
fn the_bundled_prices_of_images_and_videos_give_the_costs_that_were_calculated_by_hand() {
    let prices = bundled_prices();
    let at = bundled::table().unwrap().begins();

    for (model, images, video_seconds, cents) in [
        ("grok-imagine-image", 1, 0, 2),
        ("grok-imagine-image-2026-03-02", 4, 0, 8),
        ("grok-imagine-image-quality", 3, 0, 15),
        ("grok-imagine-image-2.0", 10, 0, 60),
        ("grok-imagine-video", 0, 15, 105),
        ("grok-imagine-video-1.5", 0, 4, 100),
        ("grok-imagine-video-1.5-preview", 0, 1, 25),
        ("grok-imagine-video-1.5-lite", 0, 8, 112),
    ] {
        let price = prices.find(model, None, at).expect(model);
        let tokens = Tokens {
            // Estimated, because answers report none.
            input: 900,
            output: 4000,
            media: MediaCounts {
                images,
                video_seconds,
            },
            ..Tokens::default()
        };
        let usage = PricedUsage {
            tokens,
            tier: ServiceTier::Standard,
        };
        let expected = cents * crate::domain::usd::DOLLAR / 100;

        assert_eq!(cost(price, usage), expected, "{model}");
        assert_eq!(
            max_cost(price, tokens, &ServiceTier::ALL),
            expected,
            "{model}"
        );
    }
}
