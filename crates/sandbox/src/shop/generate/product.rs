//! Products, variations and coupons.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::super::dates;
use super::super::derive;
use super::super::dice::Dice;
use super::super::spec::Settings;
use super::words::{COLORS, MATERIALS, SPECIAL, THINGS};
use super::{Catalog, DAY, Head, POSTS_PER_PRODUCT, START};

const SALT: u64 = 2;

/// Types with their share.
const TYPES: [(u64, &str); 4] = [(94, "simple"), (4, "variable"), (1, "external"), (1, "grouped")];
const STATUSES: [(u64, &str); 3] = [(94, "publish"), (4, "draft"), (2, "private")];

/// What an order line needs to know of a product.
#[derive(Debug, Clone)]
pub(super) struct Sellable {
    pub(super) product_id: u64,
    pub(super) variation_id: u64,
    pub(super) name: String,
    pub(super) parent_name: Option<String>,
    pub(super) sku: String,
    pub(super) price: f64,
    pub(super) tax_class: &'static str,
    pub(super) image: Value,
    pub(super) meta: Vec<Value>,
}

/// The dice decide these in this order; everything cheap comes first.
struct Traits {
    head: Head,
    kind: &'static str,
    price: Cow<'static, str>,
    sale: Option<String>,
    tax_class: &'static str,
    dice: Dice,
}

impl Catalog {
    /// Products came in by imports: seven share a second. Changes are spread over eight months after.
    pub(super) fn product_head(&self, index: u64) -> Head {
        self.traits_head(&mut Dice::new(self.seed, SALT, index), index)
    }

    fn traits_head(&self, dice: &mut Dice, index: u64) -> Head {
        let step = (60 * DAY as u64 * 7 / self.products.max(1)).max(1);
        let created = START + ((index / 7 * step) % (60 * DAY as u64)) as i64;
        let later = if dice.chance(60) { dice.below(240 * DAY as u64) as i64 } else { 0 };
        let status = Cow::Borrowed(dice.weighted(&STATUSES));
        Head { created, modified: Some(created + later), status }
    }

    fn traits(&self, index: u64) -> Traits {
        let mut dice = Dice::new(self.seed, SALT, index);
        let head = self.traits_head(&mut dice, index);
        let kind = dice.weighted(&TYPES);
        let cents = 100 + dice.below(50_000);
        let price = price_text(&mut dice, cents);
        let on_sale = kind == "simple" && dice.chance(10) && price.len() > 1;
        let sale = on_sale.then(|| format!("{}.{:02}", cents / 125, cents % 100));
        let tax_class = if dice.chance(15) { "reduced-rate" } else { "" };
        Traits { head, kind, price, sale, tax_class, dice }
    }

    /// The product's current price as a number; 0 if it has none.
    fn price_of(traits: &Traits) -> f64 {
        traits.sale.as_deref().unwrap_or(&traits.price).parse().unwrap_or(0.0)
    }

    fn product_name(&self, index: u64) -> String {
        let mut dice = Dice::new(self.seed, SALT + 200, index);
        if dice.chance(25) {
            return format!("{} {}", dice.pick(&SPECIAL), index + 1);
        }
        format!("{} {} {}", dice.pick(&MATERIALS), dice.pick(&THINGS), index + 1)
    }

    /// Unique; some start with zeros, some are written in Arabic digits, one in twenty is missing.
    pub(super) fn product_sku(&self, index: u64) -> String {
        match Dice::new(self.seed, SALT + 300, index).below(20) {
            0 => String::new(),
            1 | 2 => format!("{:08}", index + 1),
            3 => {
                let digits: String = (index + 1).to_string().chars().map(arabic_digit).collect();
                format!("مصباح-{digits}")
            }
            _ => format!("SKU-{:05}", index + 1),
        }
    }

    pub(super) fn variation_ids(&self, index: u64) -> impl Iterator<Item = u64> + use<> {
        let count = if self.traits(index).kind == "variable" { COLORS.len() as u64 } else { 0 };
        let first = self.product_id(index) + POSTS_PER_PRODUCT - COLORS.len() as u64;
        first..first + count
    }

    /// What an order of this product (or of one of its variations) carries.
    pub(super) fn sellable(&self, index: u64, dice: &mut Dice) -> Sellable {
        let traits = self.traits(index);
        let (name, sku, price) = (self.product_name(index), self.product_sku(index), Self::price_of(&traits));
        let mut sellable = Sellable {
            product_id: self.product_id(index),
            variation_id: 0,
            name,
            parent_name: None,
            sku,
            price,
            tax_class: traits.tax_class,
            image: json!({ "id": "", "src": "" }),
            meta: vec![],
        };
        if traits.kind == "variable" {
            let which = dice.below(COLORS.len() as u64);
            let (color, slug) = COLORS[which as usize];
            sellable.variation_id = self.product_id(index) + POSTS_PER_PRODUCT - COLORS.len() as u64 + which;
            sellable.parent_name = Some(sellable.name.clone());
            sellable.name = format!("{} - {color}", sellable.name);
            sellable.sku = variation_sku(&sellable.sku, which);
            sellable.price = price + which as f64 * 10.0;
            sellable.meta.push(json!({ "id": 0, "key": "pa_color", "value": slug,
                "display_key": "Color", "display_value": color }));
        } else if index.is_multiple_of(4) {
            let src = image(self.product_id(index) + 1, 0, 0)["src"].clone();
            sellable.image = json!({ "id": (self.product_id(index) + 1).to_string(), "src": src });
        }
        sellable
    }

