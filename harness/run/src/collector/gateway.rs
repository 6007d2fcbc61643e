//! What gateways of somebody else's tell of themselves, each by an interface of its own. None of them
//! names what it holds: how many messages wait is all that is known.

use super::health::Answer;
use crate::stage::Control;
use http::Method;
use squall_model::stack::Gateway;
use squall_wire::kannel;

/// # Errors
/// Where it does not answer, or with something else than its status.
pub(super) async fn ask(gateway: Gateway, node: &str, control: &Control) -> Result<Answer, String> {
    match gateway {
        Gateway::Kannel => {
            let path = kannel::status_path(control.token());
            let page = control.ask(node, Method::GET, &path, None).await?;
            let status = kannel::Status::parse(&String::from_utf8_lossy(&page));
            let status = status.ok_or_else(|| format!("{node} answers with no status page"))?;
            Ok(Answer {
                // One that has no uplink left says itself that it runs.
                healthy: status.runs && status.online > 0,
                backlog: status.backlog(),
                oldest_ms: 0,
                gauges: [
                    ("uplinks_online".to_owned(), status.online),
                    ("receipts_expected".to_owned(), status.receipts),
                ]
                .into(),
            })
        }
    }
}
