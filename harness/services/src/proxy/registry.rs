//! All proxies of one server, and what can be done to them.

use super::counters::Counters;
use super::entry::Entry;
use super::fault::ApiError;
use super::input::{ProxyInput, ToxicInput};
use super::link::{Link, Route};
use super::stream::Direction;
use super::toxic::Toxic;
use super::toxics::Attributes;
use squall_platform::Node;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What one series counts: direction, listener, proxy, upstream.
pub(super) type Series = (&'static str, String, String, String);

pub(super) struct Registry {
    node: Node,
    seed: u64,
    dial_timeout: Duration,
    pub(super) proxies: BTreeMap<String, Entry>,
    /// Kept when a proxy goes, as counters must not fall.
    pub(super) counted: BTreeMap<Series, Arc<Counters>>,
    toxic_ids: u64,
}

impl Registry {
    pub(super) fn new(node: Node, seed: u64, dial_timeout: Duration) -> Registry {
        let (proxies, counted) = (BTreeMap::new(), BTreeMap::new());
        Registry { node, seed, dial_timeout, proxies, counted, toxic_ids: 0 }
    }

    pub(super) fn find(&self, name: &str) -> Result<&Entry, ApiError> {
        self.proxies.get(name).ok_or_else(ApiError::proxy_not_found)
    }

    /// Creates a proxy; where it cannot listen, it is not stored.
    pub(super) async fn create(&mut self, input: ProxyInput) -> Result<&Entry, ApiError> {
        let name = given(input.name).ok_or_else(|| ApiError::missing("name"))?;
        let upstream = given(input.upstream).ok_or_else(|| ApiError::missing("upstream"))?;
        if self.proxies.contains_key(&name) {
            return Err(ApiError::proxy_exists());
        }
        let link = Link::new(&name, self.seed, self.dial_timeout);
        let mut entry = Entry::new(name, input.listen.unwrap_or_default(), upstream, link);
        let toxics: Vec<_> = input.toxics.into_iter().map(|toxic| self.toxic(toxic)).collect();
        entry.link.change(|lists| {
            for toxic in toxics {
                lists[toxic.direction as usize].push(Arc::new(toxic));
            }
        });
        if input.enabled.unwrap_or(true) {
            self.start(&mut entry).await?;
        }
        Ok(self.proxies.entry(entry.name.clone()).or_insert(entry))
    }

    /// Changes listen, upstream and enabled. A change of address closes all connections; toxics
    /// stay.
    pub(super) async fn update(
        &mut self,
        name: &str,
        input: ProxyInput,
    ) -> Result<&Entry, ApiError> {
        let mut entry = self.proxies.remove(name).ok_or_else(ApiError::proxy_not_found)?;
        let updated = self.apply(&mut entry, input).await;
        let entry = self.proxies.entry(name.to_owned()).or_insert(entry);
        updated.map(|()| &*entry)
    }

    async fn apply(&mut self, entry: &mut Entry, input: ProxyInput) -> Result<(), ApiError> {
        let listen = input.listen.unwrap_or_else(|| entry.listen.clone());
        let upstream = input.upstream.unwrap_or_else(|| entry.upstream.clone());
        let enabled = input.enabled.unwrap_or(entry.is_enabled());
        let elsewhere = entry.listens_elsewhere(&listen).map_err(ApiError::network)?;
        if elsewhere || upstream != entry.upstream {
            entry.stop().await;
            if elsewhere {
                entry.listen = listen;
            }
            entry.upstream = upstream;
        }
        match (enabled, entry.is_enabled()) {
            (true, false) => self.start(entry).await,
            (false, true) => {
                entry.stop().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn delete(&mut self, name: &str) -> Result<(), ApiError> {
        let mut entry = self.proxies.remove(name).ok_or_else(ApiError::proxy_not_found)?;
        entry.stop().await;
        Ok(())
    }

    /// Creates what is missing and replaces what differs; the names of those done, and the error
    /// that stopped it. What was done stays.
    pub(super) async fn populate(
        &mut self,
        inputs: Vec<ProxyInput>,
    ) -> (Vec<String>, Result<(), ApiError>) {
        for (at, input) in inputs.iter().enumerate() {
            for (field, value) in [("name", &input.name), ("upstream", &input.upstream)] {
                if value.as_deref().unwrap_or_default().is_empty() {
                    let missing = ApiError::missing(&format!("{field} at proxy {}", at + 1));
                    return (Vec::new(), Err(missing));
                }
            }
        }
        let mut done = Vec::new();
        for input in inputs {
            let name = input.name.clone().unwrap_or_default();
            if let Err(error) = self.place(input).await {
                return (done, Err(error));
            }
            done.push(name);
        }
        (done, Ok(()))
    }

    async fn place(&mut self, input: ProxyInput) -> Result<(), ApiError> {
        let name = input.name.as_deref().unwrap_or_default();
        if let Some(entry) = self.proxies.get(name) {
            let listen = input.listen.as_deref().unwrap_or_default();
            let elsewhere = entry.listens_elsewhere(listen).map_err(ApiError::network)?;
            if !elsewhere && input.upstream.as_ref() == Some(&entry.upstream) {
                return Ok(());
            }
            let name = name.to_owned();
            self.delete(&name).await?;
        }
        self.create(input).await.map(|_| ())
    }

    /// Starts every stopped proxy and removes every toxic, up to the first that cannot listen.
    pub(super) async fn reset(&mut self) -> Result<(), ApiError> {
        for name in self.proxies.keys().cloned().collect::<Vec<_>>() {
            let input = ProxyInput { enabled: Some(true), ..ProxyInput::default() };
            let entry = self.update(&name, input).await?;
            entry.link.change(|lists| lists.iter_mut().for_each(Vec::clear));
        }
        Ok(())
    }

    /// Stops everything, for good.
    pub(super) async fn stop(&mut self) {
        for (_, mut entry) in std::mem::take(&mut self.proxies) {
            entry.stop().await;
        }
    }

    pub(super) fn add_toxic(
        &mut self,
        proxy: &str,
        input: ToxicInput,
    ) -> Result<Arc<Toxic>, ApiError> {
        let toxic = Arc::new(self.toxic(input));
        let entry = self.find(proxy)?;
        entry.link.change(|lists| lists[toxic.direction as usize].push(toxic.clone()));
        Ok(toxic)
    }

    pub(super) fn change_toxic(
        &self,
        proxy: &str,
        toxic: &Toxic,
        toxicity: f32,
        attributes: Attributes,
    ) -> Result<Arc<Toxic>, ApiError> {
        let changed = Arc::new(Toxic { toxicity, attributes, ..toxic.clone() });
        self.find(proxy)?.link.change(|lists| {
            for slot in &mut lists[changed.direction as usize] {
                if slot.id == changed.id {
                    *slot = changed.clone();
                }
            }
        });
        Ok(changed)
    }

    pub(super) fn remove_toxic(&self, proxy: &str, name: &str) -> Result<(), ApiError> {
        let id = self.find_toxic(proxy, name)?.id;
        self.find(proxy)?
            .link
            .change(|lists| lists.iter_mut().for_each(|list| list.retain(|one| one.id != id)));
        Ok(())
    }

    pub(super) fn find_toxic(&self, proxy: &str, name: &str) -> Result<Arc<Toxic>, ApiError> {
        let lists = self.find(proxy)?.link.toxics();
        let found = lists.into_iter().flatten().find(|toxic| toxic.name == name);
        found.ok_or_else(ApiError::toxic_not_found)
    }

    fn toxic(&mut self, input: ToxicInput) -> Toxic {
        self.toxic_ids += 1;
        let ToxicInput { name, kind, direction, stream, toxicity, attributes } = input;
        let draws = Arc::default();
        let id = self.toxic_ids;
        Toxic { id, name, kind, direction, stream, toxicity, attributes, draws }
    }

    async fn start(&mut self, entry: &mut Entry) -> Result<(), ApiError> {
        let counted = &mut self.counted;
        let route = |entry: &Entry| {
            let counters = Direction::BOTH.map(|direction| {
                let (listener, upstream) = (entry.listen.clone(), entry.upstream.clone());
                let series = (direction.word(), listener, entry.name.clone(), upstream);
                counted.entry(series).or_default().clone()
            });
            Route { upstream: entry.upstream.clone(), counters }
        };
        entry.start(&self.node, route).await.map_err(ApiError::network)
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