    pub(super) fn sku_of_variation(&self, index: u64, rest: u64) -> String {
        variation_sku(&self.product_sku(index), rest.saturating_sub(POSTS_PER_PRODUCT - COLORS.len() as u64))
    }

    pub(super) fn product(&self, index: u64, settings: &Settings) -> Value {
        let id = self.product_id(index);
        let mut traits = self.traits(index);
        let name = self.product_name(index);
        let mut map = blank_product();
        let variable = traits.kind == "variable";
        map.insert("id".into(), id.into());
        map.insert("slug".into(), format!("product-{id}").into());
        map.insert("name".into(), name.into());
        map.insert("type".into(), traits.kind.into());
        map.insert("status".into(), traits.head.status.clone().into());
        map.insert("sku".into(), self.product_sku(index).into());
        map.insert("tax_class".into(), traits.tax_class.into());
        map.insert("categories".into(), self.category_of(index));
        if !variable && traits.kind != "grouped" {
            map.insert("regular_price".into(), traits.price.clone().into());
            map.insert("sale_price".into(), traits.sale.clone().unwrap_or_default().into());
        }
        self.describe(&mut map, &mut traits.dice, index, &traits.head, settings);
        dates::stamp(&mut map, "date_created", Some(traits.head.created), settings.utc_offset_secs);
        dates::stamp(&mut map, "date_modified", traits.head.modified, settings.utc_offset_secs);
        let mut prices = Vec::new();
        if variable {
            let ids: Vec<u64> = self.variation_ids(index).collect();
            prices = (0..ids.len()).map(|which| variation_price(&traits.price, which as u64)).collect();
            let options: Vec<&str> = COLORS.iter().map(|(name, _)| *name).collect();
            map.insert("variations".into(), ids.into());
            map.insert(
                "attributes".into(),
                json!([{ "id": 1, "name": "Color", "slug": "pa_color", "position": 0,
                "visible": true, "variation": true, "options": options }]),
            );
        }
        derive::product(&mut map, &prices, settings);
        Value::Object(map)
    }

    fn describe(
        &self,
        map: &mut Map<String, Value>,
        dice: &mut Dice,
        index: u64,
        head: &Head,
        settings: &Settings,
    ) {
        if dice.chance(50) {
            let text = "<p>A <strong>solid</strong> piece &amp; a joy.</p>\n<ul>\n<li>E27</li>\n</ul>\n";
            map.insert("description".into(), text.into());
        }
        if dice.chance(60) && map["type"] == "simple" {
            map.insert("manage_stock".into(), true.into());
            map.insert("stock_quantity".into(), dice.below(200).into());
        }
        if dice.chance(60) {
            map.insert("weight".into(), format!("{}.{:03}", dice.below(20), dice.below(1000)).into());
        }
        if dice.chance(3) {
            map.insert("virtual".into(), true.into());
        }
        if index.is_multiple_of(4) {
            let picture = image(self.product_id(index) + 1, head.created, settings.utc_offset_secs);
            map.insert("images".into(), json!([picture]));
        }
        map.insert("total_sales".into(), dice.below(40).into());
    }

    /// The variation of an id that exists, as `/products/<parent>/variations/<id>` shows it.
    pub(super) fn variation(&self, id: u64, settings: &Settings) -> Option<Value> {
        let (index, rest) = self.product_index(id)?;
        let which = rest - (POSTS_PER_PRODUCT - COLORS.len() as u64);
        let traits = self.traits(index);
        let (color, slug) = COLORS[which as usize];
        let mut map = blank_variation();
        let price = variation_price(&traits.price, which);
        map.insert("id".into(), id.into());
        map.insert("parent_id".into(), self.product_id(index).into());
        map.insert("name".into(), color.into());
        map.insert("slug".into(), format!("product-{}-{slug}", self.product_id(index)).into());
        map.insert("sku".into(), variation_sku(&self.product_sku(index), which).into());
        map.insert("regular_price".into(), price.into());
        map.insert("tax_class".into(), traits.tax_class.into());
        map.insert(
            "attributes".into(),
            json!([{ "id": 1, "name": "Color", "slug": "pa_color", "option": color }]),
        );
        dates::stamp(&mut map, "date_created", Some(traits.head.created), settings.utc_offset_secs);
        dates::stamp(&mut map, "date_modified", traits.head.modified, settings.utc_offset_secs);
        derive::product(&mut map, &[], settings);
        Some(Value::Object(map))
    }

