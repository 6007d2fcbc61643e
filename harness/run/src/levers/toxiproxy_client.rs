//! A thin adapter over the `toxiproxy_rust` client, for engines with real sockets.
//!
//! The client blocks, never looks at an HTTP status, panics on transport errors and names every
//! toxic `type_stream`. So it is made, used and dropped on a blocking thread, a panic becomes an
//! error, and every change is read back over plain HTTP. It has no reset_peer, no updates and no
//! removal of a single toxic: those go over plain HTTP altogether (`toxiproxy`).

use super::toxiproxy;
use crate::stage::{Control, PROXY};
use squall_model::lever::{Stream, Toxic};

/// Adds the toxic and gives the name it has at the proxy; `None` where the client cannot do it.
pub(crate) async fn add(
    control: &Control,
    link: &str,
    toxic: &Toxic,
) -> Result<Option<String>, String> {
    let stream = match toxic.stream {
        Stream::Upstream => "upstream",
        Stream::Downstream => "downstream",
    };
    let name = format!("{}_{stream}", toxic.kind);
    let Some(attributes) = Attributes::of(toxic) else { return Ok(None) };
    // Another fault of this kind stands there: the client could only collide with its name.
    if toxiproxy::exists(control, link, &name).await? {
        return Ok(None);
    }
    let (kind, toxicity) = (toxic.kind.clone(), toxic.toxicity as f32);
    with_proxy(control, link, move |proxy| {
        let at = |key: &str| attributes.get(key);
        let stream = stream.to_owned();
        match kind.as_str() {
            "latency" => proxy.with_latency(stream, at("latency"), at("jitter"), toxicity),
            "bandwidth" => proxy.with_bandwidth(stream, at("rate"), toxicity),
            "slow_close" => proxy.with_slow_close(stream, at("delay"), toxicity),
            "timeout" => proxy.with_timeout(stream, at("timeout"), toxicity),
            "limit_data" => proxy.with_limit_data(stream, at("bytes"), toxicity),
            _ => {
                let (size, variation) = (at("average_size"), at("size_variation"));
                proxy.with_slicer(stream, size, variation, at("delay"), toxicity)
            }
        };
        Ok(())
    })
    .await?;
    toxiproxy::is_there(control, link, &name, toxic).await?;
    Ok(Some(name))
}

/// Switches the link's proxy on or off; the caller reads it back.
pub(crate) async fn switch(control: &Control, link: &str, on: bool) -> Result<(), String> {
    with_proxy(control, link, move |proxy| if on { proxy.enable() } else { proxy.disable() }).await
}

/// The attributes as the client takes them: unsigned 32 bits, for the kinds that it knows.
struct Attributes(Vec<(String, u32)>);

impl Attributes {
    fn of(toxic: &Toxic) -> Option<Attributes> {
        const KNOWN: [&str; 6] =
            ["latency", "bandwidth", "slow_close", "timeout", "slicer", "limit_data"];
        if !KNOWN.contains(&toxic.kind.as_str()) {
            return None;
        }
        let fits = |(key, value): (&String, &i64)| Some((key.clone(), u32::try_from(*value).ok()?));
        toxic.attributes.iter().map(fits).collect::<Option<Vec<_>>>().map(Attributes)
    }

    fn get(&self, key: &str) -> u32 {
        self.0.iter().find(|(name, _)| name == key).map_or(0, |(_, value)| *value)
    }
}

async fn with_proxy<F>(control: &Control, link: &str, act: F) -> Result<(), String>
where
    F: FnOnce(&toxiproxy_rust::proxy::Proxy) -> Result<(), String> + Send + 'static,
{
    let address = control
        .directory()
        .control(PROXY)
        .ok_or_else(|| "the fault proxy has no known control port".to_owned())?;
    let link = link.to_owned();
    let done = tokio::task::spawn_blocking(move || {
        let client = toxiproxy_rust::client::Client::new(address.as_str());
        act(&client.find_proxy(&link)?)
    });
    done.await.map_err(|_| "the Toxiproxy client panicked".to_owned())?
}
