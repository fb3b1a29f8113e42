#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on fails"))]

mod client;
mod config;
mod connect;
mod error;
mod fault;
mod http;
mod limits;
mod load;
mod protocol;
mod records;
mod retry;
mod stream;
mod version;

pub use client::Client;
pub use config::{Config, Protocol, Rate, SessionUse};
pub use error::{Class, Error};
pub use load::{LoadMessage, LoadResult};
pub use records::{Record, SearchOptions};
pub use retry::Repeat;
pub use version::{Series, Version};

/// Installs ring as the process's TLS cryptography unless another is installed already.
///
/// [`Client::connect`] does this by itself; call it first in `main` only to be sure that ring is the one.
pub fn install_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only if another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
