//! The adapter against real servers on loopback.

mod authentication;
mod bodies;
mod connections;
mod dialects;
mod endless;
mod errors;
mod login;
mod oauth;
mod redirects;
mod requests;
mod retries;
mod rotation;
mod secrecy;
mod sharing;
mod shop;
mod walking;
