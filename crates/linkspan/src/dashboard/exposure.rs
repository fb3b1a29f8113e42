//! Whether the dashboard may listen where it is told to.

use std::net::SocketAddr;

/// Refuses an address that others can reach while there is no account: whoever comes first must not find an open door,
/// and a dashboard that nobody can sign in to is of no use there either.
pub fn check_exposure(address: SocketAddr, has_account: bool) -> Result<(), String> {
    if address.ip().to_canonical().is_loopback() || has_account {
        return Ok(());
    }
    Err(format!(
        "{address} can be reached from other machines, and there is no account to sign in with. Make one first: \
         `linkspan accounts add <name> --role operator --password-stdin`. Or listen on 127.0.0.1:{} only",
        address.port()
    ))
}

#[cfg(test)]
mod tests {
    use super::check_exposure;

    #[test]
    fn it_refuses_to_start_open_to_the_world_without_an_account_and_says_how() {
        for open in ["0.0.0.0:80", "[::]:80", "192.168.1.5:80", "[::ffff:10.0.0.1]:80"] {
            let refused = check_exposure(open.parse().expect("an address"), false).expect_err(open);
            assert!(refused.contains("linkspan accounts add"), "{refused}");
            assert_eq!(check_exposure(open.parse().expect("an address"), true), Ok(()), "{open}");
        }
        for closed in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(check_exposure(closed.parse().expect("an address"), false), Ok(()), "{closed}");
        }
    }
}
