//! Twilio's Calls API (2010-04-01): a call is placed with the address of its script; status callbacks
//! tell how it ended.
//!
//! A call carries no text, so the number it comes from says which one it is, and so does the address
//! of its script.

use super::{Ingress, Submission};
use crate::stage::config::Credentials;
use squall_model::fact::{Answer, ReceiptState};
use squall_model::plan::Plan;
use squall_model::token;
use squall_wire::http::{Request, Response};
use squall_wire::twilio::{CallCallback, CallStatus, CreateCall};

/// Settings of the stack that say where scripts are, with a slash at the end.
const SCRIPT: &str = "script_url";
/// The same for a call that cannot go on; used where the setting `fallback` is on.
const FALLBACK: &str = "fallback_url";

pub(crate) struct Calls {
    account: String,
    secret: String,
    script: String,
    fallback: Option<String>,
}

impl Calls {
    /// # Errors
    /// A stack that does not say where its scripts are.
    pub(crate) fn new(credentials: &Credentials, plan: &Plan) -> Result<Self, String> {
        let setting = |key: &str| {
            let value = plan.stack.settings.get(key).cloned();
            value.ok_or_else(|| format!("the stack has no setting {key}, which its ingress wants"))
        };
        let falls_back = plan.stack.settings.get("fallback").is_some_and(|value| value == "on");
        Ok(Calls {
            account: credentials.account.clone(),
            secret: credentials.secret.clone(),
            script: setting(SCRIPT)?,
            fallback: falls_back.then(|| setting(FALLBACK)).transpose()?,
        })
    }
}

impl Ingress for Calls {
    fn request(&self, submission: &Submission<'_>) -> Result<Request, String> {
        let token = token::encode(submission.m);
        let create = CreateCall {
            to: submission.to.to_owned(),
            from: token::caller(submission.m),
            url: Some(format!("{}{token}", self.script)),
            fallback_url: self.fallback.as_ref().map(|url| format!("{url}{token}")),
            status_callback: Some(submission.callback.to_owned()),
            ..CreateCall::default()
        };
        let request = create.request(&self.account, &self.secret);
        request.ok_or_else(|| "the account is no part of a path".to_owned())
    }

    fn answer(&self, response: &Response) -> Answer {
        super::twilio::answer(response)
    }

    fn receipt(&self, request: &Request) -> Option<ReceiptState> {
        match CallCallback::parse(request.body())?.status {
            CallStatus::Completed => Some(ReceiptState::Delivered),
            CallStatus::Busy | CallStatus::Failed | CallStatus::NoAnswer | CallStatus::Canceled => {
                Some(ReceiptState::Failed)
            }
            CallStatus::Queued | CallStatus::Ringing | CallStatus::InProgress => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use squall_model::units::Micros;

    const SCRIPT_AT: (&str, &str) = (SCRIPT, "http://scripts/call/");
    const FALLBACK_AT: (&str, &str) = (FALLBACK, "http://scripts/fallback/");

    fn calls(settings: &[(&str, &str)]) -> Result<Calls, String> {
        let mut plan = crate::testing::plan(1.0, Micros::from_secs(10));
        for (key, value) in settings {
            plan.stack.settings.insert((*key).to_owned(), (*value).to_owned());
        }
        Calls::new(&Credentials { account: "AC1".into(), secret: "s".into() }, &plan)
    }

    fn create(settings: &[(&str, &str)]) -> CreateCall {
        let submission =
            Submission { m: 42, to: "+620012345678", text: "", callback: "http://s/1" };
        let request = calls(settings).unwrap().request(&submission).unwrap();
        assert_eq!(request.uri().path(), "/2010-04-01/Accounts/AC1/Calls.json");
        CreateCall::parse(request.body()).unwrap()
    }

    #[test]
    fn a_call_is_known_by_its_caller_and_by_its_script() {
        let plain = create(&[SCRIPT_AT, FALLBACK_AT, ("fallback", "off")]);
        let caller = token::of_caller(&plain.from);
        assert_eq!((plain.to.as_str(), caller), ("+620012345678", Some(42)));
        assert_eq!(plain.url, Some(format!("http://scripts/call/{}", token::encode(42))));
        assert_eq!(
            (plain.status_callback.as_deref(), plain.fallback_url),
            (Some("http://s/1"), None)
        );
        let other = create(&[SCRIPT_AT, FALLBACK_AT, ("fallback", "on")]);
        let fallback = format!("http://scripts/fallback/{}", token::encode(42));
        assert_eq!(other.fallback_url, Some(fallback));
    }

    #[test]
    fn a_stack_has_to_say_where_its_scripts_are() {
        assert!(calls(&[]).err().unwrap().contains(SCRIPT));
        assert!(calls(&[SCRIPT_AT, ("fallback", "on")]).err().unwrap().contains(FALLBACK));
    }

    #[test]
    fn only_the_end_of_a_call_is_a_receipt() {
        let read = |status: &str| {
            let form = Bytes::from(format!("CallSid=CA1&CallStatus={status}"));
            calls(&[SCRIPT_AT]).unwrap().receipt(&Request::new(form))
        };
        assert_eq!(read("completed"), Some(ReceiptState::Delivered));
        for failed in ["busy", "failed", "no-answer", "canceled"] {
            assert_eq!(read(failed), Some(ReceiptState::Failed), "{failed}");
        }
        for open in ["queued", "ringing", "in-progress", "nonsense"] {
            assert_eq!(read(open), None, "{open}");
        }
    }
}
