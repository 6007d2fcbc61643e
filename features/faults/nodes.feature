Feature: Nodes cut off and restarted, and a region gone
  A node that runs and reaches nobody, one that is stopped in good order, and a whole region behind a
  dead border.

  Scenario: A gateway is cut off
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is cut off for 15 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And the backlog drains within 30 seconds

  Scenario: A gateway is restarted
    Given the stack "reference"
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is restarted
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 95% of messages are delivered within 30 seconds

  Scenario: A region is cut off
    Given the stack "reference" with
      | setting         | value |
      | region_failover | on    |
    And 150 messages per second
    And the drill stops when fewer than 20% of messages are delivered
    When steady state holds for 10 seconds
    And region "singapore" is cut off for 20 seconds
    And 35 seconds pass
    Then traffic fails over to "sydney" within 10 seconds
    And no accepted message is lost
    And fewer than 5% of subscribers of "smartfren" are affected
