//! What RFC 9111 says, case by case.

use super::*;
use http::HeaderName;

const NOW_US: u64 = 1_768_003_200 * SECOND_US;
const NOW: &str = "Sat, 10 Jan 2026 00:00:00 GMT";

fn headers(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a field");
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, value.parse().expect("a value"));
    }
    headers
}

fn of(lines: &[&str]) -> Freshness {
    Freshness::of(&headers(lines), NOW_US, NOW_US)
}

fn kept(asked: &[&str], status: u16, answer: &[&str]) -> bool {
    let status = StatusCode::from_u16(status).expect("a status");
    storable(&headers(asked), status, &headers(answer))
}

/// For how many seconds a plain request is served.
fn fresh_s(freshness: Freshness) -> u64 {
    let plain = Directives::default();
    let served = |second: &u64| freshness.serves(&plain, NOW_US + second * SECOND_US);
    (0..200_000).take_while(served).count() as u64
}

#[test]
fn what_is_not_everybodys_is_not_kept() {
    let signed = &["authorization: Basic eA=="][..];
    for (asked, status, answer, may) in [
        (&[][..], 200, &["cache-control: max-age=60"][..], true),
        (&[], 200, &[], true),
        (&[], 200, &["cache-control: no-store, max-age=60"], false),
        (&[], 200, &["cache-control: Private, max-age=60"], false),
        (&["cache-control: no-store"], 200, &["cache-control: max-age=60"], false),
        (signed, 200, &["cache-control: max-age=60"], false),
        (signed, 200, &["cache-control: max-age=60, public"], true),
        (signed, 200, &["cache-control: s-maxage=60"], true),
        (signed, 200, &["cache-control: must-revalidate"], true),
        (&[], 200, &["set-cookie: a=b", "cache-control: max-age=60"], false),
        (&[], 200, &["set-cookie: a=b", "cache-control: public"], true),
        (&[], 200, &["vary: accept, *"], false),
        (&[], 206, &["cache-control: max-age=60"], false),
        (&[], 404, &[], true),
        (&[], 302, &[], false),
        (&[], 302, &["expires: Sat, 10 Jan 2026 00:01:00 GMT"], true),
        (&[], 500, &["cache-control: max-age=60"], false),
    ] {
        assert_eq!(kept(asked, status, answer), may, "{asked:?} {status} {answer:?}");
    }
}

#[test]
fn a_lifetime_is_the_most_special_one_that_is_given() {
    let (date, then) = (format!("date: {NOW}"), "expires: Sat, 10 Jan 2026 00:00:30 GMT");
    for (answer, seconds) in [
        (&["cache-control: max-age=60"][..], 60),
        (&["cache-control: max-age=60, s-maxage=5", then], 5),
        (&["cache-control: max-age=60", then, &date], 60),
        (&[then, &date], 30),
        (&["expires: 0"], 0),
        (&["expires: 0", "last-modified: Thu, 01 Jan 2026 00:00:00 GMT"], 0),
        (&["cache-control: max-age=-5"], 0),
        (&["cache-control: no-cache, max-age=60"], 0),
        (&[], 0),
        (&["last-modified: Fri, 09 Jan 2026 23:43:20 GMT", &date], 100),
        (&["last-modified: Thu, 01 Jan 1970 00:00:00 GMT", &date], 86_400),
        (&["last-modified: Sun, 10 Jan 2027 00:00:00 GMT", &date], 0),
    ] {
        assert_eq!(fresh_s(of(answer)), seconds, "{answer:?}");
    }
}

#[test]
fn time_spent_on_the_way_counts() {
    assert_eq!(fresh_s(of(&["cache-control: max-age=60", "age: 20"])), 40);
    assert_eq!(
        fresh_s(of(&["cache-control: max-age=60", "date: Fri, 09 Jan 2026 23:59:30 GMT"])),
        30,
        "it lay somewhere that says no age"
    );
    let slow = Freshness::of(&headers(&["cache-control: max-age=60"]), NOW_US - SECOND_US, NOW_US);
    assert_eq!(slow.age_us(NOW_US + SECOND_US), 2 * SECOND_US);
    let mad = of(&["cache-control: max-age=60", "age: 18446744073709551615"]);
    assert_eq!(fresh_s(mad), 0);
}

#[test]
fn who_asks_may_want_it_fresher_or_take_it_staler() {
    let plain = of(&["cache-control: max-age=60"]);
    let strict = of(&["cache-control: max-age=60, must-revalidate"]);
    for (wanted, second, loose_one, strict_one) in [
        ("", 59, true, true),
        ("", 60, false, false),
        ("no-cache", 1, false, false),
        ("max-age=10", 10, true, true),
        ("max-age=10", 11, false, false),
        ("min-fresh=10", 49, true, true),
        ("min-fresh=10", 50, false, false),
        ("max-stale", 10_000, true, false),
        ("max-stale=5", 65, true, false),
        ("max-stale=5", 66, false, false),
        ("max-stale=5, max-age=10", 61, false, false),
    ] {
        let asked = Directives::of(&headers(&[&format!("cache-control: {wanted}")]));
        let at = NOW_US + second * SECOND_US;
        assert_eq!(plain.serves(&asked, at), loose_one, "{wanted} after {second} s");
        assert_eq!(strict.serves(&asked, at), strict_one, "{wanted} after {second} s, strict");
    }
}
