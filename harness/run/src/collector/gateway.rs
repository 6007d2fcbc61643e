//! What gateways of somebody else's tell of themselves, each by an interface of its own. None of them
//! names what it holds: how many messages wait is all that is known.

use super::health::Answer;
use crate::stage::Control;
use http::Method;
use squall_model::stack::Gateway;
use squall_wire::{jasmin, kannel};

/// # Errors
/// Where it does not answer, or with something else than its status.
pub(super) async fn ask(gateway: Gateway, node: &str, control: &Control) -> Result<Answer, String> {
    let path = match gateway {
        Gateway::Kannel => kannel::status_path(control.token()),
        Gateway::Jasmin => jasmin::METRICS.to_owned(),
        Gateway::JasminQueues => jasmin::QUEUES.to_owned(),
    };
    let page = control.ask(node, Method::GET, &path, None).await?;
    let page = String::from_utf8_lossy(&page);
    read(gateway, &page).ok_or_else(|| format!("{node} answers with no status page"))
}

fn read(gateway: Gateway, page: &str) -> Option<Answer> {
    Some(match gateway {
        Gateway::Kannel => {
            let status = kannel::Status::parse(page)?;
            // One that has no uplink left says itself that it runs.
            let healthy = status.runs && status.online > 0;
            let expected = ("receipts_expected", status.receipts);
            answer(healthy, status.backlog(), [("uplinks_online", status.online), expected])
        }
        Gateway::Jasmin => {
            let uplinks = jasmin::Uplinks::parse(page)?;
            answer(uplinks.online > 0, 0, [("uplinks_online", uplinks.online)])
        }
        Gateway::JasminQueues => {
            let queues = jasmin::Queues::parse(page)?;
            answer(true, queues.submits, [("receipts_waiting", queues.receipts)])
        }
    })
}

/// None of them tells how old its oldest message is.
fn answer<const N: usize>(healthy: bool, backlog: u64, gauges: [(&str, u64); N]) -> Answer {
    let gauges = gauges.map(|(name, value)| (name.to_owned(), value)).into();
    Answer { healthy, backlog, oldest_ms: 0, gauges }
}
