Feature: What a gateway makes of late receipts
  Receipts come late, and so after those of messages that were sent later.

  Scenario: Receipts come late and out of order
    Given the stack "reference"
    And 20 messages per second
    When steady state holds for 15 seconds
    And receipts from "vendor-a" are delayed by 15 seconds for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And no receipt is false
    And every final outcome has a receipt
