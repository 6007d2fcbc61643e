Feature: More than usual
  A surge alone, a surge on top of a fault, a gateway whose workers are few, and what a guard is for.

  Scenario: Traffic triples
    Given the stack "reference"
    And 100 messages per second
    When steady state holds for 10 seconds
    And traffic rises to 300 messages per second for 15 seconds
    And 15 seconds pass
    Then at least 99% of messages are delivered within 10 seconds
    And no accepted message is lost

  Scenario: Traffic triples while a gateway is away
    Given the stack "reference"
    And 80 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 15 seconds
    And at the same time traffic rises to 240 messages per second for 15 seconds
    And 40 seconds pass
    Then no accepted message is lost
    And the backlog drains within 40 seconds

  # The backlog outlives the validity of what is in it, and the queue that holds it must not call
  # itself well.
  Scenario: Messages outlive their validity
    Given the stack "reference"
    And 40 messages per second
    And messages are valid for 30 seconds
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 80 seconds
    And 30 seconds pass
    Then nothing is delivered after its validity
    And no node reports healthy while its backlog is stuck
    And every final outcome has a receipt
    And no accepted message is lost

  Scenario: A slow gateway is made faster while the load is on
    Given the stack "reference" with
      | setting    | value |
      | workers    | 4     |
      | service_ms | 40    |
    And the clock starts at 2026-01-10 06:30 +07:00
    And 100 messages per second
    When steady state holds for 10 seconds
    And the setting "service_ms" of "gateway" becomes "20"
    And the setting "service_ms" of "gateway" goes from "20" to "5" between 06:30:15 and 06:30:30
    And 30 seconds pass
    Then no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds
