//! Carriers that follow the stack's settings. What is wrong with them in a stack file is among the
//! other mistakes of such files.

use crate::{compile, mistakes};
use squall_model::stack::{Carrier, CarrierProtocol};

fn drill(settings: &str) -> String {
    format!(
        "Feature: f
  Scenario: s
    Given the stack \"follows\" with
      | setting | value |
{settings}    And 200 messages per second
    When 1 minute passes
    Then no receipt is false
"
    )
}

fn carriers(settings: &str) -> Vec<Carrier> {
    let suite = compile(&drill(settings)).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    suite.plans[0].stack.carriers.clone()
}

#[test]
fn carriers_are_what_the_settings_say() {
    let [a, b, c] = &carriers("")[..] else { panic!("three carriers") };
    assert_eq!((a.protocol, a.capacity), (CarrierProtocol::Smpp, None));
    assert_eq!((b.protocol, b.capacity), (CarrierProtocol::Twilio, None));
    assert_eq!((c.protocol, c.capacity), (CarrierProtocol::Json, Some(5.0)));
    for (word, protocol) in [("vonage", CarrierProtocol::Vonage), ("json", CarrierProtocol::Json)] {
        let rows = format!("      | api | {word} |\n      | rate | 120 |\n");
        let [a, b, c] = &carriers(&rows)[..] else { panic!("three carriers") };
        assert_eq!((b.protocol, b.capacity), (protocol, Some(120.0)));
        assert_eq!((a.protocol, c.capacity), (CarrierProtocol::Smpp, Some(5.0)));
    }
    assert_eq!(carriers("      | anything | 0 |\n")[2].capacity, None);
    assert_eq!(carriers("      | anything | 0.5 |\n")[2].capacity, Some(0.5));
}

#[test]
fn what_a_carrier_cannot_be_is_a_mistake_of_the_scenario() {
    assert_eq!(
        mistakes(&drill("      | api | vonnage |\n      | anything | some |\n")),
        [
            "5:15 \"vonnage\" is no value of \"api\" (did you mean \"vonage\"?)",
            "6:20 carrier \"vendor-c\" cannot follow \"some\", which is no rate",
        ]
    );
    let change =
        "    When the setting \"api\" of \"gateway-1\" becomes \"json\"\n    When 1 minute";
    assert_eq!(
        mistakes(&drill("").replace("    When 1 minute", change)),
        ["6:22 \"api\" is what carrier \"vendor-b\" starts with \
          (state it with the stack: it cannot change during the drill)"]
    );
}
