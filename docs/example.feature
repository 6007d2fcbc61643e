Feature: A queue is lost for half a minute
  The drill behind the committed sample report in reports/example: made up, short, and small. One
  region's queue node is killed and started again; its disk survives.

  Scenario: Nobody takes over
    Given the stack "reference" with
      | setting         | value |
      | region_failover | off   |
      | backlog_rate    | 20    |
    And 15 messages per second
    And an outage costs $1,000 an hour
    And the seed 7
    When steady state holds for 40 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 40 seconds pass
    Then at least 95% of messages are delivered within 5 seconds
    And no accepted message is lost
    And the backlog drains within 30 seconds

  Scenario: The other region takes over
    Given the stack "reference" with
      | setting         | value |
      | region_failover | on    |
    And 15 messages per second
    And an outage costs $1,000 an hour
    And the seed 7
    When steady state holds for 40 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 40 seconds pass
    Then at least 95% of messages are delivered within 5 seconds
    And no accepted message is lost
    And traffic fails over to "sydney" within 10 seconds
