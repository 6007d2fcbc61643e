//! How messages and calls are submitted, and how their receipts read: one file a kind of gateway.
//!
//! A new ingress is one file here and its line in [`find`]. An ingress knows shapes of requests and
//! answers, and sends nothing itself.

mod calls;
mod jasmin;
mod json;
mod kannel;
pub(crate) mod twilio;

use crate::stage::config::Credentials;
use http::{Method, StatusCode};
use squall_model::fact::{Answer, ReceiptState};
use squall_model::plan::Plan;
use squall_wire::http::{Request, Response, reply};

/// One message, ready to be submitted.
pub(crate) struct Submission<'a> {
    /// Its number in the schedule.
    pub(crate) m: u64,
    pub(crate) to: &'a str,
    pub(crate) text: &'a str,
    /// Where the gateway shall send the receipts of this very message.
    pub(crate) callback: &'a str,
}

pub(crate) trait Ingress: Send + Sync + 'static {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String>;

    /// What the gateway's answer means.
    fn answer(&self, response: &Response) -> Answer;

    /// How receipts come.
    fn receipts_by(&self) -> Method {
        Method::POST
    }

    /// The final state a receipt claims; `None` for a state on the way.
    fn receipt(&self, request: &Request) -> Option<ReceiptState>;

    /// The answer that ends the gateway's tries to hand a receipt over.
    fn thanks(&self) -> Response {
        reply::empty(StatusCode::NO_CONTENT)
    }
}

/// The ingress of the plan's stack.
pub(crate) fn find(plan: &Plan, credentials: &Credentials) -> Result<Box<dyn Ingress>, String> {
    match plan.stack.ingress.kind.as_str() {
        "twilio" => Ok(Box::new(twilio::Twilio::new(credentials, plan.traffic.validity))),
        "calls" => Ok(Box::new(calls::Calls::new(credentials, plan)?)),
        "json" => Ok(Box::new(json::Json::new(credentials, plan.traffic.validity))),
        "jasmin" => Ok(Box::new(jasmin::Jasmin::new(credentials))),
        "kannel" => Ok(Box::new(kannel::Kannel::new(credentials))),
        #[cfg(test)]
        "panics" => Ok(Box::new(crate::testing::Panics::new(credentials))),
        kind => {
            Err(format!("no ingress \"{kind}\"; there is: twilio, json, calls, kannel, jasmin"))
        }
    }
}
