//! Company, users, languages, currencies, countries, external ids, precisions.

use super::field::short::{
    boolean, char, digits, float, integer, many2many, many2one, one2many, selection, text,
};
use super::{Default, Digits, Model};
use crate::odoo::spec::Series;

pub(super) fn models(series: Series) -> Vec<Model> {
    vec![company(), users(series), lang(), currency(), country(), state(), model_data(), precision()]
}

fn company() -> Model {
    Model::new(
        "res.company",
        "Companies",
        "sequence, name",
        vec![
            char("name", "Company Name").required(),
            many2one("partner_id", "Partner", "res.partner").required(),
            many2one("currency_id", "Currency", "res.currency").required(),
            many2one("country_id", "Country", "res.country"),
            char("email", "Email"),
            integer("sequence", "Sequence").or_number(10.0),
            boolean("active", "Active").or_true(),
        ],
    )
}

fn users(series: Series) -> Model {
    let groups = if series >= Series::V19 { "group_ids" } else { "groups_id" };
    Model::new(
        "res.users",
        "User",
        "name, login",
        vec![
            char("login", "Login").required(),
            char("name", "Name").required(),
            char("email", "Email"),
            many2one("partner_id", "Related Partner", "res.partner").required(),
            many2one("company_id", "Company", "res.company").required(),
            many2many("company_ids", "Companies", "res.company"),
            char("lang", "Language"),
            char("tz", "Timezone"),
            boolean("active", "Active").or_true(),
            // The groups are not records here; a user's rights come from the spec.
            many2many(groups, "Groups", "res.users").computed(),
        ],
    )
}

fn lang() -> Model {
    Model::new(
        "res.lang",
        "Languages",
        "active desc,name",
        vec![
            char("name", "Name").required(),
            char("code", "Locale Code").required(),
            char("iso_code", "ISO code"),
            char("url_code", "URL Code").required(),
            selection("direction", "Direction", &[("ltr", "Left-to-Right"), ("rtl", "Right-to-Left")])
                .required(),
            boolean("active", "Active"),
        ],
    )
}

fn currency() -> Model {
    Model::new(
        "res.currency",
        "Currency",
        "active desc, name",
        vec![
            char("name", "Currency").required(),
            char("full_name", "Name"),
            char("symbol", "Symbol").required(),
            digits("rounding", "Rounding Factor", Digits::Fixed(6)).or_number(0.01),
            integer("decimal_places", "Decimal Places").computed(),
            float("rate", "Current Rate").computed(),
            selection(
                "position",
                "Symbol Position",
                &[("after", "After Amount"), ("before", "Before Amount")],
            )
            .or_text("after"),
            boolean("active", "Active").or_true(),
        ],
    )
}

fn country() -> Model {
    Model::new(
        "res.country",
        "Country",
        "name",
        vec![
            char("name", "Country Name").required().translated(),
            char("code", "Country Code").required(),
            many2one("currency_id", "Currency", "res.currency"),
            integer("phone_code", "Country Calling Code"),
            one2many("state_ids", "States", "res.country.state", "country_id"),
        ],
    )
}

fn state() -> Model {
    Model::new(
        "res.country.state",
        "Country state",
        "code",
        vec![
            many2one("country_id", "Country", "res.country").required(),
            char("name", "State Name").required(),
            char("code", "State Code").required(),
        ],
    )
}

fn model_data() -> Model {
    Model::new(
        "ir.model.data",
        "Model Data",
        "module, model, name",
        vec![
            // Module and name joined: what the index is on. Odoo computes it from the two.
            char("complete_name", "Complete ID").readonly(),
            char("module", "Module").computed(),
            char("name", "External Identifier").computed(),
            char("model", "Model Name").required(),
            integer("res_id", "Record ID"),
            boolean("noupdate", "Non Updatable"),
            char("reference", "Reference").computed(),
        ],
    )
    .named_by("complete_name")
}

fn precision() -> Model {
    Model::new(
        "decimal.precision",
        "Decimal Precision",
        "id",
        vec![
            text("name", "Usage").required(),
            integer("digits", "Digits").required().or(Default::Constant(crate::odoo::value::Value::Int(2))),
        ],
    )
}
