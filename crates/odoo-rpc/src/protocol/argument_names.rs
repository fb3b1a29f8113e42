//! Names of positional arguments, for JSON-2, which takes named ones only.
//!
//! The names are those of the Python methods; Odoo keeps them stable within a series. `ids` stands for the records
//! a method is called on. From the signatures in Odoo's `orm/models.py` and the documentation of the external API.

use crate::Series;

/// Names by position of a method of every model; `None` if the method is not in the table.
pub(crate) fn names(series: Series, method: &str) -> Option<&'static [&'static str]> {
    let table = match series {
        // Before 19.0 there is no JSON-2; later series are taken as 19.0 until one is known to differ.
        Series::V16 | Series::V17 | Series::V18 => return None,
        Series::V19 | Series::Other(_) => V19,
    };
    table.iter().find(|(name, _)| *name == method).map(|(_, names)| *names)
}

const V19: &[(&str, &[&str])] = &[
    // Methods of the model.
    ("create", &["vals_list"]),
    ("default_get", &["fields"]),
    ("fields_get", &["allfields", "attributes"]),
    ("formatted_read_group", &["domain", "groupby", "aggregates", "having", "offset", "limit", "order"]),
    ("get_views", &["views", "options"]),
    ("load", &["fields", "data"]),
    ("name_create", &["name"]),
    ("name_search", &["name", "domain", "operator", "limit"]),
    ("read_group", &["domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"]),
    ("search", &["domain", "offset", "limit", "order"]),
    ("search_count", &["domain", "limit"]),
    ("search_fetch", &["domain", "field_names", "offset", "limit", "order"]),
    ("search_read", &["domain", "fields", "offset", "limit", "order"]),
    ("web_search_read", &["domain", "specification", "offset", "limit", "order", "count_limit"]),
    ("check_access_rights", &["operation", "raise_exception"]),
    // Methods of records.
    ("check_access", &["ids", "operation"]),
    ("copy", &["ids", "default"]),
    ("exists", &["ids"]),
    ("export_data", &["ids", "fields_to_export"]),
    ("get_metadata", &["ids"]),
    ("has_access", &["ids", "operation"]),
    ("read", &["ids", "fields", "load"]),
    ("unlink", &["ids"]),
    ("web_read", &["ids", "specification"]),
    ("web_save", &["ids", "vals", "specification", "next_id"]),
    ("write", &["ids", "vals"]),
    ("action_archive", &["ids"]),
    ("action_unarchive", &["ids"]),
    ("message_post", &["ids"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_listed_once() {
        for (index, (method, _)) in V19.iter().enumerate() {
            assert!(V19[index + 1..].iter().all(|(other, _)| other != method), "{method} is listed twice");
        }
    }

    #[test]
    fn records_come_first_where_a_method_has_them() {
        for (method, names) in V19 {
            assert!(names.iter().skip(1).all(|name| *name != "ids"), "{method}");
        }
        assert_eq!(names(Series::V19, "write"), Some(&["ids", "vals"][..]));
        assert_eq!(names(Series::V18, "write"), None);
        assert_eq!(names(Series::V19, "frobnicate"), None);
    }
}
