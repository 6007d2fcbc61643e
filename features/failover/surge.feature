Feature: What a gateway does in a surge
  Several times the usual traffic for a while, with nothing broken.

  Scenario: Traffic surges
    Given the stack "reference"
    And 20 messages per second
    When steady state holds for 15 seconds
    And traffic rises to 100 messages per second for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And the 99th percentile of accept latency is under 1 second
    And every final outcome has a receipt
