//! What is read and what is refused; documents that were written here come back as they were, and
//! nothing makes the reader panic.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;

fn read(inner: &str) -> Result<Document, Mistake> {
    parse(
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inner}</Response>")
            .as_bytes(),
    )
}

fn only(inner: &str) -> Verb {
    let mut verbs = read(inner).expect("a document").verbs;
    assert_eq!(verbs.len(), 1);
    verbs.remove(0)
}

fn code(inner: &str) -> u32 {
    read(inner).expect_err("no document to run").code()
}

#[test]
fn verbs_have_the_defaults_of_their_pages() {
    let play = Prompt::Play { url: "http://media/a.ulaw".into(), times: 1 };
    assert_eq!(only("<Play> http://media/a.ulaw\n</Play>"), Verb::Prompt(play));
    let say = Prompt::Say { text: "Kode: 1 & 2".into(), times: FOR_EVER };
    assert_eq!(
        only("<Say voice='alice' language='id-ID' loop='0'>Kode: 1 &amp; <![CDATA[2]]></Say>"),
        Verb::Prompt(say)
    );
    assert_eq!(only("<Pause/>"), Verb::Prompt(Prompt::Pause { seconds: 1 }));
    assert_eq!(only("<Hangup/>"), Verb::Hangup);
    let redirect = Verb::Redirect { url: "/next".into(), method: Method::Get };
    assert_eq!(only("<Redirect method='GET'>/next</Redirect>"), redirect);
    let plain = Gather {
        prompts: vec![],
        action: None,
        method: Method::Post,
        timeout_s: 5,
        finish_on: Some('#'),
        num_digits: None,
        on_empty: false,
    };
    assert_eq!(only("<Gather/>"), Verb::Gather(plain.clone()));
    let told = Gather {
        prompts: vec![
            Prompt::Pause { seconds: 2 },
            Prompt::Play { url: "a".into(), times: FOR_EVER },
        ],
        action: Some("/keys".into()),
        num_digits: Some(4),
        finish_on: None,
        on_empty: true,
        ..plain
    };
    let written = "<Gather action='/keys' numDigits='4' finishOnKey='' actionOnEmptyResult='true' \
                   input='dtmf speech'><!-- soon --><Pause length='2'/><Play loop='4000000000'>a</Play>\
                   </Gather>";
    assert_eq!(only(written), Verb::Gather(told));
    assert_eq!(read("").expect("nothing to do").verbs, []);
}

#[test]
fn what_is_no_document_is_a_parse_failure() {
    for broken in [
        &b""[..],
        b"hello",
        b" <?xml version=\"1.0\"?><Response/>",
        b"<response/>",
        b"<Response>",
        b"<Response><Say>a</Response>",
        b"<Response><Say>a & b</Say></Response>",
        b"<Response loop=1/>",
        b"<Response>\xFF</Response>",
        b"<!DOCTYPE r [<!ENTITY a \"aa\">]><Response><Say>&a;</Say></Response>",
        b"<Response><Say>&nobody;</Say></Response>",
    ] {
        let why = parse(broken).expect_err("no document");
        assert_eq!(why.code(), 12_100, "{why}");
    }
}

#[test]
fn what_the_schema_forbids_is_named_by_its_verb() {
    for wrong in [
        "<say>hello</say>",
        "<Dial>+62</Dial>",
        "<Reject/>",
        "hello",
        "<Play/>",
        "<Play digits='1'/>",
        "<Play loop='-1'>a</Play>",
        "<Say></Say>",
        "<Say>a<Pause/></Say>",
        "<Pause length='soon'/>",
        "<Pause length='86400'/>",
        "<Hangup>now</Hangup>",
        "<Redirect method='PUT'>/a</Redirect>",
        "<Gather numDigits='0'/>",
        "<Gather finishOnKey='12'/>",
        "<Gather finishOnKey='x'/>",
        "<Gather input='speech'/>",
        "<Gather actionOnEmptyResult='yes'/>",
        "<Gather><Gather/></Gather>",
        "<Gather><Redirect>/a</Redirect></Gather>",
        "<Gather>press</Gather>",
    ] {
        assert_eq!(code(wrong), 12_200, "{wrong}");
    }
    assert_eq!(
        read("<Dial/>").expect_err("unknown").to_string(),
        "12200: Dial is not known, or may not stand here"
    );
    let long = |length| format!("<Say>{}</Say>", "é".repeat(length));
    assert!(read(&long(MAX_SAID)).is_ok());
    assert_eq!(code(&long(MAX_SAID + 1)), 12_200);
}

