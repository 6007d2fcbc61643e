Feature: A buffer fills
  A gateway is away while its region's queue may hold only 500 messages: what comes after them goes
  the way that the edge has for a queue that takes nothing.

  Scenario: What the full queue does not take is held before it
    Given the stack "reference" with
      | setting       | value |
      | on_queue_loss | hold  |
      | backlog_rate  | 500   |
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 20 seconds
    And at the same time the buffer "queue" of "queue-1" holds only 500 events for 20 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And the backlog drains within 25 seconds

  Scenario: What the full queue does not take is refused
    Given the stack "reference" with
      | setting       | value  |
      | on_queue_loss | reject |
    And 150 messages per second
    When steady state holds for 10 seconds
    And node "gateway-1" is killed for 20 seconds
    And at the same time the buffer "queue" of "queue-1" holds only 500 events for 20 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And at least 99% of messages are delivered within 5 seconds before the fault
    And every final outcome has a receipt
