//! `host:port` as the simulation reads it. It resolves no names beyond those of nodes.

use std::io;

/// Splits `address`, with the names that mean "this very node" replaced by `own`.
pub(super) fn parse<'a>(address: &'a str, own: &'a str) -> io::Result<(&'a str, u16)> {
    let invalid =
        || io::Error::new(io::ErrorKind::InvalidInput, format!("not host:port: {address:?}"));
    let (host, port) = address.rsplit_once(':').ok_or_else(invalid)?;
    let port = port.parse().map_err(|_| invalid())?;
    match host {
        "" => Err(invalid()),
        "0.0.0.0" | "127.0.0.1" | "localhost" | "[::]" | "[::1]" => Ok((own, port)),
        name => Ok((name, port)),
    }
}
