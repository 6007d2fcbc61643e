Feature: No fault
  The null drill: where nothing is broken, nothing may be breached.

  Scenario: Nothing happens
    Given the stack "reference"
    And 200 messages per second
    When steady state holds for 30 seconds
    Then at least 99.9% of messages are delivered within 5 seconds
    And the 99th percentile of accept latency is under 500 ms
    And no accepted message is lost
    And no message is delivered more than once
    And no receipt is false
    And every final outcome has a receipt
