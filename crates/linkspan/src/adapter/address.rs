//! Where requests go: the base address and the operations' paths, and who counts as the same server.

use std::collections::BTreeMap;

use url::Url;

use super::error::AdapterError;
use super::template;
use crate::definition::operation::Operation;

/// `http.base_url` with its settings filled in.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// The address, without a trailing `/`.
    text: String,
    /// The same, parsed.
    pub(super) url: Url,
    /// The setting to change when the address is wrong; `http.base_url` when it has none.
    pub(super) setting: String,
}

impl Base {
    pub(super) fn new(base_url: &str, settings: &BTreeMap<String, String>) -> Result<Base, AdapterError> {
        let names = template::names(base_url);
        let setting = names.first().map_or("http.base_url", |name| name).to_owned();
        let wrong = |message: String| {
            AdapterError::config(message)
                .hint(format!("Set `{setting}` to an address such as https://shop.example.com."))
        };
        let whole_address = base_url.starts_with('{').then(|| names.first().copied()).flatten();
        let text = template::expand(base_url, |name| {
            let value = settings.get(name).ok_or_else(|| format!("The setting `{name}` is missing."))?;
            match whole_address == Some(name) {
                true => Ok(value.trim().trim_end_matches('/').to_owned()),
                false => template::path_segment(name, value.trim()),
            }
        })
        .map_err(wrong)?;
        let text = text.trim_end_matches('/').to_owned();
        // The text is not repeated before this check: it may hold a password.
        let url = Url::parse(&text)
            .map_err(|problem| wrong(format!("`{setting}` does not give a web address: {problem}.")))?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
            return Err(wrong(format!(
                "The address that `{setting}` gives does not start with https:// or http://."
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(format!(
                "`{setting}` holds a user name or a password; those belong to the secrets."
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(format!("`{setting}` holds a `?` or a `#`; it must end with the path.")));
        }
        Ok(Base { text, url, setting })
    }

    /// The address of one call. Parameters that the path names go there, the others into the query, where they
    /// take the place of the operation's own; `paging` comes last and takes the place of both.
    pub(super) fn operation(
        &self,
        operation: &Operation,
        params: &[(String, String)],
        settings: &BTreeMap<String, String>,
        paging: &[(String, String)],
    ) -> Result<Url, AdapterError> {
        let find =
            |name: &str| params.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let mut in_template = template::names(&operation.path);
        let mut url =
            self.at(&operation.path, |name| find(name).or_else(|| settings.get(name).map(String::as_str)))?;
        let mut fixed = Vec::new();
        for (name, value) in &operation.query {
            let known = |name: &str| find(name).or_else(|| settings.get(name).map(String::as_str));
            // A setting that need not be given takes its parameter with it.
            let is_given = template::names(value).into_iter().all(|name| known(name).is_some());
            if is_given && find(name).is_none() && !is_in(paging, name) {
                in_template.extend(template::names(value));
                let value = template::expand(value, |name| Ok(known(name).unwrap_or_default().to_owned()));
                fixed.push((name.clone(), value.map_err(AdapterError::config)?));
            }
        }
        let given =
            params.iter().filter(|(name, _)| !in_template.contains(&name.as_str()) && !is_in(paging, name));
        let pairs = fixed.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = pairs.chain(given.chain(paging).map(|(name, value)| (name.as_str(), value.as_str())));
        let query = template::query_string(pairs);
        if !query.is_empty() {
            let query = url.query().map_or(query.clone(), |own| format!("{own}&{query}"));
            url.set_query(Some(&query));
        }
        Ok(url)
    }

    /// The address of a path with its names filled in; `value` gives what one stands for.
    pub(super) fn at<'v>(
        &self,
        path: &str,
        value: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<Url, AdapterError> {
        let filled = template::expand(path, |name| {
            let value =
                value(name).ok_or_else(|| format!("The path needs `{name}`, which was not given."))?;
            template::path_segment(name, value)
        })
        .map_err(AdapterError::config)?;
        let slash = if filled.is_empty() { "" } else { "/" };
        Url::parse(&format!("{}{slash}{}", self.text, filled.trim_start_matches('/')))
            .map_err(|problem| AdapterError::config(format!("`{path}` gives no web address: {problem}.")))
    }

    /// Resolves an address that the server gave (a redirect, a next page) against `current`; an error when it
    /// leads to another server, because our credentials would go there.
    pub(super) fn same_server(&self, current: &Url, target: &str) -> Result<Url, Elsewhere> {
        let target = current.join(target.trim()).map_err(|_| Elsewhere::NoAddress)?;
        if target.origin() == self.url.origin() {
            return Ok(target);
        }
        if target.host() == self.url.host() && self.url.scheme() == "http" && target.scheme() == "https" {
            return Err(Elsewhere::Https(target));
        }
        Err(Elsewhere::Other(target))
    }
}

/// The names that the address of an operation stands for.
pub(super) fn names(operation: &Operation) -> Vec<String> {
    let texts = std::iter::once(&operation.path).chain(operation.query.values());
    texts.flat_map(|text| template::names(text)).map(str::to_owned).collect()
}

/// Why an address that the server gave is not followed.
#[derive(Debug)]
pub(super) enum Elsewhere {
    /// It is no address.
    NoAddress,
    /// The same host, but encrypted.
    Https(Url),
    /// Another host, port or scheme.
    Other(Url),
}

/// `scheme://host:port` of an address; never its path or query, which may hold secrets.
pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_in(pairs: &[(String, String)], name: &str) -> bool {
    pairs.iter().any(|(given, _)| given == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        given(pairs).into_iter().collect()
    }

    fn base(store_url: &str) -> Result<Base, AdapterError> {
        Base::new("{store_url}/wp-json/wc/v3", &settings(&[("store_url", store_url)]))
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn operation(path: &str, query: &[(&str, &str)]) -> Operation {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
        let text = format!(
            "method = \"GET\"\npath = \"{path}\"\nrepeat = \"safe\"\nquery = {{ {} }}",
            query.join(", ")
        );
        toml::from_str(&text).expect("an operation")
    }

    #[test]
    fn the_store_address_may_have_a_path_and_slashes_at_its_end() {
        let base = base(" https://shop.example/shop// ").expect("a base");
        let url =
            base.operation(&operation("/products/{id}", &[]), &given(&[("id", "5/6")]), &settings(&[]), &[]);
        assert_eq!(
            url.expect("an address").as_str(),
            "https://shop.example/shop/wp-json/wc/v3/products/5%2F6"
        );
    }

    #[test]
    fn a_wrong_store_address_is_explained_without_repeating_it() {
        for wrong in [
            "",
            "shop.example",
            "ftp://shop.example",
            "https://ann:pass-1@shop.example",
            "https://s/?x=pass-1",
        ] {
            let error = base(wrong).expect_err(wrong);
            assert!(error.message.contains("store_url") && error.hint.is_some(), "{error}");
            assert!(!error.to_string().contains("pass-1"), "{error}");
        }
        assert!(Base::new("{store_url}", &settings(&[])).is_err());
    }

    #[test]
    fn a_setting_inside_the_host_cannot_lead_to_another_host() {
        let base = Base::new("https://{shop}.example.com/api", &settings(&[("shop", "evil.test/")]));
        assert!(base.is_err(), "{base:?}");
    }

    #[test]
    fn parameters_replace_those_of_the_operation_and_paging_replaces_both() {
        let operation = operation("/orders", &[("status", "any"), ("page", "9"), ("lang", "{language}")]);
        let url = base("https://shop.example").expect("a base").operation(
            &operation,
            &given(&[("status", "on-hold"), ("include", "1,2"), ("page", "8")]),
            &settings(&[("language", "ar & en")]),
            &[("page".to_owned(), "2".to_owned())],
        );
        assert_eq!(
            url.expect("an address").query(),
            Some("lang=ar%20%26%20en&status=on-hold&include=1%2C2&page=2")
        );
    }

    #[test]
    fn an_id_that_is_missing_or_empty_calls_nothing() {
        let base = base("https://shop.example").expect("a base");
        for params in [&[][..], &[("id", "")][..], &[("id", "..")][..]] {
            let error =
                base.operation(&operation("/products/{id}", &[]), &given(params), &settings(&[]), &[]);
            assert!(error.expect_err("no id").message.contains("`id`"));
        }
    }
}
