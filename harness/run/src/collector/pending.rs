//! What still waits when the drain is over, by name: such a message is pending, not lost.

use super::gateway;
use super::health::Teller;
use crate::clock::DrillClock;
use crate::recorder::Recorder;
use crate::stage::Control;
use serde::Deserialize;
use squall_model::fact::Fact;
use squall_model::token;

#[derive(Deserialize)]
struct Page {
    texts: Vec<String>,
    next: Option<u64>,
}

/// # Errors
/// Where the node does not tell.
pub(super) async fn read(
    teller: &Teller,
    control: &Control,
    clock: DrillClock,
    recorder: &Recorder,
) -> Result<(), String> {
    let node = teller.node.as_str();
    if let Some(gateway) = teller.gateway {
        let count = gateway::ask(gateway, node, control).await?.backlog;
        recorder.write(&Fact::PendingCount { at: clock.now(), node: node.to_owned(), count });
        return Ok(());
    }
    let numbers = control.directory().numbers();
    let (mut after, mut count) = (0, 0);
    loop {
        let page: Page = control.get(node, &format!("/pending?after={after}")).await?;
        for m in page.texts.iter().filter_map(|text| numbers.inside(token::find(text)?)) {
            recorder.write(&Fact::Pending { at: clock.now(), m, node: node.to_owned() });
            count += 1;
        }
        match page.next {
            Some(next) if next > after => after = next,
            Some(next) => return Err(format!("its pages do not go on after {next}")),
            // All it holds is named by now: the ledger may call lost what no node still names.
            None => {
                let node = node.to_owned();
                recorder.write(&Fact::PendingCount { at: clock.now(), node, count });
                return Ok(());
            }
        }
    }
}
