Feature: A node frozen, a node killed
  The same stack, the same messages, the same twenty seconds without one gateway. Who knocks at the
  killed one is refused and told so at once. Who knocks at the frozen one is let in and told nothing:
  only his own patience ends the wait, and what the gateway had in hand stays there until it thaws.

  Scenario: The gateway is killed
    Given the stack "reference" with
      | setting    | value |
      | service_ms | 500   |
    And the seed 7
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 20 seconds
    And 40 seconds pass
    Then no accepted message is lost
    And the backlog drains within 30 seconds
    And at least 99% of messages are delivered within 1 minute

  Scenario: The gateway is frozen
    Given the stack "reference" with
      | setting    | value |
      | service_ms | 500   |
    And the seed 7
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is frozen for 20 seconds
    And 40 seconds pass
    Then no accepted message is lost
    And the backlog drains within 30 seconds
    And at least 99% of messages are delivered within 1 minute
