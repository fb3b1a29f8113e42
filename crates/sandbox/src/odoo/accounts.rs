//! Who may come in through which door.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::orm::User;
use super::spec::{OdooSpec, UserSpec};

/// How a user proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// XML-RPC, JSON-RPC: password or API key; the key only, once a second factor is on.
    Call,
    /// Cookie session: the password only.
    Session,
}

/// What signing in gave.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    Refused,
    /// The password is right, the second factor is missing.
    SecondFactor,
    In(User),
}

/// The users of a spec and their cookie sessions.
#[derive(Debug)]
pub(crate) struct Accounts {
    users: Vec<UserSpec>,
    lang: String,
    sessions: Mutex<HashMap<String, u32>>,
}

/// The id of the first user of a spec, the administrator's in Odoo.
const FIRST_USER: u32 = 2;

impl Accounts {
    pub(crate) fn new(spec: &OdooSpec) -> Accounts {
        Accounts { users: spec.users.clone(), lang: spec.lang.clone(), sessions: Mutex::default() }
    }

    pub(crate) fn user(&self, id: u32) -> Option<User> {
        let spec = self.users.get(id.checked_sub(FIRST_USER)? as usize)?;
        Some(User { id, rights: spec.rights, lang: spec.lang.clone().unwrap_or_else(|| self.lang.clone()) })
    }

    pub(crate) fn login(&self, id: u32) -> Option<&str> {
        self.users.get(id.checked_sub(FIRST_USER)? as usize).map(|user| user.login.as_str())
    }

    /// Signs in by login and password or key.
    pub(crate) fn sign_in(&self, login: &str, secret: &str, door: Door) -> SignIn {
        let place = self.users.iter().position(|user| user.login == login);
        place.map_or(SignIn::Refused, |place| self.check(FIRST_USER + place as u32, secret, door))
    }

    /// Checks the secret of a known id, as each call of `object` does.
    pub(crate) fn check(&self, id: u32, secret: &str, door: Door) -> SignIn {
        let Some(user) = self.user(id) else { return SignIn::Refused };
        let spec = &self.users[(id - FIRST_USER) as usize];
        let by_key = spec.api_key.as_deref() == Some(secret);
        let by_password = spec.password == secret;
        match door {
            Door::Call if by_key || (by_password && !spec.second_factor) => SignIn::In(user),
            Door::Session if by_password && spec.second_factor => SignIn::SecondFactor,
            Door::Session if by_password => SignIn::In(user),
            _ => SignIn::Refused,
        }
    }

    /// The user of a JSON-2 bearer key.
    pub(crate) fn by_key(&self, key: &str) -> Option<User> {
        let place = self.users.iter().position(|user| user.api_key.as_deref() == Some(key))?;
        self.user(FIRST_USER + place as u32)
    }

    /// Opens a cookie session and gives its id.
    pub(crate) fn open_session(&self, user: u32) -> String {
        let id: String = (0..5).map(|_| format!("{:08x}", rand::random::<u32>())).collect();
        self.sessions().insert(id.clone(), user);
        id
    }

    pub(crate) fn session(&self, id: &str) -> Option<User> {
        let user = self.sessions().get(id).copied()?;
        self.user(user)
    }

    pub(crate) fn close_session(&self, id: &str) {
        self.sessions().remove(id);
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, u32>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
