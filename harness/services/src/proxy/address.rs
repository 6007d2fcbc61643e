//! Listen addresses as Go reads and prints them, and its words for what is wrong with them.
//!
//! Clients compare these texts. Names other than `localhost` are left to the platform.

use squall_platform::{Listener, Node};
use std::io;

/// The address with the host written out: `localhost` is 127.0.0.1, no host is every interface.
///
/// # Errors
/// Go's text, without the operation before it.
pub(super) fn resolve(address: &str) -> Result<String, String> {
    if address.is_empty() {
        return Ok("[::]:0".to_owned());
    }
    let (host, port) = split(address)?;
    match port.parse::<u32>() {
        _ if port.is_empty() => {}
        Ok(0..=65_535) => {}
        Ok(_) => return Err(format!("address {port}: invalid port")),
        Err(_) => return Err(format!("lookup tcp/{port}: unknown port")),
    }
    let port = if port.is_empty() { "0" } else { port };
    Ok(match host {
        "" => format!("[::]:{port}"),
        "localhost" => format!("127.0.0.1:{port}"),
        host if host.contains(':') => format!("[{host}]:{port}"),
        host => format!("{host}:{port}"),
    })
}

fn split(address: &str) -> Result<(&str, &str), String> {
    let wrong = |what: &str| Err(format!("address {address}: {what}"));
    let Some((host, port)) = address.rsplit_once(':') else {
        return wrong("missing port in address");
    };
    match host.strip_prefix('[') {
        Some(inside) => match inside.strip_suffix(']') {
            Some(host) => Ok((host, port)),
            None if inside.contains(']') => wrong("missing port in address"),
            None => wrong("missing ']' in address"),
        },
        None if host.contains(':') => wrong("too many colons in address"),
        None => Ok((host, port)),
    }
}

/// Listens on a resolved address.
///
/// # Errors
/// Go's text.
pub(super) async fn listen(node: &Node, resolved: &str) -> Result<Listener, String> {
    let bound = match (node.bind(resolved).await, resolved.strip_prefix("[::]:")) {
        (Err(error), Some(port)) if error.kind() != io::ErrorKind::AddrInUse => {
            // No IPv6 here: every interface that there is.
            node.bind(&format!("0.0.0.0:{port}")).await
        }
        (bound, _) => bound,
    };
    bound.map_err(|error| {
        let what = match error.kind() {
            io::ErrorKind::AddrInUse => "bind: address already in use".to_owned(),
            io::ErrorKind::PermissionDenied => "bind: permission denied".to_owned(),
            io::ErrorKind::AddrNotAvailable => "bind: cannot assign requested address".to_owned(),
            _ => error.to_string(),
        };
        format!("listen tcp {resolved}: {what}")
    })
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn addresses_read_as_in_go() {
        for (given, resolved) in [
            ("localhost:8080", "127.0.0.1:8080"),
            (":8080", "[::]:8080"),
            ("", "[::]:0"),
            ("0.0.0.0:1", "0.0.0.0:1"),
            ("[::1]:5", "[::1]:5"),
            ("queue-1:7000", "queue-1:7000"),
        ] {
            assert_eq!(resolve(given).as_deref(), Ok(resolved));
        }
        for (given, error) in [
            ("bad", "address bad: missing port in address"),
            ("localhost:99999", "address 99999: invalid port"),
            ("a:b:1", "address a:b:1: too many colons in address"),
            ("a:http", "lookup tcp/http: unknown port"),
        ] {
            assert_eq!(resolve(given).expect_err(given), error);
        }
    }
}
