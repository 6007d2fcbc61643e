//! What a container may have of this machine, and how often it wanted more.

use super::daemon::said;
use super::leftovers::Labels;
use crate::engine::Meter;
use bollard::Docker;
use bollard::models::{ContainerStatsResponse, ContainerUpdateBody};
use bollard::query_parameters::StatsOptionsBuilder;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use squall_model::lever::Resource;

/// Length of a scheduling period, in which a container may use up its quota: the kernel's usual one.
const PERIOD_US: i64 = 100_000;
/// In bytes.
const HARDLY_ANY_SWAP: i64 = 1 << 20;
/// A quota of any size.
const NO_QUOTA: i64 = -1;

/// Sets a limit or lifts it, and looks whether the daemon has taken it over.
///
/// # Errors
/// What the daemon said, as of memory that it could not take from a container.
pub(super) async fn set(
    docker: &Docker,
    container: &str,
    of: Resource,
    to: Option<u64>,
) -> Result<(), String> {
    let body = match of {
        Resource::Cpu => cpu(to),
        Resource::Memory => memory(to, docker).await?,
    };
    docker.update_container(container, body.clone()).await.map_err(said)?;
    let seen = docker.inspect_container(container, None).await.map_err(said)?;
    let now = seen.host_config.unwrap_or_default();
    let is_so = match of {
        Resource::Cpu => now.cpu_quota == body.cpu_quota,
        Resource::Memory => now.memory == body.memory,
    };
    match is_so {
        true => Ok(()),
        false => Err(format!("the daemon did not take the limit of {of} over")),
    }
}

fn cpu(thousandths: Option<u64>) -> ContainerUpdateBody {
    let share = |of: u64| i64::try_from(of).unwrap_or(i64::MAX).saturating_mul(PERIOD_US) / 1000;
    ContainerUpdateBody {
        cpu_period: Some(PERIOD_US),
        cpu_quota: Some(thousandths.map_or(NO_QUOTA, share)),
        ..ContainerUpdateBody::default()
    }
}

/// Memory beside which there is hardly any swap; without any, cgroup v1 would count where memory and swap
/// together run out, which Docker does not show. The daemon knows no other way to lift a limit of memory
/// than one that the machine cannot reach.
async fn memory(bytes: Option<u64>, docker: &Docker) -> Result<ContainerUpdateBody, String> {
    let memory = match bytes {
        Some(bytes) => i64::try_from(bytes).unwrap_or(i64::MAX),
        None => docker.info().await.map_err(said)?.mem_total.ok_or("the daemon tells no memory")?,
    };
    Ok(ContainerUpdateBody {
        memory: Some(memory),
        memory_swap: Some(memory.saturating_add(HARDLY_ANY_SWAP)),
        ..ContainerUpdateBody::default()
    })
}

/// By the statistics of a drill's containers.
pub(super) struct Statistics {
    pub(super) docker: Docker,
    pub(super) labels: Labels,
}

impl Meter for Statistics {
    fn held_back<'a>(&'a self, node: &'a str, of: Resource) -> BoxFuture<'a, Result<u64, String>> {
        async move {
            let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
            let name = self.labels.name(node);
            let mut stats = Box::pin(self.docker.stats(&name, Some(options)));
            let stats = stats.next().await.ok_or("no answer")?.map_err(said)?;
            times(stats, of).ok_or_else(|| format!("the daemon does not count limits of {of}"))
        }
        .boxed()
    }
}

/// Docker leaves a count of cgroup v1 out while it is 0.
fn times(stats: ContainerStatsResponse, of: Resource) -> Option<u64> {
    match of {
        Resource::Cpu => stats.cpu_stats?.throttling_data?.throttled_periods,
        Resource::Memory => {
            let memory = stats.memory_stats?;
            let scanned = memory.stats.and_then(|stats| stats.get("pgscan").copied());
            memory.failcnt.or(scanned).or(memory.usage.map(|_| 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn count(stats: serde_json::Value, of: Resource) -> Option<u64> {
        times(serde_json::from_value(stats).expect("statistics"), of)
    }

    #[test]
    fn both_kinds_of_cgroups_count_and_silence_is_no_count() {
        let cpu = json!({ "cpu_stats": { "throttling_data": { "throttled_periods": 7 } } });
        assert_eq!(count(cpu, Resource::Cpu), Some(7));
        let v1 = |failcnt: Option<u64>| match failcnt {
            Some(n) => json!({ "memory_stats": { "usage": 5, "failcnt": n } }),
            None => json!({ "memory_stats": { "usage": 5, "stats": { "cache": 1 } } }),
        };
        assert_eq!(count(v1(Some(3)), Resource::Memory), Some(3));
        assert_eq!(count(v1(None), Resource::Memory), Some(0));
        let v2 = json!({ "memory_stats": { "usage": 5, "stats": { "pgscan": 9 } } });
        assert_eq!(count(v2, Resource::Memory), Some(9));
        // Of a container that does not run.
        assert_eq!(count(json!({ "memory_stats": {}, "cpu_stats": {} }), Resource::Memory), None);
        assert_eq!(count(json!({ "cpu_stats": {} }), Resource::Cpu), None);
    }
}
