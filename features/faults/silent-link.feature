Feature: A silent link
  Connections to the carrier stand, and nothing comes through: only a time-out can tell.

  Scenario: The carrier's link goes silent
    Given the stack "reference" with
      | setting | value    |
      | routing | priority |
      | breaker | on       |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "gateway" to "smartfren" goes silent for 25 seconds
    And 25 seconds pass
    Then traffic fails over to "vendor-b" within 15 seconds
    And no accepted message is lost
    And at least 95% of messages are delivered within 30 seconds

  # While nothing passes, the queue goes away and comes back: of the old connection only one side is
  # left, and no FIN will ever tell it.
  Scenario: A connection that only one side still has
    Given the stack "reference" with
      | setting         | value |
      | region_failover | on    |
    And 150 messages per second
    When steady state holds for 10 seconds
    And the link "edge" to "queue-1" goes silent for 10 seconds
    And at the same time node "queue-1" is restarted
    And 25 seconds pass
    Then traffic fails over to "sydney" within 10 seconds
    And at least 95% of messages are delivered within 10 seconds
    And no accepted message is lost
