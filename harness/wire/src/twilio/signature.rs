//! X-Twilio-Signature: base64(HMAC-SHA1(auth token, URL + every form key and value, keys sorted)).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use url::form_urlencoded::parse;

/// The signature of a form posted to `url`, which stands as the sender was told it.
pub fn of_form(secret: &str, url: &str, form: &[u8]) -> String {
    digest(secret, url, form)
        .map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default()
}

/// Compares in constant time.
pub fn verify(secret: &str, url: &str, form: &[u8], given: &str) -> bool {
    let (Some(mac), Ok(given)) = (digest(secret, url, form), STANDARD.decode(given)) else {
        return false;
    };
    mac.verify_slice(&given).is_ok()
}

/// HMAC takes a key of any length: there is always a digest.
fn digest(secret: &str, url: &str, form: &[u8]) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(url.as_bytes());
    let mut pairs: Vec<_> = parse(form).collect();
    pairs.sort();
    for (key, value) in pairs {
        mac.update(key.as_bytes());
        mac.update(value.as_bytes());
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with the `RequestValidator` of the Python SDK.
    #[test]
    fn the_signature_is_the_sdks() {
        let form = b"To=%2B18005551212&CallSid=CA1234567890ABCDE&From=%2B14158675310&Digits=1234&Caller=%2B14158675310";
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let signed = of_form("12345", url, form);
        assert_eq!(signed, "GvWf1cFY/Q7PnoempGyD5oXAezc=");
        assert!(verify("12345", url, form, &signed));
        assert!(!verify("12345", url, &form[1..], &signed));
        assert!(!verify("12345", url, form, "no base64!"));
    }
}
