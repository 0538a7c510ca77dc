//! Published price lists: downloads one within bounds, verifies its checksum and compares it with the stored prices.

mod download;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use url::Url;

pub use self::download::check_address;
use self::download::get;
use crate::{
    clock::SharedClock,
    domain::{
        Error, Result,
        audit::AuditContext,
        prices::{Imported, PriceTable, PriceUpdate, Prices},
    },
    notify::Addresses,
};

/// Longer lists are refused, in bytes.
pub const MAX_LIST: usize = 8 * 1024 * 1024;
/// Longer checksum files are refused, in bytes.
const MAX_CHECKSUM: usize = 1024;

/// The price list that the operator configured. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PriceFeed {
    prices: Prices,
    clock: SharedClock,
    /// `None` if there is none.
    address: Option<Url>,
    addresses: Addresses,
    /// Held while a list is downloaded, so that many checks are one after the other.
    turn: Arc<Mutex<()>>,
}

impl PriceFeed {
    /// `addresses` are those that redirects may lead to.
    pub fn new(
        prices: Prices,
        clock: SharedClock,
        address: Option<Url>,
        addresses: Addresses,
    ) -> Self {
        Self {
            prices,
            clock,
            address,
            addresses,
            turn: Arc::default(),
        }
    }

    /// The changes that the list would make now; `None` if no list is configured.
    pub async fn check(&self) -> Result<Option<PriceUpdate>> {
        let Some(address) = &self.address else {
            return Ok(None);
        };
        let table = self.download(address).await?;
        self.prices.compare(&table).map(Some)
    }

    /// Downloads the list again and stores the changes that were approved, by their digest.
    pub async fn apply(&self, context: &AuditContext, digest: &str) -> Result<Imported> {
        let Some(address) = &self.address else {
            return Err(Error::bad_input(
                "no price list is configured; start the server with its address in PRICE_LIST_URL",
            ));
        };
        let table = self.download(address).await?;
        self.prices.update(context, &table, digest).await
    }

    async fn download(&self, address: &Url) -> Result<PriceTable> {
        let _turn = self.turn.lock().await;
        let text = download(&self.addresses, address, None).await?;
        PriceTable::read_any(&text, Some(self.clock.now().date_naive()))
    }
}

/// Downloads a list and verifies its SHA-256: the given one, or that of the file with `.sha256` after the list's name.
pub async fn download(addresses: &Addresses, url: &Url, sha256: Option<&str>) -> Result<String> {
    let failed =
        |error: String| Error::Provider(format!("cannot download the price list: {error}"));
    check_address(url).map_err(Error::BadInput)?;
    let list = get(addresses, url, MAX_LIST).await.map_err(failed)?;
    let expected = if let Some(sha256) = sha256 {
        sha256.to_owned()
    } else {
        let mut beside = url.clone();
        beside.set_path(&format!("{}.sha256", url.path()));
        let file = get(addresses, &beside, MAX_CHECKSUM).await;
        let file = file.map_err(|error| {
            Error::Provider(format!(
                "cannot download the checksum of the price list: {error}"
            ))
        })?;
        String::from_utf8_lossy(&file).into_owned()
    };
    verified(list, &expected)
}

/// The text of a list with this SHA-256. The checksum may be followed by a file name, as `sha256sum` prints it.
pub fn verified(list: Vec<u8>, sha256: &str) -> Result<String> {
    let expected = sha256.split_whitespace().next().unwrap_or_default();
    if expected.len() != 64 || !expected.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::bad_input(
            "the checksum of the price list must be a SHA-256 of 64 hexadecimal digits",
        ));
    }
    let actual = hex::encode(Sha256::digest(&list));
    if !actual.eq_ignore_ascii_case(expected) {
        return Err(Error::BadInput(format!(
            "the price list has the SHA-256 {actual}, but {expected} was expected; nothing was stored"
        )));
    }
    String::from_utf8(list).map_err(|_| Error::bad_input("the price list is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_accepted_with_its_checksum_only() {
        let sum = hex::encode(Sha256::digest(b"{}"));
        let list = || b"{}".to_vec();

        assert_eq!(verified(list(), &sum).unwrap(), "{}");
        assert_eq!(
            verified(list(), &format!("{sum}  prices.json\n")).unwrap(),
            "{}"
        );
        assert_eq!(verified(list(), &sum.to_uppercase()).unwrap(), "{}");
        for wrong in ["", "abc", &"0".repeat(64), &"x".repeat(64)] {
            assert!(verified(list(), wrong).is_err(), "{wrong}");
        }
    }
}
