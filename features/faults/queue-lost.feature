Feature: A queue is lost
  The queue node of one region is killed for half a minute; its disk survives.

  Scenario: Messages are held and handed over afterwards
    Given the stack "reference" with
      | setting         | value |
      | region_failover | off   |
      | on_queue_loss   | hold  |
      | backlog_rate    | 500   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 25 seconds pass
    Then no accepted message is lost
    And the backlog drains within 20 seconds
    And at least 99% of messages are delivered within 1 minute

  Scenario: The other region takes over
    Given the stack "reference" with
      | setting         | value |
      | region_failover | on    |
      | backlog_rate    | 500   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 20 seconds pass
    Then no accepted message is lost
    And traffic fails over to "sydney" within 10 seconds
    And at least 95% of messages are delivered within 10 seconds during the fault

  Scenario: What no queue takes is refused
    Given the stack "reference" with
      | setting         | value  |
      | region_failover | off    |
      | on_queue_loss   | reject |
    And 150 messages per second
    When steady state holds for 20 seconds
    And the queue in region "singapore" is lost for 20 seconds
    And 30 seconds pass
    Then delivery recovers within 15 seconds
    And delivery recovers within 35 seconds of the start of the fault
    And the impact lasts between 15 seconds and 25 seconds
    And at most 1% of the monthly error budget of 99.9% is spent
    And no accepted message is lost
