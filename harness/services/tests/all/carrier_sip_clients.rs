//! The SIP carrier as programs of others find it: `sipsak` and `sipp` (Debian's `sip-tester`), where
//! they are installed; where they are not, that is said.

use crate::carrier_site::{Site, real};
use serde_json::json;
use squall_model::stack::CarrierProtocol::Sip;
use std::process::Command;

/// Runs a program in `site`'s world; false where there is none of its name.
fn runs(program: &'static str, arguments: Vec<String>) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    match Command::new(program).args(&arguments).current_dir(folder.path()).output() {
        Ok(output) => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert!(output.status.success(), "{program}: {}\n{out}\n{err}", output.status);
            true
        }
        Err(why) => {
            eprintln!("SKIPPED: {program} cannot be run: {why}");
            false
        }
    }
}

async fn run(site: &Site, program: &'static str, arguments: &str) -> bool {
    let arguments = arguments.replace("ADDRESS", &site.address("sip"));
    let arguments = arguments.split(' ').map(str::to_owned).collect();
    let run = tokio::task::spawn_blocking(move || runs(program, arguments));
    run.await.expect("no panic")
}

#[test]
fn sipsak_is_told_what_the_network_takes() {
    real(Sip, |site| async move {
        run(&site, "sipsak", "-E tcp -s sip:+620012345678@ADDRESS -vv").await;
    });
}

/// Its own built-in caller: INVITE with an offer, ACK, a pause, BYE.
#[test]
fn sipp_calls_and_hangs_up() {
    real(Sip, |site| async move {
        let arguments = "ADDRESS -sn uac -t t1 -s +620012345678 -m 50 -r 50 -d 200 -nostdin \
                         -timeout 60 -timeout_error";
        if run(&site, "sipp", arguments).await {
            let log = site.log().await;
            assert_eq!(log, vec![(None, json!("delivered")); 50]);
        }
    });
}
