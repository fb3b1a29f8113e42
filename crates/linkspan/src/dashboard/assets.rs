//! The files in `dashboard/`: templates, and what browsers load.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::Dashboard;

#[derive(RustEmbed)]
#[folder = "dashboard/"]
struct Files;

/// A file's text.
pub(super) fn text(path: &str) -> Option<String> {
    String::from_utf8(Files::get(path)?.data.into_owned()).ok()
}

/// Paths of all templates.
pub(super) fn templates() -> impl Iterator<Item = String> {
    Files::iter().filter(|path| path.starts_with("templates/")).map(|path| path.to_string())
}

pub(super) fn router() -> Router<Dashboard> {
    Router::new().route("/static/{name}", get(file))
}

async fn file(Path(name): Path<String>) -> Response {
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    match Files::get(&format!("static/{name}")) {
        // A new version of the program has other files under the same names.
        Some(file) => {
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], file.data).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
