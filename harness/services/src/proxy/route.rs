//! Which path means what, as Toxiproxy's router reads it.

use http::Method;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Version,
    Proxies,
    Populate,
    Reset,
    Metrics,
    /// Ours, under a prefix that Toxiproxy will not take.
    Seed,
    Proxy(String),
    Toxics(String),
    Toxic(String, String),
}

/// What a path comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Routed {
    Known(Route),
    Unknown,
    /// The same without doubled slashes and dots.
    Moved(String),
    /// Not a path: broken percent-encoding.
    Malformed,
}

pub(super) fn route(path: &str) -> Routed {
    let Some(path) = decoded(path) else { return Routed::Malformed };
    let clean = cleaned(&path);
    if clean != path {
        return Routed::Moved(clean);
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let known = match segments.as_slice() {
        ["version"] => Route::Version,
        ["proxies"] => Route::Proxies,
        ["populate"] => Route::Populate,
        ["reset"] => Route::Reset,
        ["metrics"] => Route::Metrics,
        ["squall", "seed"] => Route::Seed,
        [_, .., ""] => return Routed::Unknown,
        ["proxies", proxy] => Route::Proxy((*proxy).to_owned()),
        ["proxies", proxy, "toxics"] => Route::Toxics((*proxy).to_owned()),
        ["proxies", proxy, "toxics", toxic] => {
            Route::Toxic((*proxy).to_owned(), (*toxic).to_owned())
        }
        _ => return Routed::Unknown,
    };
    Routed::Known(known)
}

impl Route {
    /// Whether the path answers `method`.
    pub(super) fn allows(&self, method: &Method) -> bool {
        let methods: &[Method] = match self {
            Route::Metrics => return true,
            Route::Version | Route::Seed => &[Method::GET],
            Route::Populate | Route::Reset => &[Method::POST],
            Route::Proxies | Route::Toxics(_) => &[Method::GET, Method::POST],
            Route::Proxy(_) | Route::Toxic(..) => {
                &[Method::GET, Method::POST, Method::PATCH, Method::DELETE]
            }
        };
        methods.contains(method)
    }
}

fn decoded(path: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? * 16 + digit()?) as u8
            }
            octet => octet,
        });
    }
    Some(String::from_utf8_lossy(&octets).into_owned())
}

fn cleaned(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let slash = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_mean_what_they_mean_to_toxiproxy() {
        let proxy = |name: &str| Routed::Known(Route::Proxy(name.to_owned()));
        for (path, expected) in [
            ("/version", Routed::Known(Route::Version)),
            ("/proxies/a%20b", proxy("a b")),
            ("/proxies/a/toxics", Routed::Known(Route::Toxics("a".into()))),
            ("/proxies/a/toxics/b", Routed::Known(Route::Toxic("a".into(), "b".into()))),
            ("/proxies/", Routed::Unknown),
            ("/proxies/a/", Routed::Unknown),
            ("/proxies/a%2Fb", Routed::Unknown),
            ("/", Routed::Unknown),
            ("/proxies//a", Routed::Moved("/proxies/a".into())),
            ("//proxies/../version", Routed::Moved("/version".into())),
            ("/proxies/%zz", Routed::Malformed),
            ("/proxies/%4", Routed::Malformed),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
