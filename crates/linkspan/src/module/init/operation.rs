//! Operations, limits, errors and authentication of a definition as Python.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entity::Translator;
use super::export::instead_attribute;
use super::python::{scalar, text, value};
use crate::definition::entity::{Entity, SinceFormat};
use crate::definition::model::{ErrorClass, ErrorIf, ErrorValue};
use crate::definition::operation::{DEFAULT_LASTS_MS, IdempotencyKey, Method, Operation, Paginate, ParamsIn};

/// The adapter of one entity.
#[derive(Debug, Default, Serialize)]
pub(super) struct AdapterView {
    /// Class attribute -> Python.
    pub(super) attributes: Vec<(String, String)>,
    /// Pagers that the attributes name.
    #[serde(skip)]
    pub(super) pagers: BTreeSet<&'static str>,
}

impl Translator<'_> {
    pub(super) fn adapter(
        &mut self,
        name: &str,
        entity: &Entity,
        imports: bool,
        exports: bool,
    ) -> AdapterView {
        let mut view = AdapterView::default();
        let mut wanted: Vec<(&str, Option<&String>)> = Vec::new();
        if let Some(import) = entity.import.as_ref().filter(|_| imports) {
            wanted.extend([("_list", Some(&import.list)), ("_read", import.get.as_ref())]);
            if import.get.is_none() {
                self.refuse(
                    &format!("entities.{name}.import.get"),
                    "a module reads every record on its own, so it needs an operation that gets one",
                );
            }
        }
        let mut wanted: Vec<(String, Option<&String>)> =
            wanted.into_iter().map(|(attribute, operation)| (attribute.to_owned(), operation)).collect();
        if let Some(export) = entity.export.as_ref().filter(|_| exports) {
            // What an update would overwrite is read first.
            let read = entity.import.as_ref().and_then(|import| import.get.as_ref()).filter(|_| !imports);
            let look_up = export.look_up.as_ref().map(|look_up| &look_up.operation);
            let archive = export.archive.as_ref().map(|archive| &archive.operation);
            let archive = archive.filter(|operation| Some(*operation) != export.update.as_ref());
            let ways = [
                ("_read", read.filter(|_| export.update.is_some())),
                ("_create", export.create.as_ref()),
                ("_write", export.update.as_ref()),
                ("_look_up", look_up),
                ("_archive", archive),
            ];
            wanted.extend(ways.into_iter().map(|(attribute, operation)| (attribute.to_owned(), operation)));
            let instead = export.instead.iter().map(|instead| &instead.update);
            wanted.extend(instead.map(|operation| (instead_attribute(operation), Some(operation))));
        }
        for (attribute, operation) in wanted {
            let found = operation.and_then(|name| self.definition.operations.get(name));
            if let Some(operation) = found {
                let code = code(operation, &mut view.pagers);
                // A record is looked up in the list that imports walk through.
                let is_list =
                    attribute == "_look_up" && view.attributes.first().is_some_and(|(_, list)| *list == code);
                view.attributes.push((attribute, if is_list { "_list".to_owned() } else { code }));
            }
        }
        let since = entity.import.as_ref().filter(|_| imports).and_then(|import| import.since.as_ref());
        if let Some(since) = since {
            let style = match since.format {
                SinceFormat::Iso8601 => "iso8601",
                SinceFormat::Iso8601Naive => "iso8601_naive",
                SinceFormat::Blank => "blank",
                SinceFormat::Date => "date",
                SinceFormat::EpochSeconds => "epoch_seconds",
                SinceFormat::EpochMilliseconds => "epoch_milliseconds",
                SinceFormat::HttpDate => "http_date",
            };
            let mut arguments = match (&since.param, &since.header) {
                (None, Some(header)) => {
                    vec![format!("header={}", text(header)), format!("style={}", text(style))]
                }
                (param, _) => vec![text(param.as_deref().unwrap_or_default()), text(style)],
            };
            arguments.extend(since.value.as_ref().map(|value| format!("value={}", text(value))));
            arguments.extend(since.always.then(|| "always=True".to_owned()));
            arguments.extend((since.zone != "utc").then(|| format!("zone={}", text(&since.zone))));
            view.attributes.push(("_since".to_owned(), format!("Since({})", arguments.join(", "))));
        }
        view
    }
}

