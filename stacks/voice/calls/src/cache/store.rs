//! The answers that are kept: in memory, by URL and by the fields that they vary with, the least
//! recently used of them given up first when their octets exceed the bound.

use super::freshness::Freshness;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Answers kept of one URL that vary with fields of the request.
const VARIANTS: usize = 16;

/// An answer, whole.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub status: StatusCode,
    /// Without those of one connection, and without `Age`.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub freshness: Freshness,
    /// Fields that `Vary` names, as they stood in the request.
    selected_by: Vec<(HeaderName, Vec<HeaderValue>)>,
}

#[derive(Debug)]
pub(super) struct Store {
    /// Octets of bodies, fields and URLs at most.
    most: usize,
    octets: usize,
    entries: BTreeMap<u64, Entry>,
    by_url: BTreeMap<Arc<str>, Vec<u64>>,
    /// When it was used last → which one.
    by_use: BTreeMap<u64, u64>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    url: Arc<str>,
    kept: Arc<Kept>,
    octets: usize,
    used: u64,
}

impl Kept {
    /// An answer to a request with the fields `asked`.
    pub(super) fn new(
        asked: &HeaderMap,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        freshness: Freshness,
    ) -> Kept {
        let selected_by = varies(&headers).map(|name| (name.clone(), values(asked, &name)));
        let selected_by = selected_by.collect();
        Kept { status, headers, body, freshness, selected_by }
    }

    fn is_for(&self, asked: &HeaderMap) -> bool {
        self.selected_by.iter().all(|(name, values_then)| values(asked, name) == *values_then)
    }

    fn octets(&self) -> usize {
        let fields = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        self.body.len() + fields.sum::<usize>()
    }
}

impl Store {
    pub(super) fn new(most: usize) -> Store {
        let (entries, by_url, by_use) = Default::default();
        Store { most, octets: 0, entries, by_url, by_use, next: 0 }
    }

    /// The latest answer kept that a request with the fields `asked` selects, fresh or not.
    pub(super) fn find(&mut self, url: &str, asked: &HeaderMap) -> Option<Arc<Kept>> {
        let ids = self.by_url.get(url)?;
        let of = |id: &u64| self.entries.get(id).is_some_and(|entry| entry.kept.is_for(asked));
        let id = ids.iter().rev().copied().find(|id| of(id))?;
        self.next += 1;
        let entry = self.entries.get_mut(&id)?;
        self.by_use.remove(&entry.used);
        entry.used = self.next;
        self.by_use.insert(entry.used, id);
        Some(entry.kept.clone())
    }

    /// Keeps an answer in the place of the one that the same request selected. Gives the number of
    /// others that had to go; `None` where it is larger than the whole store.
    pub(super) fn keep(&mut self, url: &str, asked: &HeaderMap, kept: Arc<Kept>) -> Option<u64> {
        let octets = kept.octets() + url.len();
        if octets > self.most {
            return None;
        }
        let known = self.by_url.get(url).cloned().unwrap_or_default();
        let (mut same, others): (Vec<u64>, Vec<u64>) = known
            .into_iter()
            .partition(|id| self.entries.get(id).is_some_and(|entry| entry.kept.is_for(asked)));
        if others.len() >= VARIANTS {
            same.extend(others.first());
        }
        same.into_iter().for_each(|id| self.drop_entry(id));
        let mut evicted = 0;
        while self.octets + octets > self.most
            && let Some((_, id)) = self.by_use.pop_first()
        {
            self.drop_entry(id);
            evicted += 1;
        }
        self.next += 1;
        let (id, url): (u64, Arc<str>) = (self.next, url.into());
        self.octets += octets;
        self.by_use.insert(id, id);
        self.by_url.entry(url.clone()).or_default().push(id);
        self.entries.insert(id, Entry { url, kept, octets, used: id });
        Some(evicted)
    }

    fn drop_entry(&mut self, id: u64) {
        let Some(entry) = self.entries.remove(&id) else { return };
        self.octets -= entry.octets;
        self.by_use.remove(&entry.used);
        if let Some(ids) = self.by_url.get_mut(&entry.url) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_url.remove(&entry.url);
            }
        }
    }
}

/// The names in `Vary`; `*` never gets here.
fn varies(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    headers
        .get_all(header::VARY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(size: usize, vary: &str, asked: &HeaderMap) -> Arc<Kept> {
        let mut headers = HeaderMap::new();
        if !vary.is_empty() {
            headers.insert(header::VARY, vary.parse().expect("a value"));
        }
        let freshness = Freshness::of(&headers, 0, 0);
        let body = Bytes::from(vec![0; size]);
        Arc::new(Kept::new(asked, StatusCode::OK, headers, body, freshness))
    }

    fn speaks(language: &str) -> HeaderMap {
        let mut asked = HeaderMap::new();
        asked.insert(header::ACCEPT_LANGUAGE, language.parse().expect("a value"));
        asked
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let (mut store, none) = (Store::new(30), HeaderMap::new());
        for url in ["a", "b", "c"] {
            assert_eq!(store.keep(url, &none, kept(9, "", &none)), Some(0));
        }
        assert!(store.find("a", &none).is_some());
        assert_eq!(store.keep("d", &none, kept(9, "", &none)), Some(1));
        assert!(store.find("b", &none).is_none() && store.find("a", &none).is_some());
        assert_eq!(store.keep("e", &none, kept(29, "", &none)), Some(3));
        assert_eq!(store.keep("f", &none, kept(30, "", &none)), None, "larger than all");
        assert!(store.find("e", &none).is_some());
        assert_eq!((store.octets, store.entries.len(), store.by_url.len()), (30, 1, 1));
    }

    #[test]
    fn variants_stand_side_by_side_and_an_answer_replaces_its_own() {
        let mut store = Store::new(10_000);
        for language in ["id", "en", "id"] {
            let asked = speaks(language);
            store.keep("a", &asked, kept(language.len(), "Accept-Language", &asked));
        }
        assert!(
            store.find("a", &speaks("id")).is_some() && store.find("a", &speaks("en")).is_some()
        );
        assert!(store.find("a", &speaks("de")).is_none());
        assert_eq!(store.entries.len(), 2);
        for n in 0..100 {
            let asked = speaks(&n.to_string());
            store.keep("a", &asked, kept(1, "Accept-Language", &asked));
        }
        assert_eq!(store.entries.len(), VARIANTS);
        assert!(store.find("a", &speaks("99")).is_some());
    }
}
