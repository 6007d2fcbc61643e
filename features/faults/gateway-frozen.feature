Feature: A frozen gateway
  The gateway of one region stands still with its connections open: worse to notice than a death.

  Scenario: The gateway freezes and thaws
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is frozen for 15 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And the backlog drains within 30 seconds
    And at least 99% of messages are delivered within 1 minute
    And the 99th percentile of accept latency is under 500 ms
