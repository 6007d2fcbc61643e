//! Names stop resolving, certificates run out.

use super::Phrase;
use crate::drill::Drill;
use crate::params::{Quoted, Window};
use cucumber::gherkin::Step;
use cucumber::when;
use squall_model::fault::{CertificateExpired, NameUnresolved};

pub const PHRASES: &[Phrase] = &[
    Phrase::when(
        "the name \"vendor-b\" does not resolve {window}",
        "the name \"vendor-b\" does not resolve for 30 seconds",
        "the name server fails for it; connections that stand and answers still kept outlive its start",
    ),
    Phrase::when(
        "the certificate of \"vendor-b\" is expired {window}",
        "the certificate of \"vendor-b\" is expired for 30 seconds",
        "new connections are refused by those who verify it; those that stand go on",
    ),
];

#[when(expr = "the name {name} does not resolve{window}")]
fn unresolved(drill: &mut Drill, step: &Step, name: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let (name, links) = draft.name(&name)?;
        draft.fault(NameUnresolved { name, links }, placed?);
        Some(())
    });
}

#[when(expr = "the certificate of {name} is expired{window}")]
fn expired(drill: &mut Drill, step: &Step, carrier: Quoted, window: Window) {
    drill.declare(step, |draft| {
        let placed = draft.window(&window);
        let carrier = draft.certificate(&carrier)?;
        draft.fault(CertificateExpired { carrier }, placed?);
        Some(())
    });
}
