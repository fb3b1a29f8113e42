//! Walks a list page by page.

use pyexpr::Json;
use reqwest::header::LINK;
use tokio::task::JoinHandle;
use tracing::Instrument as _;
use url::Url;

use super::Adapter;
use super::address::{self, Elsewhere};
use super::answer::Answer;
use super::auth::remove_query;
use super::error::AdapterError;
use super::guard::Guard;
use super::page::{self, Page};
use super::paginate::{self, Cursor, Position, Seen};
use super::param::Param;
use super::path;
use crate::definition::model::ErrorClass;
use crate::definition::operation::Paginate;

/// A walk through a list, a page at a time. After an error the same page can be asked for again.
#[derive(Debug)]
pub struct Walk {
    adapter: Adapter,
    operation: String,
    params: Vec<Param>,
    at: Cursor,
    guard: Guard,
    pending: Option<Pending>,
}

impl Walk {
    pub(super) fn new(
        adapter: Adapter,
        operation: String,
        params: Vec<Param>,
        start: Option<Cursor>,
    ) -> Walk {
        let paginate =
            adapter.definition().operations.get(&operation).and_then(|known| known.paginate.as_ref());
        let at = start.unwrap_or_default().fitted(paginate);
        Walk { adapter, operation, params, at, guard: Guard::default(), pending: None }
    }

    /// The next page; `None` after the last one. Dropping the future loses nothing: the next call goes on with
    /// the request under way.
    pub async fn next(&mut self) -> Result<Option<Page>, AdapterError> {
        if self.at.is_end() {
            return Ok(None);
        }
        self.prefetch();
        let Some(pending) = &mut self.pending else { return Ok(None) };
        let fetched = (&mut pending.0).await;
        self.pending = None;
        let answer = fetched.map_err(|stopped| {
            AdapterError::config(format!("The request was stopped: {stopped}.")).at(&self.operation, "")
        })??;
        self.accept(answer).map(Some)
    }

    /// Starts fetching the next page while the caller works on the current one. It must be called on a tokio
    /// runtime.
    pub fn prefetch(&mut self) {
        if self.pending.is_none() && !self.at.is_end() {
            let (adapter, operation) = (self.adapter.clone(), self.operation.clone());
            let (params, position) = (self.params.clone(), self.at.next.clone());
            let fetched = async move { adapter.fetch(&operation, &params, &position).await };
            self.pending = Some(Pending(tokio::spawn(fetched.in_current_span())));
        }
    }

    /// Reads what the page says of the list, and moves on.
    fn accept(&mut self, answer: Answer) -> Result<Page, AdapterError> {
        if answer.status == 304 {
            self.at = Cursor::end();
            return Ok(Page::unchanged(answer));
        }
        let operation = self.adapter.operation(&self.operation)?;
        let paginate = operation.paginate.as_ref();
        let mut seen = self.adapter.seen(paginate, &answer).map_err(|error| answer.error(error))?;
        let records_path = operation.records.clone().unwrap_or_default();
        let page = Page::new(answer, records_path, Cursor::default(), seen.total);
        let records = page.records()?;
        seen.records = records.len() as u64;
        if let Some(what) = paginate::lacks(paginate, &self.at, &seen) {
            return Err(page.at_this(broken_off(&what)));
        }
        let next = paginate::follow(paginate, &self.at, &seen);
        self.guard.check(&self.at, &next, &seen, &records).map_err(|error| page.at_this(error))?;
        drop(records);
        self.at = next.clone();
        Ok(page.followed_by(next))
    }
}

