//! Where an Odoo is, who logs in, and how hard it may be asked.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// How to reach one database of one Odoo server, and within which limits.
///
/// [`Config::new`] gives defaults for everything but the four things only the caller knows.
#[derive(Clone)]
pub struct Config {
    /// Address of the server, such as `https://odoo.example.com`. A path of the web client that was copied with
    /// it (`/web`, `/odoo/...`) is dropped.
    pub url: Url,
    /// Database name. On Odoo Online it is the first label of the host name.
    pub database: String,
    /// Login of the user, often an e-mail address.
    pub login: String,
    /// Password or API key of that user.
    pub secret: SecretString,
    /// `None` asks the server and takes the best that works for this secret.
    pub protocol: Option<Protocol>,
    /// Whether a cookie session may be used; only looked at when `protocol` is `None`.
    pub session: SessionUse,
    /// Time for one attempt of one call, answer included.
    pub timeout: Duration,
    /// Time to open a connection, TLS included.
    pub connect_timeout: Duration,
    /// Calls in flight at once, over all clones of the client.
    pub max_concurrency: usize,
    /// Calls in a time, over all clones of the client; `None` is no limit.
    pub rate: Option<Rate>,
    /// How often a call is repeated after the first attempt, where repeating is safe.
    pub retries: u32,
    /// An answer above this many bytes (after decompression) is dropped as [`TooLarge`](crate::Error::TooLarge).
    pub max_response_bytes: u64,
    /// Value of the `User-Agent` header.
    pub user_agent: String,
}

impl Config {
    /// The defaults: ask for the protocol, 120 s a call, 10 s to connect, 4 calls at once, no rate limit, 3
    /// repetitions, answers up to 64 MiB.
    ///
    /// For Odoo Online (`*.odoo.com`) 1 call at once and 1 a second: its fair-use rule asks for about that, and a
    /// client that keeps below it is never throttled.
    pub fn new(
        url: Url,
        database: impl Into<String>,
        login: impl Into<String>,
        secret: SecretString,
    ) -> Config {
        let online = is_odoo_online(&url);
        Config {
            url,
            database: database.into(),
            login: login.into(),
            secret,
            protocol: None,
            session: SessionUse::Auto,
            timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(10),
            max_concurrency: if online { 1 } else { 4 },
            rate: online.then(|| Rate { calls: 1, per: Duration::from_secs(1) }),
            retries: 3,
            max_response_bytes: 64 * 1024 * 1024,
            user_agent: concat!("odoo-rpc/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

// Not derived: a URL may carry a proxy's user name and password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("url", &without_credentials(&self.url).as_str())
            .field("database", &self.database)
            .field("login", &self.login)
            .field("protocol", &self.protocol)
            .field("session", &self.session)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_concurrency", &self.max_concurrency)
            .field("rate", &self.rate)
            .field("retries", &self.retries)
            .field("max_response_bytes", &self.max_response_bytes)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

/// The ways into Odoo this crate speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `/json/2/<model>/<method>` with an API key; Odoo 19.0 and later.
    Json2,
    /// The web client's own calls (`/web/dataset/call_kw`) with a session cookie; password only.
    Session,
    /// `/jsonrpc`; password or API key. Odoo announces its removal for 22.0.
    JsonRpc,
    /// `/xmlrpc/2/object`; password or API key. Odoo announces its removal for 22.0.
    XmlRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Json2 => "JSON-2",
            Protocol::Session => "web session",
            Protocol::JsonRpc => "JSON-RPC",
            Protocol::XmlRpc => "XML-RPC",
        })
    }
}

/// Whether to log in as the web client does and send a cookie, instead of the secret with every call.
///
/// With the secret in every call Odoo has to hash it again (a third of a second of its CPU) whenever its caches
/// were cleared, which creating a product does. A session is checked once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SessionUse {
    /// A session where it is known to work: the secret is a password (an API key opens no session), the user has
    /// no second factor, and the server is not Odoo Online. There the documented API depends on the plan, and
    /// whether the web client's own calls may stand in for it is for the customer to decide, with
    /// [`SessionUse::Always`].
    #[default]
    Auto,
    /// The secret goes with every call.
    Never,
    /// A session, or an error if the server gives none.
    Always,
}

/// At most `calls` in `per`, spread evenly, with bursts up to `calls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Number of calls; 0 counts as 1.
    pub calls: u32,
    /// The time they are counted in.
    pub per: Duration,
}

/// Odoo's own hosting, whose terms limit how it may be called.
pub(crate) fn is_odoo_online(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host == "odoo.com" || host.ends_with(".odoo.com"))
}

/// The address for messages: no user name, no password.
pub(crate) fn without_credentials(url: &Url) -> Url {
    let mut shown = url.clone();
    // Fails only for addresses that cannot hold credentials.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown
}
