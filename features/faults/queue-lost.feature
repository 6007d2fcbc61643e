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
