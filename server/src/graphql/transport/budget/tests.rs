//! Budgets are spent, come back, and are each caller's own.

use futures_util::FutureExt as _;

use super::*;

fn user() -> Payer {
    Payer::User(Uuid::now_v7())
}

#[test]
fn a_budget_is_spent_and_comes_back() {
    let (budgets, ada, eve) = (Budgets::default(), Some(user()), Some(user()));
    let (start, later) = (Duration::ZERO, Duration::from_secs(3));

    assert!(budgets.pay_at(ada, 200_000, start).is_ok());
    let refused = budgets.pay_at(ada, 10_000, start);
    let Err(Error::RateLimited { retry_after }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after, later);
    assert!(budgets.pay_at(eve, 10_000, start).is_ok());
    assert!(budgets.pay_at(ada, 10_000, later).is_ok());
    assert!(budgets.pay_at(None, u64::MAX, start).is_ok());
}

#[tokio::test]
async fn queries_of_one_caller_wait_for_each_other_and_not_for_those_of_others() {
    let (budgets, ada, eve) = (Budgets::default(), Some(user()), Some(user()));

    let first = budgets.turn(ada).await.unwrap();
    let second = budgets.turn(ada).await.unwrap();
    assert!(budgets.turn(ada).now_or_never().is_none());
    assert!(budgets.turn(eve).await.unwrap().is_some());
    drop((first, second));
    assert!(budgets.turn(ada).await.unwrap().is_some());
    assert!(budgets.turn(None).await.unwrap().is_none());
}

#[test]
fn callers_are_remembered_within_bounds() {
    let budgets = Budgets::default();

    for number in 0..u32::try_from(CALLERS).unwrap() + 10 {
        let address = IpAddr::V4(std::net::Ipv4Addr::from(number));
        let payer = Payer::of(&Viewer::Anonymous, Some(address));
        budgets.pay_for_operation(payer).unwrap();
    }

    assert!(budgets.callers.lock().unwrap().len() <= CALLERS + 1);
}

#[test]
fn addresses_of_one_network_share_a_budget() {
    let payer = |text: &str| Payer::of(&Viewer::Anonymous, Some(text.parse().unwrap()));

    assert_eq!(payer("2001:db8:1:2::1"), payer("2001:db8:1:2:ffff::9"));
    assert_ne!(payer("2001:db8:1:2::1"), payer("2001:db8:1:3::1"));
    assert_eq!(payer("::ffff:192.0.2.1"), payer("192.0.2.1"));
    assert_ne!(payer("192.0.2.1"), payer("192.0.2.2"));
}
