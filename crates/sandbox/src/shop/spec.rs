//! What a shop shall be like: size, settings, keys, clock.

use std::fmt;

use super::dates;

/// What [`super::Shop::generate`] makes. The same spec gives the same shop, byte for byte.
#[derive(Debug, Clone)]
pub struct ShopSpec {
    /// Every record depends on the seed and its own index only.
    pub seed: u64,
    /// Products that the list shows; variations come on top.
    pub products: usize,
    /// Registered customers; the administrator comes on top and is not listed by default.
    pub customers: usize,
    /// Orders of all statuses.
    pub orders: usize,
    /// Categories, nested up to three levels; "Uncategorized" comes on top.
    pub categories: usize,
    /// So many products, spread evenly, are in bad shape: price "abc", no name, date 0000-00-00 and the like.
    pub bad_products: usize,
    /// The shop's options.
    pub settings: Settings,
    /// Keys that the shop accepts.
    pub keys: Vec<ApiKey>,
    /// Where "now" comes from for writes.
    pub clock: Clock,
}

impl Default for ShopSpec {
    fn default() -> ShopSpec {
        ShopSpec {
            seed: 1,
            products: 1_000,
            customers: 300,
            orders: 2_000,
            categories: 40,
            bad_products: 0,
            settings: Settings::default(),
            keys: vec![ApiKey::read_write("ck_sandbox", "cs_sandbox")],
            clock: Clock::System,
        }
    }
}

/// Where "now" comes from when a record is created or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this many seconds since 1970, UTC; tests move it with [`super::Shop::set_clock`].
    Fixed(i64),
}

impl Clock {
    /// Seconds since 1970, UTC.
    pub(crate) fn now(self) -> i64 {
        match self {
            Clock::System => jiff::Timestamp::now().as_second(),
            Clock::Fixed(moment) => moment,
        }
    }

    /// A clock that stands at `text`, for example `2026-11-21T22:15:00`, read as UTC.
    pub fn at(text: &str) -> Option<Clock> {
        dates::moment(text).map(Clock::Fixed)
    }
}

/// The options of a shop that show in its API.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address in links; `None` is the address that the server listens on.
    pub site_url: Option<String>,
    /// Name in the root index.
    pub title: String,
    /// Name of the shop's time zone.
    pub timezone: String,
    /// Seconds east of UTC; the sandbox knows no daylight saving time.
    pub utc_offset_secs: i64,
    /// Country of the shop, whose tax is in prices typed with tax.
    pub country: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Decimals that amounts are shown with, whatever their currency.
    pub decimals: u32,
    /// Unit of `weight`: kg, g, lbs, oz.
    pub weight_unit: String,
    /// Whether prices of products are typed with tax. Generated orders were made under both settings.
    pub prices_include_tax: bool,
    /// Whether tax is rounded per order instead of per line. Generated orders were made under both settings.
    pub round_at_subtotal: bool,
    /// Whether keys are accepted over plain http. A live shop ignores them there and wants signed requests; the sandbox
    /// speaks nothing but plain http, on loopback, so it acts as if it were behind TLS unless told otherwise.
    pub keys_over_plain_http: bool,
    /// Tax rates, in the order of their ids.
    pub tax_rates: Vec<TaxRate>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            site_url: None,
            title: "Sandbox Shop".to_owned(),
            timezone: "Asia/Riyadh".to_owned(),
            utc_offset_secs: 3 * 3600,
            country: "SA".to_owned(),
            currency: "SAR".to_owned(),
            decimals: 2,
            weight_unit: "kg".to_owned(),
            prices_include_tax: false,
            round_at_subtotal: false,
            keys_over_plain_http: true,
            tax_rates: vec![
                TaxRate::new(1, "SA", 15.0, "VAT", "standard", true),
                TaxRate::new(2, "SA", 5.0, "VAT reduced", "reduced-rate", false),
                TaxRate::new(3, "DE", 19.0, "MwSt", "standard", true),
                TaxRate::new(4, "DE", 7.0, "MwSt ermäßigt", "reduced-rate", false),
                TaxRate::new(5, "AE", 5.0, "VAT AE", "standard", true),
            ],
        }
    }
}

/// One tax rate of a country.
#[derive(Debug, Clone)]
pub struct TaxRate {
    /// Id, which lines join by.
    pub id: u64,
    /// Country code; empty is every country.
    pub country: String,
    /// Percent.
    pub percent: f64,
    /// Label.
    pub name: String,
    /// `standard`, `reduced-rate`...
    pub class: String,
    /// Whether shipping is taxed too.
    pub shipping: bool,
}

impl TaxRate {
    /// A rate of priority 1, not compound.
    pub fn new(id: u64, country: &str, percent: f64, name: &str, class: &str, shipping: bool) -> TaxRate {
        TaxRate { id, country: country.into(), percent, name: name.into(), class: class.into(), shipping }
    }

    /// `SA-VAT REDUCED-1`: what tax lines show.
    pub(crate) fn code(&self) -> String {
        let country = if self.country.is_empty() { "" } else { &format!("{}-", self.country) };
        format!("{country}{}-1", self.name.to_uppercase())
    }

    /// The class as products and lines carry it, where standard is empty.
    pub(crate) fn line_class(&self) -> &str {
        if self.class == "standard" { "" } else { &self.class }
    }
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Only GET.
    Read,
    /// Only POST, PUT, DELETE.
    Write,
    /// Both.
    ReadWrite,
}

/// A REST API key of a user.
#[derive(Clone)]
pub struct ApiKey {
    /// `ck_...`
    pub key: String,
    /// `cs_...`
    pub secret: String,
    /// What was ticked when the key was made.
    pub permission: Permission,
    /// False for the key of a mere customer, who may see nothing.
    pub administrator: bool,
}

impl ApiKey {
    /// An administrator's key for everything.
    pub fn read_write(key: &str, secret: &str) -> ApiKey {
        ApiKey::new(key, secret, Permission::ReadWrite, true)
    }

    /// A key of any kind.
    pub fn new(key: &str, secret: &str, permission: Permission, administrator: bool) -> ApiKey {
        ApiKey { key: key.into(), secret: secret.into(), permission, administrator }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({:?}, administrator: {})", self.permission, self.administrator)
    }
}
