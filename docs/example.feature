Feature: A queue is lost for two minutes
  The drill behind the committed sample report in reports/example: made up, short, and small. One
  region's queue node is killed and started again; its disk survives.

  Scenario: Nobody takes over
    Given the stack "reference" with
      | setting         | value |
      | region_failover | off   |
      | backlog_rate    | 20    |
    And 6 messages per second
    And an outage costs $1,000 an hour
    And the seed 7
    When steady state holds for 60 seconds
    And the queue in region "singapore" is lost for 2 minutes
    And 90 seconds pass
    Then at least 97% of messages are delivered within 1 minute
    And no accepted message is lost
    And the backlog drains within 30 seconds

  Scenario: The other region takes over
    Given the stack "reference" with
      | setting         | value |
      | region_failover | on    |
    And 6 messages per second
    And an outage costs $1,000 an hour
    And the seed 7
    When steady state holds for 60 seconds
    And the queue in region "singapore" is lost for 2 minutes
    And 90 seconds pass
    Then at least 97% of messages are delivered within 1 minute
    And no accepted message is lost
    And traffic fails over to "sydney" within 30 seconds