    /// One coupon of 10 %, one of 20.00 off the cart.
    pub(super) fn coupon(&self, id: u64, settings: &Settings) -> Value {
        let percent = id == self.coupon_id(0);
        let (code, kind, amount) =
            if percent { ("ten", "percent", "10.00") } else { ("less20", "fixed_cart", "20.00") };
        let mut record = json!({
            "id": id, "code": code, "amount": amount, "status": "publish", "discount_type": kind, "description": "",
            "date_expires": null, "date_expires_gmt": null, "usage_count": 0, "individual_use": false,
            "product_ids": [], "excluded_product_ids": [], "usage_limit": null, "usage_limit_per_user": null,
            "limit_usage_to_x_items": null, "free_shipping": false, "product_categories": [],
            "excluded_product_categories": [], "exclude_sale_items": false, "minimum_amount": "0.00",
            "maximum_amount": "0.00", "email_restrictions": [], "used_by": [], "meta_data": [],
        });
        if let Some(map) = record.as_object_mut() {
            dates::stamp(map, "date_created", Some(START), settings.utc_offset_secs);
            dates::stamp(map, "date_modified", Some(START), settings.utc_offset_secs);
        }
        record
    }
}

/// Prices as shopkeepers type them: "149.00", "10", "7.5", "0.1234", "" for on request, "0" for free.
fn price_text(dice: &mut Dice, cents: u64) -> Cow<'static, str> {
    match dice.below(100) {
        0 => Cow::Borrowed(""),
        1 => Cow::Borrowed("0"),
        2 | 3 => format!("0.{:04}", 1 + cents % 9999).into(),
        4..20 => (cents / 100).to_string().into(),
        20..25 => format!("{}.{}", cents / 100, cents % 10).into(),
        _ => format!("{}.{:02}", cents / 100, cents % 100).into(),
    }
}

fn variation_price(parent: &str, which: u64) -> String {
    let price: f64 = parent.parse().unwrap_or(0.0);
    format!("{:.2}", price + which as f64 * 10.0)
}

fn variation_sku(parent: &str, which: u64) -> String {
    if parent.is_empty() { String::new() } else { format!("{parent}-{}", ["R", "B", "G"][which as usize]) }
}

fn arabic_digit(digit: char) -> char {
    char::from_u32('٠' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit)
}

/// An image; its local dates are wrong as in the real shop: shifted twice by the offset.
fn image(id: u64, created: i64, offset_secs: i64) -> Value {
    let (shifted, gmt) = (dates::text(created, 2 * offset_secs), dates::text(created, 0));
    json!({
        "id": id, "date_created": shifted, "date_created_gmt": gmt, "date_modified": shifted,
        "date_modified_gmt": gmt, "src": format!("https://cdn.shop.example/uploads/picture-{id}.png"),
        "name": format!("picture-{id}"), "alt": "",
    })
}

/// A product of which nothing is filled in, as POST `{}` makes it, without what [`derive`] and the dates add.
pub(crate) fn blank_product() -> Map<String, Value> {
    let mut map = blank_common();
    let more = json!({
        "name": "Product", "slug": "product", "type": "simple", "featured": false, "catalog_visibility": "visible",
        "short_description": "", "total_sales": 0, "external_url": "", "button_text": "",
        "sold_individually": false, "reviews_allowed": true, "average_rating": "0.00", "rating_count": 0,
        "upsell_ids": [], "cross_sell_ids": [], "parent_id": 0, "purchase_note": "", "categories": [], "tags": [],
        "images": [], "default_attributes": [], "variations": [], "grouped_products": [], "related_ids": [],
        "post_password": "",
    });
    if let Value::Object(more) = more {
        map.extend(more);
    }
    map
}

/// A variation of which nothing is filled in.
pub(crate) fn blank_variation() -> Map<String, Value> {
    let mut map = blank_common();
    map.insert("type".into(), "variation".into());
    map.insert("name".into(), "".into());
    map.insert("image".into(), Value::Null);
    map
}

fn blank_common() -> Map<String, Value> {
    let common = json!({
        "status": "publish", "description": "", "sku": "", "price": "", "regular_price": "", "sale_price": "",
        "date_on_sale_from": null, "date_on_sale_from_gmt": null, "date_on_sale_to": null,
        "date_on_sale_to_gmt": null, "on_sale": false, "purchasable": true, "virtual": false, "downloadable": false,
        "downloads": [], "download_limit": -1, "download_expiry": -1, "tax_status": "taxable", "tax_class": "",
        "manage_stock": false, "stock_quantity": null, "backorders": "no", "low_stock_amount": null, "weight": "",
        "dimensions": { "length": "", "width": "", "height": "" }, "shipping_class": "", "shipping_class_id": 0,
        "attributes": [], "menu_order": 0, "meta_data": [], "stock_status": "instock", "global_unique_id": "",
    });
    match common {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
