Feature: Links that reset, lose, throttle and go down
  What a network does to connections besides slowing them. Every message must still arrive once its
  way is open again, and the other vendor carries what the broken way cannot.

  Scenario: The carrier's link resets connections
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" resets connections for 15 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 10 seconds
    And no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  Scenario: The carrier's link is down
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" is down for 15 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 10 seconds
    And traffic returns to "vendor-a" within 20 seconds
    And traffic changes route at most 2 times
    And no accepted message is lost

  Scenario: The carrier's link loses connections
    Given the stack "reference"
    And the seed 42
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" loses 50% of connections for 15 seconds
    And 25 seconds pass
    Then no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  # A probe is small, so only a tight limit shows in it.
  Scenario: The second vendor's link is narrow
    Given the stack "reference" with
      | setting        | value    |
      | routing        | weighted |
      | primary_weight | 80       |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "vendor-b" is limited to 2 kB per second for 15 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  Scenario: The sender's own link is slow
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "sender" to "edge" gains 200 ms latency for 15 seconds
    And 15 seconds pass
    Then the objectives in "slo.yaml" are met
    And no message is delivered more than once
