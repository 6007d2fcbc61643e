//! What Jasmin 0.11 tells of itself, and what its broker tells of its queues: pages of metrics in
//! Prometheus' text format. Nothing here is fetched.
//!
//! Jasmin's page has no depth. What it accepted lies in RabbitMQ, in one queue an uplink (its manual,
//! "Message flows": `submit.sm.CID`), until that uplink has answered.

/// Where Jasmin is asked, at its HTTP interface.
pub const METRICS: &str = "/metrics";
/// Where RabbitMQ is asked, at the port of its plugin `rabbitmq_prometheus`: each queue by its name.
pub const QUEUES: &str = "/metrics/detailed?family=queue_coarse_metrics";

/// Begins the name of a queue of messages for one uplink.
const SUBMITS: &str = "submit.sm.";
/// Where `publish_submit_sm_resp` keeps answers, which nobody takes.
const ANSWERS: &str = "submit.sm.resp.";
/// Begin the names of the queues of receipts: those that are looked up, and those that are called back.
const RECEIPTS: [&str; 2] = ["DLRLookup-", "dlr_thrower"];

/// Of the SMPP connections of Jasmin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uplinks {
    /// Those that are connected. Its count of bound ones is only ever counted up, so whether one is bound
    /// is not known.
    pub online: u64,
    pub all: u64,
}

impl Uplinks {
    /// `None` for anything that is no page of Jasmin's.
    pub fn parse(page: &str) -> Option<Uplinks> {
        values(page, "httpapi_request_count").next()?;
        let lost = |cid: &str| {
            let mut all = values(page, "smppc_disconnected_count");
            all.find(|(labels, _)| label(labels, "cid") == Some(cid)).map_or(0, |(_, lost)| lost)
        };
        let mut uplinks = Uplinks::default();
        for (labels, made) in values(page, "smppc_connected_count") {
            uplinks.all += 1;
            uplinks.online += u64::from(made > lost(label(labels, "cid")?));
        }
        Some(uplinks)
    }
}

/// Of the queues that Jasmin has at its broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// Messages for uplinks: those that wait, and those that Jasmin has taken out and not acknowledged.
    pub submits: u64,
    pub receipts: u64,
}

impl Queues {
    /// `None` for anything that is no page of RabbitMQ's.
    pub fn parse(page: &str) -> Option<Queues> {
        values(page, "rabbitmq_build_info").next()?;
        let mut queues = Queues::default();
        for (labels, messages) in values(page, "rabbitmq_detailed_queue_messages") {
            let name = label(labels, "queue")?;
            if name.starts_with(SUBMITS) && !name.starts_with(ANSWERS) {
                queues.submits += messages;
            } else if RECEIPTS.iter().any(|receipts| name.starts_with(receipts)) {
                queues.receipts += messages;
            }
        }
        Some(queues)
    }
}

/// Labels and value of each sample of `metric`.
fn values<'a>(page: &'a str, metric: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    page.lines().filter_map(move |line| {
        let rest = line.strip_prefix(metric)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(labelled) => labelled.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        Some((labels, value.trim().parse().ok()?))
    })
}

/// Names of uplinks and queues have no quote in them.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = labels.split(',').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of a page of Jasmin 0.11.0.
    fn page(uplinks: &[(&str, u64, u64)]) -> String {
        let each = |metric: &str, count: &dyn Fn(&(&str, u64, u64)) -> u64| -> String {
            let one = |uplink| {
                format!("{metric}{{cid=\"{}\"}} {}\n", (uplink as &(&str, _, _)).0, count(uplink))
            };
            format!(
                "# TYPE {metric} counter\n# HELP {metric} Cumulated.\n{}",
                uplinks.iter().map(one).collect::<String>()
            )
        };
        format!(
            "# TYPE httpapi_request_count counter\nhttpapi_request_count 7\n{}{}{}smppsapi_connected_count 9\n",
            each("smppc_connected_count", &|uplink| uplink.1),
            each("smppc_disconnected_count", &|uplink| uplink.2),
            each("smppc_bound_count", &|uplink| uplink.1),
        )
    }

    #[test]
    fn an_uplink_is_online_that_connected_once_more_than_it_lost_its_connection() {
        let uplinks = |uplinks: &[(&str, u64, u64)]| Uplinks::parse(&page(uplinks));
        let told = |online, all| Some(Uplinks { online, all });
        assert_eq!(uplinks(&[("carrier-a", 1, 0), ("carrier-b", 3, 2)]), told(2, 2));
        assert_eq!(uplinks(&[("carrier-a", 4, 4), ("carrier-b", 1, 0)]), told(1, 2));
        assert_eq!(uplinks(&[("carrier-a", 0, 0)]), told(0, 1));
        assert_eq!(uplinks(&[]), told(0, 0));
    }

    /// In the shape of RabbitMQ 3.10's.
    fn queues(depths: &[(&str, u64)]) -> String {
        let one = |(name, depth): &(&str, u64)| {
            let labels = format!("{{vhost=\"/\",queue=\"{name}\"}}");
            format!(
                "rabbitmq_detailed_queue_messages_ready{labels} 99\n\
                 rabbitmq_detailed_queue_messages{labels} {depth}\n"
            )
        };
        let depths: String = depths.iter().map(one).collect();
        format!("{depths}rabbitmq_build_info{{rabbitmq_version=\"3.10.8\"}} 1\n")
    }

    #[test]
    fn what_waits_lies_in_the_queues_of_uplinks_and_receipts_in_their_own() {
        let page = queues(&[
            ("submit.sm.carrier-a", 3),
            ("submit.sm.carrier-b", 4),
            ("submit.sm.resp.carrier-a", 50),
            ("DLRLookup-main", 5),
            ("dlr_thrower", 6),
            ("RouterPB_bill_request_submit_sm_resp_all", 70),
        ]);
        assert_eq!(Queues::parse(&page), Some(Queues { submits: 7, receipts: 11 }));
        // A broker that has lost them all tells so.
        assert_eq!(Queues::parse(&queues(&[])), Some(Queues::default()));
    }

    #[test]
    fn what_is_no_page_of_metrics_tells_nothing() {
        for other in
            ["", "<html>404 - No Such Resource</html>", "smppc_connected_count{cid=\"a\"} 1"]
        {
            assert_eq!(Uplinks::parse(other), None, "{other}");
            assert_eq!(Queues::parse(other), None, "{other}");
        }
    }
}