/// A page under way. It stops with the walk.
#[derive(Debug)]
struct Pending(JoinHandle<Result<Answer, AdapterError>>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Adapter {
    async fn fetch(
        &self,
        operation: &str,
        params: &[Param],
        position: &Position,
    ) -> Result<Answer, AdapterError> {
        let paginate = self.operation(operation)?.paginate.as_ref();
        let mut request = self.request(operation, params, &paginate::params(paginate, position))?;
        if let Position::Link(link) = position {
            request.url = self.next_page(&request.url, link).map_err(|error| error.at(operation, ""))?;
        }
        self.perform(&request).await
    }

    /// What a page says of the list, without its records.
    fn seen(&self, paginate: Option<&Paginate>, answer: &Answer) -> Result<Seen, AdapterError> {
        let number = |header: &Option<String>, path: &Option<String>| match (header, path) {
            (Some(header), _) => Ok(answer.number(header)),
            (None, Some(path)) => count(answer, path).map(Some),
            (None, None) => Ok(None),
        };
        Ok(match paginate {
            Some(Paginate::Page { last_page_header, last_page, total_header, total, .. }) => Seen {
                last_page: number(last_page_header, last_page)?,
                total: number(total_header, total)?,
                ..Seen::default()
            },
            Some(Paginate::Offset { total_header, total, .. }) => {
                Seen { total: number(total_header, total)?, ..Seen::default() }
            }
            Some(Paginate::Cursor { next, more, .. }) => Seen {
                token: match goes_on(answer, more.as_deref())? {
                    Some(false) => None,
                    Some(true) => Some(token(answer, next)?.ok_or_else(|| lost(next))?),
                    None => token(answer, next)?,
                },
                ..Seen::default()
            },
            Some(Paginate::NextUrl { next, .. }) => {
                let link = match token(answer, next)? {
                    Some(Position::Token(link)) => Some(self.next_page(&answer.from, &link)?.to_string()),
                    Some(_) => return Err(no_address()),
                    None => None,
                };
                Seen { link, ..Seen::default() }
            }
            Some(Paginate::LinkHeader { .. }) => Seen { link: self.link(answer)?, ..Seen::default() },
            None | Some(Paginate::Whole {}) => Seen::default(),
        })
    }

    /// The next page's address without our keys, ready to be stored.
    fn link(&self, answer: &Answer) -> Result<Option<String>, AdapterError> {
        let headers = answer.headers.get_all(LINK);
        let link = headers.iter().filter_map(|header| paginate::next_link(header.to_str().ok()?)).next();
        link.map(|link| self.next_page(&answer.from, link).map(String::from)).transpose()
    }

    /// A next page's address on our own server, without the keys that some servers repeat in it.
    fn next_page(&self, current: &Url, link: &str) -> Result<Url, AdapterError> {
        let base = self.base();
        let mut url = match base.same_server(current, link) {
            Ok(url) => url,
            Err(Elsewhere::Other(url)) if is_unencrypted_twin(&base.url, &url) => on_base(&base.url, &url),
            Err(Elsewhere::Https(url) | Elsewhere::Other(url)) => {
                return Err(AdapterError::config(format!(
                    "The list goes on at another address, {}, which was not followed.",
                    address::origin(&url)
                ))
                .hint(format!("If that is the right shop, set `{}` to it.", base.setting)));
            }
            Err(Elsewhere::NoAddress) => {
                return Err(no_address());
            }
        };
        self.credentials().strip(&mut url);
        remove_query(&mut url, |_, value| self.redactor().finds_in(value));
        Ok(url)
    }
}

/// A shop behind a proxy that ends TLS often writes `http://` into its own addresses.
fn is_unencrypted_twin(base: &Url, link: &Url) -> bool {
    base.scheme() == "https"
        && link.scheme() == "http"
        && link.host() == base.host()
        && link.port().is_none()
        && base.port().is_none()
}

fn on_base(base: &Url, link: &Url) -> Url {
    let mut url = base.clone();
    url.set_path(link.path());
    url.set_query(link.query());
    url
}

/// A number that the answer has to tell: without it nobody knows where the list ends.
fn count(answer: &Answer, at: &str) -> Result<u64, AdapterError> {
    let json = answer.json()?;
    let found = path::find(&json, at);
    let number = match found {
        Some(Json::Int(number)) => u64::try_from(*number).ok(),
        Some(Json::Str(text)) => text.parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| {
        let found = found.map_or_else(|| "nothing".to_owned(), page::described);
        AdapterError::config(format!("A number was expected at `{at}`, but the answer has {found}."))
            .hint("Check `total` and `last_page` of `paginate` in the definition.")
    })
}

fn no_address() -> AdapterError {
    AdapterError::config("What the server gives as the next page's address is none.")
}

/// The list broke off. It may go on when it is asked again, at the same page.
fn broken_off(what: &str) -> AdapterError {
    AdapterError::new(ErrorClass::Transient, format!("The list broke off: {what}.")).hint(
        "The next run asks for this page again. If it stays empty, the server counts records that it does not give: \
         ask it for what it gives, or take `total` and `last_page` out of `paginate` in the definition.",
    )
}

/// More follows, and nobody knows where.
fn lost(next: &str) -> AdapterError {
    AdapterError::config(format!("More follows, but the answer has no cursor at `{next}`."))
        .hint("Check `next` of `paginate` in the definition.")
}

/// Whether the list goes on; `None`: the answer has no path that tells it.
fn goes_on(answer: &Answer, at: Option<&str>) -> Result<Option<bool>, AdapterError> {
    let Some(at) = at else { return Ok(None) };
    let json = answer.json()?;
    match path::find(&json, at) {
        Some(Json::Bool(more)) => Ok(Some(*more)),
        found => {
            let found = found.map_or_else(|| "nothing".to_owned(), page::described);
            let message = format!("True or false was expected at `{at}`, but the answer has {found}.");
            Err(AdapterError::config(message).hint("Check `more` of `paginate` in the definition."))
        }
    }
}

/// The next page's cursor; absent, null, false and empty end the list.
fn token(answer: &Answer, at: &str) -> Result<Option<Position>, AdapterError> {
    let json = answer.json()?;
    match path::find(&json, at) {
        None | Some(Json::Null | Json::Bool(false)) => Ok(None),
        Some(Json::Str(text)) if text.is_empty() => Ok(None),
        Some(Json::Str(text)) => Ok(Some(Position::Token(text.to_string()))),
        Some(Json::Int(number)) => Ok(Some(Position::Number(*number))),
        Some(other) => {
            let (found, of) = (page::described(other), "neither text nor a whole number");
            Err(AdapterError::config(format!("The next cursor at `{at}` is {found}, {of}.")))
        }
    }
}
