Feature: A slow link
  The carrier's answers come late; nobody else should notice.

  Scenario: The carrier's link gains latency
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" gains 300 ms latency with 100 ms jitter for 25 seconds
    And 15 seconds pass
    Then at least 99% of messages are delivered within 5 seconds during the fault
    And the 99th percentile of accept latency is under 500 ms
    And no accepted message is lost
    And no message is delivered more than once
