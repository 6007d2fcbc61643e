//! Callback URLs: where to dial, and what to ask for there.

use url::Url;

/// `host:port`, and path with query. `None` for a URL that is not plain HTTP with a host.
pub fn target(url: &str) -> Option<(String, String)> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let address = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    Some((address, target))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn a_url_is_dialled_by_host_and_port() {
        let own = |(address, target): (&str, &str)| Some((address.to_owned(), target.to_owned()));
        assert_eq!(target("http://gateway-1:7001/s?m=1"), own(("gateway-1:7001", "/s?m=1")));
        assert_eq!(target("http://sender"), own(("sender:80", "/")));
        for wrong in ["ftp://x/", "https://x/", "x", "", "http://"] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }
}