#[test]
fn documents_are_bounded_in_octets_verbs_and_depth() {
    assert!(read(&"<Pause/>".repeat(MAX_VERBS)).is_ok());
    assert_eq!(code(&"<Pause/>".repeat(MAX_VERBS + 1)), 12_200);
    let nested = format!("<Gather>{}</Gather>", "<Pause/>".repeat(MAX_VERBS));
    assert_eq!(code(&nested), 12_200);
    assert_eq!(code(&format!("<Say>{}</Say>", "x".repeat(MAX_BYTES))), 11_750);
    assert_eq!(code(&"<a/>".repeat(10_000)), 12_100, "more nodes than verbs could need");
    // As deep as a document can be; a reader that recurses without a bound dies of it.
    assert_eq!(code(&"<a>".repeat(20_000)), 12_100);
    let deep = format!("{}{}", "<a>".repeat(3_000), "</a>".repeat(3_000));
    assert!(read(&deep).is_err());
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('\'', "&apos;").replace('\r', "&#13;")
}

fn write_prompt(out: &mut String, prompt: &Prompt) {
    let written = match prompt {
        Prompt::Play { url, times } => {
            write!(out, "<Play loop='{times}'>{}</Play>", escaped(url))
        }
        Prompt::Say { text, times } => write!(out, "<Say loop='{times}'>{}</Say>", escaped(text)),
        Prompt::Pause { seconds } => write!(out, "<Pause length='{seconds}'/>"),
    };
    written.expect("a string takes everything");
}

fn write_verb(out: &mut String, verb: &Verb) {
    match verb {
        Verb::Prompt(prompt) => write_prompt(out, prompt),
        Verb::Hangup => out.push_str("<Hangup/>"),
        Verb::Redirect { url, method } => {
            let (method, url) = (method.as_str(), escaped(url));
            write!(out, "<Redirect method='{method}'>{url}</Redirect>").expect("written");
        }
        Verb::Gather(gather) => {
            let key = gather.finish_on.map(String::from).unwrap_or_default();
            let digits = gather.num_digits.map(|n| format!(" numDigits='{n}'")).unwrap_or_default();
            let action = gather.action.as_ref().map(|url| format!(" action='{}'", escaped(url)));
            let (method, timeout_s, on_empty) =
                (gather.method.as_str(), gather.timeout_s, gather.on_empty);
            write!(
                out,
                "<Gather method='{method}' timeout='{timeout_s}' finishOnKey='{key}' \
                 actionOnEmptyResult='{on_empty}'{digits}{}>",
                action.unwrap_or_default()
            )
            .expect("written");
            gather.prompts.iter().for_each(|prompt| write_prompt(out, prompt));
            out.push_str("</Gather>");
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just('&'), Just('<'), Just('é'), Just('😀'), proptest::char::range('!', '~')],
        1..40,
    )
    .prop_map(|letters| letters.into_iter().collect())
}

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![Just(Method::Get), Just(Method::Post)]
}

fn prompt() -> impl Strategy<Value = Prompt> {
    prop_oneof![
        (word(), 1..=FOR_EVER).prop_map(|(url, times)| Prompt::Play { url, times }),
        (word(), 1..=FOR_EVER).prop_map(|(text, times)| Prompt::Say { text, times }),
        (0..=3_600u32).prop_map(|seconds| Prompt::Pause { seconds }),
    ]
}

fn gather() -> impl Strategy<Value = Gather> {
    let keys = prop_oneof![Just(None), Just(Some('#')), Just(Some('*')), Just(Some('7'))];
    let parts = (
        proptest::collection::vec(prompt(), 0..4),
        proptest::option::of(word()),
        method(),
        0..=3_600u32,
        keys,
        proptest::option::of(1..=u32::MAX),
        any::<bool>(),
    );
    parts.prop_map(|(prompts, action, method, timeout_s, finish_on, num_digits, on_empty)| Gather {
        prompts,
        action,
        method,
        timeout_s,
        finish_on,
        num_digits,
        on_empty,
    })
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        prompt().prop_map(Verb::Prompt),
        gather().prop_map(Verb::Gather),
        (word(), method()).prop_map(|(url, method)| Verb::Redirect { url, method }),
        Just(Verb::Hangup),
    ]
}

/// Pieces of documents, in any order.
fn rubble() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("<Response>"),
        Just("</Response>"),
        Just("<Gather numDigits='"),
        Just("<Gather>"),
        Just("</Gather>"),
        Just("<Say>"),
        Just("</Say>"),
        Just("<Pause length="),
        Just("'9'/>"),
        Just("<!DOCTYPE a ["),
        Just("<!ENTITY a \"&a;\">"),
        Just("]>"),
        Just("&a;"),
        Just("&#x0;"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<!--"),
        Just("é"),
    ];
    proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_written_is_read(verbs in proptest::collection::vec(verb(), 0..8)) {
        let mut out = String::from("<Response>");
        verbs.iter().for_each(|verb| write_verb(&mut out, verb));
        out.push_str("</Response>");
        prop_assert_eq!(parse(out.as_bytes()), Ok(Document { verbs }), "{}", out);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn rubble_never_panics(text in rubble()) {
        let _ = parse(text.as_bytes());
    }
}
