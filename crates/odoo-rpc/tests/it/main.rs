//! Against loopback servers that answer as Odoo and its proxies do, and, when asked, against a real Odoo.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod connecting;
mod failures;
mod live;
mod odoo;
mod paging;
mod repeating;
mod secrets;
mod server;
