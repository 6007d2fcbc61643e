Feature: A second vendor by any API
  What the second vendor speaks must make no difference to what a sender sees: traffic turns to it when the direct
  uplink is gone, comes back afterwards, and its receipts are believed.

  Scenario: Failover to a vendor that speaks Vonage's API
    Given the stack "reference" with
      | setting           | value    |
      | routing           | priority |
      | vendor_b_protocol | vonage   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" is down for 20 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 10 seconds
    And traffic returns to "vendor-a" within 20 seconds
    And no accepted message is lost
    And every final outcome has a receipt
    And no receipt is false

  Scenario: Failover to a vendor that speaks a plain JSON API
    Given the stack "reference" with
      | setting           | value    |
      | routing           | priority |
      | vendor_b_protocol | json     |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" is down for 20 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 10 seconds
    And traffic returns to "vendor-a" within 20 seconds
    And no accepted message is lost
    And every final outcome has a receipt
    And no receipt is false

  # Under HTTP 200: only the status in the body says that nothing was taken.
  Scenario: A Vonage refusal under HTTP 200 is a refusal
    Given the stack "reference" with
      | setting           | value    |
      | routing           | weighted |
      | primary_weight    | 30       |
      | vendor_b_protocol | vonage   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "vendor-b" answers "queue full" to 40% of messages for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt

  Scenario: A JSON vendor refuses for the moment
    Given the stack "reference" with
      | setting           | value    |
      | routing           | weighted |
      | primary_weight    | 30       |
      | vendor_b_protocol | json     |
    And 150 messages per second
    When steady state holds for 10 seconds
    And carrier "vendor-b" throttles for 15 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt

  Scenario: Receipts of a Vonage vendor come late and twice
    Given the stack "reference" with
      | setting           | value    |
      | routing           | weighted |
      | primary_weight    | 30       |
      | vendor_b_protocol | vonage   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And receipts from "vendor-b" are delayed by 3 seconds for 15 seconds
    And at the same time receipts from "vendor-b" are repeated for 15 seconds
    And 20 seconds pass
    Then every final outcome has a receipt
    And the 99th percentile of receipt latency is under 15 seconds

  @must-fail
  Scenario: Receipts of a JSON vendor are lost
    Given the stack "reference" with
      | setting           | value    |
      | routing           | weighted |
      | primary_weight    | 30       |
      | vendor_b_protocol | json     |
    And 150 messages per second
    When steady state holds for 10 seconds
    And receipts from "vendor-b" are lost for 10% of messages for 15 seconds
    And 15 seconds pass
    Then every final outcome has a receipt
