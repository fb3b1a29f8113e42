//! What an Odoo to run against shall look like.

use std::path::PathBuf;

/// A series of Odoo; each has its own field names and envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// 16.0
    V16,
    /// 17.0
    V17,
    /// 18.0
    V18,
    /// 19.0
    V19,
}

impl Series {
    /// All series, oldest first.
    pub const ALL: [Series; 4] = [Series::V16, Series::V17, Series::V18, Series::V19];

    /// 16 to 19.
    pub fn number(self) -> u8 {
        match self {
            Series::V16 => 16,
            Series::V17 => 17,
            Series::V18 => 18,
            Series::V19 => 19,
        }
    }

    /// The series of a number; `None` for those that the stand-in does not know.
    pub fn of(number: u8) -> Option<Series> {
        Series::ALL.into_iter().find(|series| series.number() == number)
    }

    /// The field of an order line that holds its unit of measure.
    pub(crate) fn line_unit(self) -> &'static str {
        if self >= Series::V19 { "product_uom_id" } else { "product_uom" }
    }

    /// The field of an order line that holds its taxes.
    pub(crate) fn line_taxes(self) -> &'static str {
        if self >= Series::V19 { "tax_ids" } else { "tax_id" }
    }

    /// The precision that quantities are rounded to.
    pub(crate) fn unit_precision(self) -> &'static str {
        if self >= Series::V19 { "Product Unit" } else { "Product Unit of Measure" }
    }
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Everything, external ids included.
    Administrator,
    /// Sales manager who may also manage products and contacts.
    SalesManager,
    /// Sells and edits contacts; reads products; sees no external ids.
    Salesperson,
    /// An employee without an application: reads little, writes nothing.
    Employee,
}

/// One user.
#[derive(Debug, Clone)]
pub struct UserSpec {
    /// What the user signs in with.
    pub login: String,
    /// Accepted by every door unless the user has a second factor.
    pub password: String,
    /// Accepted by every door except the cookie session.
    pub api_key: Option<String>,
    /// What the user may do.
    pub rights: Rights,
    /// A second factor is on: the cookie session answers with an empty uid.
    pub second_factor: bool,
    /// The user's language, `en_US` or `ar_001`; that of the spec if `None`.
    pub lang: Option<String>,
}

impl UserSpec {
    /// A user without API key and second factor.
    pub fn new(login: &str, password: &str, rights: Rights) -> UserSpec {
        UserSpec {
            login: login.to_owned(),
            password: password.to_owned(),
            api_key: None,
            rights,
            second_factor: false,
            lang: None,
        }
    }

    /// The same user with an API key.
    #[must_use]
    pub fn with_api_key(mut self, key: &str) -> UserSpec {
        self.api_key = Some(key.to_owned());
        self
    }
}

/// One sales tax.
#[derive(Debug, Clone)]
pub struct TaxSpec {
    /// Its name, `15%` for example.
    pub name: String,
    /// Percent of the price.
    pub percent: f64,
    /// The price of a line contains the tax already.
    pub price_include: bool,
}

/// Apps beyond Sales.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Apps {
    /// Inventory, with deliveries of orders.
    pub stock: bool,
    /// Automation rules; only 17.0 and later have those that call a webhook.
    pub automation: bool,
}

/// What an Odoo to run against shall look like.
#[derive(Debug, Clone)]
pub struct OdooSpec {
    /// The series whose field names, envelopes and messages are used.
    pub series: Series,
    /// Name of the only database.
    pub database: String,
    /// Users; their ids start at 2, as the administrator's does in Odoo.
    pub users: Vec<UserSpec>,
    /// Language of users that name none: `en_US` or `ar_001`. Messages follow the user's language.
    pub lang: String,
    /// Code of the company's currency. It and `extra_currencies` are active, the others exist but are archived.
    pub currency: String,
    /// Codes of further active currencies.
    pub extra_currencies: Vec<String>,
    /// Sales taxes; the first is put on products that name none, as a localisation does.
    pub taxes: Vec<TaxSpec>,
    /// Apps that are installed.
    pub apps: Apps,
    /// A second company exists, in which no user works.
    pub foreign_company: bool,
    /// Committed changes are appended here and read again at the next start.
    pub file: Option<PathBuf>,
}

impl OdooSpec {
    /// Database `odoo`, users `admin`, `manager` and `sales` (password = login + `-pass-1`, API key = login + `-key-1`),
    /// company in US dollars, English, no taxes, nothing kept.
    pub fn new(series: Series) -> OdooSpec {
        let user = |login: &str, rights| {
            UserSpec::new(login, &format!("{login}-pass-1"), rights).with_api_key(&format!("{login}-key-1"))
        };
        OdooSpec {
            series,
            database: "odoo".to_owned(),
            users: vec![
                user("admin", Rights::Administrator),
                user("manager", Rights::SalesManager),
                user("sales", Rights::Salesperson),
            ],
            lang: "en_US".to_owned(),
            currency: "USD".to_owned(),
            extra_currencies: vec!["EUR".to_owned()],
            taxes: Vec::new(),
            apps: Apps::default(),
            foreign_company: false,
            file: None,
        }
    }
}