/// `Operation("GET", "products/{id}")`
pub(super) fn code(operation: &Operation, pagers: &mut BTreeSet<&'static str>) -> String {
    let mut arguments = vec![text(method(operation.method)), text(endpoint(&operation.path))];
    if !operation.query.is_empty() {
        arguments.push(format!("query={}", texts(&operation.query)));
    }
    arguments.extend(operation.wrap.as_ref().map(|path| format!("wrap={}", text(path))));
    arguments.extend(operation.body.as_ref().map(|body| format!("body={}", value(body))));
    arguments.extend((operation.params_in == ParamsIn::Body).then(|| "params_in_body=True".to_owned()));
    arguments.extend(operation.error_if.as_ref().map(|tells| format!("error_if={}", error_if(tells))));
    arguments.extend(operation.idempotency_key.as_ref().map(idempotency_key));
    let records = operation.records.as_deref();
    match &operation.paginate {
        // The pager looks for the list itself.
        Some(paginate) => arguments.push(format!("pager={}", pager(paginate, records, pagers))),
        None => arguments.extend(records.map(|records| format!("records={}", text(records)))),
    }
    format!("Operation({})", arguments.join(", "))
}

/// `key_header="Idempotency-Key"`
fn idempotency_key(key: &IdempotencyKey) -> String {
    let header = key.header.as_ref().map(|header| format!("key_header={}", text(header)));
    let path = key.body.as_ref().map(|path| format!("key_path={}", text(path)));
    let lasts = (key.lasts_ms != DEFAULT_LASTS_MS).then(|| format!("key_lasts={}", key.lasts_ms / 1_000));
    header.or(path).into_iter().chain(lasts).collect::<Vec<_>>().join(", ")
}

/// What tells an error: a path, or a path and the value there.
pub(super) fn error_if(tells: &ErrorIf) -> String {
    match tells {
        ErrorIf::Has(path) => text(path),
        ErrorIf::Is(ErrorValue { path, is }) => format!("({}, {})", text(path), scalar(is)),
    }
}

/// A path as the adapter takes it: behind a slash, unless it is that alone.
pub(super) fn endpoint(path: &str) -> &str {
    match path.trim_start_matches('/') {
        "" => path,
        behind => behind,
    }
}

fn pager(paginate: &Paginate, records: Option<&str>, pagers: &mut BTreeSet<&'static str>) -> String {
    let optional =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}={}", text(value)));
    let size_param = |param: &Option<String>| {
        format!("size_param={}", param.as_ref().map_or("None".to_owned(), |param| text(param)))
    };
    let mut arguments = vec![format!("records={}", text(records.unwrap_or_default()))];
    let name = match paginate {
        Paginate::Whole {} => "WholePager",
        Paginate::Page {
            param,
            first,
            size_param: size_name,
            size,
            last_page_header,
            last_page,
            total_header,
            total,
        } => {
            arguments.push(format!("param={}", text(param)));
            arguments.push(size_param(size_name));
            arguments.push(format!("size={size}"));
            arguments.extend((*first != 1).then(|| format!("first={first}")));
            arguments.extend(optional("last_page_header", last_page_header));
            arguments.extend(optional("pages_path", last_page));
            arguments.extend(optional("total_header", total_header));
            arguments.extend(optional("total_path", total));
            "PageNumberPager"
        }
        Paginate::Offset { param, value, size_param: size_name, size, total_header, total } => {
            arguments.push(format!("param={}", text(param)));
            arguments.push(size_param(size_name));
            arguments.push(format!("size={size}"));
            arguments.extend(optional("value", value));
            arguments.extend(optional("total_header", total_header));
            arguments.extend(optional("total_path", total));
            "OffsetPager"
        }
        Paginate::Cursor { param, next, more, size_param: size_name, size } => {
            arguments.push(format!("param={}", text(param)));
            arguments.push(format!("next_path={}", text(next)));
            arguments.push(size_param(size_name));
            arguments.push(format!("size={size}"));
            arguments.extend(optional("more_path", more));
            "CursorPager"
        }
        Paginate::NextUrl { next, size_param: size_name, size } => {
            arguments.push(format!("next_path={}", text(next)));
            arguments.push(size_param(size_name));
            arguments.push(format!("size={size}"));
            "NextUrlPager"
        }
        Paginate::LinkHeader { size_param: size_name, size } => {
            arguments.push(size_param(size_name));
            arguments.push(format!("size={size}"));
            "LinkHeaderPager"
        }
    };
    pagers.insert(name);
    if records.is_none() {
        arguments.remove(0);
        if name == "CursorPager" {
            arguments.insert(0, "records=\"\"".to_owned());
        }
    }
    format!("{name}({})", arguments.join(", "))
}

pub(super) fn texts(items: &BTreeMap<String, String>) -> String {
    let items: Vec<String> =
        items.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect();
    format!("{{{}}}", items.join(", "))
}

pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// Class of the framework's `lib/errors.py`.
pub(super) fn error_class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Transient => "TransientError",
        ErrorClass::Throttled => "ThrottledError",
        ErrorClass::Auth => "AuthError",
        ErrorClass::Config => "ConfigError",
        ErrorClass::Data | ErrorClass::MissingDependency => "DataError",
        ErrorClass::Conflict => "ConflictError",
        ErrorClass::Ambiguous => "AmbiguousError",
        ErrorClass::Gone => "GoneError",
    }
}
