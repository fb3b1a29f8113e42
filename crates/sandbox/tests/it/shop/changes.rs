//! Editing the shop from a test or a demo.

use std::collections::BTreeSet;

use sandbox::shop::{ChangeSpec, Clock, Kind, Shop, ShopSpec};

const NOW: &str = "2026-06-01T12:00:00";

fn shop() -> Shop {
    let clock = Clock::at(NOW).unwrap();
    Shop::generate(&ShopSpec { products: 200, customers: 40, orders: 150, clock, ..ShopSpec::default() })
}

const CHANGES: ChangeSpec = ChangeSpec { seed: 4, products: 10, customers: 5, orders: 12 };

#[test]
fn every_changed_record_is_named_and_carries_a_new_date() {
    let (before, after) = (shop(), shop());
    let changed = after.change(&CHANGES);
    assert_eq!((changed.products.len(), changed.customers.len(), changed.orders.len()), (10, 5, 12));
    let named = |kind: Kind, ids: &[u64]| ids.iter().map(move |id| (kind, *id)).collect::<Vec<_>>();
    let mut known: BTreeSet<(Kind, u64)> = changed.created.iter().chain(&changed.also).copied().collect();
    known.extend(named(Kind::Product, &changed.products));
    known.extend(named(Kind::Customer, &changed.customers));
    known.extend(named(Kind::Order, &changed.orders));
    let mut different = BTreeSet::new();
    for kind in Kind::ALL {
        for id in after.ids(kind) {
            let record = after.get(kind, id);
            if record != before.get(kind, id) {
                different.insert((kind, id));
            }
        }
    }
    let unnamed: Vec<_> = different.difference(&known).collect();
    assert!(unnamed.is_empty(), "changed but not named: {unnamed:?}");
    for (kind, ids) in [
        (Kind::Product, &changed.products),
        (Kind::Customer, &changed.customers),
        (Kind::Order, &changed.orders),
    ] {
        for id in ids {
            assert!(different.contains(&(kind, *id)), "{kind:?} {id} is named but the same");
            assert_eq!(after.get(kind, *id).unwrap()["date_modified_gmt"], NOW, "{kind:?} {id}");
        }
    }
}

#[test]
fn the_same_changes_of_the_same_shop_are_the_same() {
    let (one, two) = (shop(), shop());
    assert_eq!(one.change(&CHANGES), two.change(&CHANGES));
    for kind in Kind::ALL {
        assert_eq!(one.ids(kind), two.ids(kind));
        one.ids(kind).into_iter().for_each(|id| assert_eq!(one.get(kind, id), two.get(kind, id)));
    }
}

#[test]
fn changes_bring_a_status_a_line_more_and_a_line_less() {
    let (before, after) = (shop(), shop());
    let changed = after.change(&ChangeSpec { orders: 60, ..CHANGES });
    let lines = |shop: &Shop, id: u64| {
        shop.get(Kind::Order, id).unwrap()["line_items"].as_array().unwrap().len() as i64
    };
    let status = |shop: &Shop, id: u64| shop.get(Kind::Order, id).unwrap()["status"].clone();
    let more: Vec<i64> = changed.orders.iter().map(|&id| lines(&after, id) - lines(&before, id)).collect();
    assert!(more.contains(&1) && more.contains(&-1), "{more:?}");
    assert!(changed.orders.iter().any(|&id| status(&before, id) != status(&after, id)));
    let kinds: Vec<Kind> = changed.created.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [Kind::Product, Kind::Customer, Kind::Order]);
}

#[test]
fn a_record_can_be_put_and_deleted() {
    let shop = shop();
    let id = shop.ids(Kind::Product)[3];
    let mut record = shop.get(Kind::Product, id).unwrap();
    record["name"] = "Another name".into();
    assert!(shop.put(Kind::Product, record));
    assert_eq!(shop.get(Kind::Product, id).unwrap()["name"], "Another name");
    assert!(shop.delete(Kind::Product, id));
    assert!(!shop.delete(Kind::Product, id), "a record was deleted twice");
    assert_eq!((shop.get(Kind::Product, id), shop.ids(Kind::Product).len()), (None, 199));
}
