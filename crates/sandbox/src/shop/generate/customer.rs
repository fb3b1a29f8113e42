//! Customers and addresses.

use serde_json::{Value, json};

use super::super::dates;
use super::super::dice::Dice;
use super::super::spec::Settings;
use super::words::{COMPANIES, PEOPLE, PLACES};
use super::{Catalog, DAY, FIRST_USER, START};

const SALT: u64 = 3;

/// A person with an address, as billing blocks carry it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) email: String,
    pub(super) company: &'static str,
    pub(super) place: [&'static str; 5],
    pub(super) phone: String,
}

impl Person {
    /// `number` makes the mail address unique.
    pub(super) fn new(dice: &mut Dice, number: u64) -> Person {
        let (first, last, mail) = *dice.pick(&PEOPLE);
        Person {
            first,
            last,
            email: format!("{mail}.{number}@mail.example"),
            company: if dice.chance(12) { dice.pick::<&'static str>(&COMPANIES) } else { "" },
            place: dice.weighted(&PLACES),
            phone: if dice.chance(85) {
                format!("+9665{:08}", dice.below(100_000_000))
            } else {
                String::new()
            },
        }
    }

    /// `billing` of a customer or an order.
    pub(super) fn billing(&self) -> Value {
        let [street, city, state, postcode, country] = self.place;
        json!({
            "first_name": self.first, "last_name": self.last, "company": self.company, "address_1": street,
            "address_2": "", "city": city, "state": state, "postcode": postcode, "country": country,
            "email": self.email, "phone": self.phone,
        })
    }

    /// `shipping`: the same place without mail address, or nothing at all.
    pub(super) fn shipping(&self, given: bool) -> Value {
        if !given {
            return no_address();
        }
        let [street, city, state, postcode, country] = self.place;
        json!({
            "first_name": self.first, "last_name": self.last, "company": self.company, "address_1": street,
            "address_2": "", "city": city, "state": state, "postcode": postcode, "country": country,
            "phone": self.phone,
        })
    }
}

/// A shipping address that nobody filled in: texts are empty, never null.
pub(super) fn no_address() -> Value {
    json!({
        "first_name": "", "last_name": "", "company": "", "address_1": "", "address_2": "", "city": "", "state": "",
        "postcode": "", "country": "", "phone": "",
    })
}

impl Catalog {
    /// The person behind a registered customer's index.
    pub(super) fn person(&self, index: u64) -> Person {
        Person::new(&mut Dice::new(self.seed, SALT, index), index)
    }

    pub(super) fn customer_id_at(&self, index: u64) -> u64 {
        FIRST_USER + index
    }

    pub(super) fn customer_count(&self) -> u64 {
        self.customers
    }

    /// The customer of an id that exists; user 1 is the administrator.
    pub(super) fn customer(&self, id: u64, settings: &Settings) -> Value {
        let Some(index) = id.checked_sub(FIRST_USER) else { return administrator(settings) };
        let person = self.person(index);
        let mut dice = Dice::new(self.seed, SALT + 100, index);
        let created = START + (index * 200 * DAY as u64 / self.customers.max(1)) as i64;
        let modified = created + dice.below(100 * DAY as u64) as i64;
        // Some registered with nothing but a mail address; of a few the shop never wrote a date of change.
        let (bare, undated) = (dice.chance(4), dice.chance(2));
        let mut record = json!({
            "id": id, "email": person.email, "first_name": person.first, "last_name": person.last,
            "role": "customer", "username": person.email.split('@').next().unwrap_or_default(),
            "billing": person.billing(), "shipping": person.shipping(dice.chance(60)),
            "is_paying_customer": dice.chance(70),
            "avatar_url": format!("https://secure.gravatar.example/avatar/{:016x}?s=96&d=mm&r=g", dice.next()),
            "meta_data": if dice.chance(10) {
                json!([{ "id": 1000 + index, "key": "vat_number", "value": format!("30{:013}", index) }])
            } else {
                json!([])
            },
        });
        if let Some(map) = record.as_object_mut() {
            if bare {
                map.insert("first_name".into(), "".into());
                map.insert("last_name".into(), "".into());
                let mut billing = no_address();
                billing["email"] = "".into();
                map.insert("billing".into(), billing);
                map.insert("shipping".into(), no_address());
            }
            dates::stamp(map, "date_created", Some(created), settings.utc_offset_secs);
            dates::stamp(map, "date_modified", (!undated).then_some(modified), settings.utc_offset_secs);
        }
        record
    }
}

fn administrator(settings: &Settings) -> Value {
    let mut billing = no_address();
    billing["email"] = "".into();
    let mut record = json!({
        "id": 1, "email": "owner@shop.example", "first_name": "", "last_name": "", "role": "administrator",
        "username": "admin", "billing": billing, "shipping": no_address(), "is_paying_customer": false,
        "avatar_url": "https://secure.gravatar.example/avatar/0?s=96&d=mm&r=g", "meta_data": [],
    });
    if let Some(map) = record.as_object_mut() {
        dates::stamp(map, "date_created", Some(START - DAY), settings.utc_offset_secs);
        dates::stamp(map, "date_modified", None, settings.utc_offset_secs);
    }
    record
}
