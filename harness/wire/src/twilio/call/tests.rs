//! Forms of calls there and back, and what is missing in them.

use super::*;
use proptest::prelude::*;

#[test]
fn a_call_goes_there_and_back() {
    let create = CreateCall {
        to: "+620012345678".into(),
        from: "+15550100".into(),
        twiml: say("Your code is 1 < 2 & more. SQ0001"),
        status_callback: Some("http://app:80/calls/1".into()),
        timeout_s: Some(30),
        ..CreateCall::default()
    };
    assert!(create.twiml.contains("1 &lt; 2 &amp; more"), "{}", create.twiml);
    let request = create.request("AC1", "s").expect("a request");
    assert_eq!(account_of(request.uri().path()), Some("AC1"));
    assert_eq!(CreateCall::parse(request.body()), Ok(create.clone()));
    let by_url = CreateCall {
        twiml: String::new(),
        url: Some("http://scripts/call?a=1&b=2".into()),
        method: Asking::Get,
        fallback_url: Some("http://scripts/fallback".into()),
        fallback_method: Asking::Post,
        ..create
    };
    let request = by_url.request("AC1", "s").expect("a request");
    assert_eq!(CreateCall::parse(request.body()), Ok(by_url));
}

#[test]
fn a_call_is_found_by_its_path_and_ended_by_its_status() {
    let path = call_path("AC1", &call_sid(7));
    let (account, sid) = sid_of(&path).expect("a call");
    assert_eq!((account, read_call_sid(sid)), ("AC1", Some(7)));
    for path in ["/2010-04-01/Accounts/AC1/Calls.json", "/2010-04-01/Accounts/AC1/Calls/.json"] {
        assert_eq!(sid_of(path), None, "{path}");
    }
    assert_eq!(read_call_sid("CA7"), None);
    assert_eq!(UpdateCall::parse(b"Status=completed"), Ok(UpdateCall::Complete));
    assert_eq!(UpdateCall::parse(b"a=b&Status=canceled"), Ok(UpdateCall::Cancel));
    let wrong = |form: &[u8]| UpdateCall::parse(form).map_err(|error| error.code);
    assert_eq!((wrong(b"Status=busy"), wrong(b"")), (Err(20001), Err(20001)));
}

#[test]
fn what_is_missing_is_named_by_its_code() {
    let code = |form: &str| CreateCall::parse(form.as_bytes()).map_err(|error| error.code);
    assert_eq!(code("From=%2B1555&Twiml=x"), Err(21201));
    assert_eq!(code("To=%2B6200123&Twiml=x"), Err(21213));
    assert_eq!(code("To=me&From=%2B15550100&Twiml=x"), Err(21211));
    assert_eq!(code("To=%2B6200123&From=%2B15550100"), Err(21205));
    assert_eq!(code("To=%2B6200123&From=%2B15550100&Url="), Err(21205));
    assert_eq!(code("To=%2B6200123&From=%2B15550100&Twiml=x&Timeout=soon"), Err(21208));
    assert_eq!(code("To=%2B6200123&From=%2B15550100&Url=x&Method=PUT"), Err(21209));
    assert_eq!(code("To=%2B6200123&From=%2B15550100&Url=x&FallbackMethod=get"), Err(21209));
    let long = "x".repeat(MAX_TWIML + 1);
    assert_eq!(code(&format!("To=%2B6200123&From=%2B15550100&Twiml={long}")), Err(32018));
}

#[test]
fn callbacks_and_states_go_there_and_back() {
    for (status, word) in CallStatus::ALL {
        assert_eq!(CallStatus::parse(word), Some(status));
        assert_eq!(serde_json::to_value(status).expect("a word"), word);
        let callback = CallCallback {
            call_sid: call_sid(7),
            account_sid: "AC1".into(),
            status,
            from: "+1".into(),
            to: "+62".into(),
            error_code: (status == CallStatus::Failed).then_some(11200),
        };
        assert_eq!(CallCallback::parse(callback.to_form().as_bytes()), Some(callback));
    }
    assert!(CallCallback::parse(b"CallSid=CA1&CallStatus=ringing-off").is_none());
    for path in ["/", "/2010-04-01/Accounts/Calls.json", "/2010-04-01/Accounts/a/b/Calls.json"] {
        assert_eq!(account_of(path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn random_forms_never_panic(form in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = CreateCall::parse(&form);
        let _ = CallCallback::parse(&form);
        let _ = UpdateCall::parse(&form);
    }
}
