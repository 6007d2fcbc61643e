//! The request for a call's TwiML: the parameters of the call as a signed form, or in the query.

use super::callback::SIGNATURE;
use super::create::FORM;
use super::{CallCallback, signature};
use crate::twiml::Method as Asking;
use bytes::Bytes;
use http::{Method, header};
use url::Url;

/// Asks `url` for a document, in absolute form, about the call that `call` describes; `more` are
/// parameters beside it, such as the Digits of a Gather. `None` for a URL that is not plain HTTP with a
/// host.
///
/// As Twilio documents it: POST carries the parameters as a form, GET adds them to the query, and the
/// signature is over the URL as it was asked for, with the form.
pub fn request(
    asking: Asking,
    url: &Url,
    call: &CallCallback,
    more: &[(&str, &str)],
    secret: &str,
) -> Option<http::Request<Bytes>> {
    if url.scheme() != "http" || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    let mut form = call.form();
    form.append_pair("Direction", "outbound-api").extend_pairs(more);
    let form = form.finish();
    let mut url = url.clone();
    url.set_fragment(None);
    let builder = http::Request::builder();
    match asking {
        Asking::Post => builder
            .method(Method::POST)
            .uri(url.as_str())
            .header(header::CONTENT_TYPE, FORM)
            .header(SIGNATURE, signature::of_form(secret, url.as_str(), form.as_bytes()))
            .body(Bytes::from(form))
            .ok(),
        Asking::Get => {
            let query = match url.query() {
                Some(query) if !query.is_empty() => format!("{query}&{form}"),
                _ => form,
            };
            url.set_query(Some(&query));
            builder
                .method(Method::GET)
                .uri(url.as_str())
                .header(SIGNATURE, signature::of_form(secret, url.as_str(), b""))
                .body(Bytes::new())
                .ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_methods_carry_the_call_and_are_signed() {
        let call = CallCallback { call_sid: "CA1".into(), ..CallCallback::default() };
        let url: Url = "http://scripts/keys?a=b#rc=3".parse().expect("a URL");
        let post = request(Asking::Post, &url, &call, &[("Digits", "1#")], "s").expect("a request");
        assert_eq!(post.uri(), "http://scripts/keys?a=b");
        assert_eq!(CallCallback::parse(post.body()), Some(call.clone()));
        let body = String::from_utf8_lossy(post.body()).into_owned();
        assert!(body.ends_with("&Digits=1%23"), "{body}");
        let given = post.headers()[SIGNATURE].to_str().expect("text");
        assert!(signature::verify("s", "http://scripts/keys?a=b", post.body(), given));

        let get = request(Asking::Get, &url, &call, &[], "s").expect("a request");
        let query = get.uri().query().expect("a query");
        assert!(query.starts_with("a=b&AccountSid=&"), "{query}");
        assert_eq!(CallCallback::parse(query.as_bytes()), Some(call.clone()));
        assert!(get.body().is_empty());
        for wrong in ["https://scripts/", "mailto:a@b"] {
            let url: Url = wrong.parse().expect("a URL");
            assert!(request(Asking::Get, &url, &call, &[], "s").is_none(), "{wrong}");
        }
    }
}
