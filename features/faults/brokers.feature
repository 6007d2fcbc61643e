Feature: A broker is lost
  The queue of one region is a broker in a container. It is killed under load and started again; what it
  has on its disk survives.

  @docker
  Scenario: RabbitMQ gives back what it confirmed
    Given the stack "reference" with
      | setting         | value    |
      | queue           | rabbitmq |
      | region_failover | off      |
      | on_queue_loss   | hold     |
      | backlog_rate    | 500      |
    And 50 messages per second
    When steady state holds for 10 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 2 minutes

  @docker
  Scenario: NATS JetStream gives back what it confirmed
    Given the stack "reference" with
      | setting         | value |
      | queue           | nats  |
      | region_failover | off   |
      | on_queue_loss   | hold  |
      | backlog_rate    | 500   |
    And 50 messages per second
    When steady state holds for 10 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 2 minutes

  @docker
  Scenario: Redis with an append-only file gives back what it confirmed
    Given the stack "reference" with
      | setting         | value |
      | queue           | redis |
      | region_failover | off   |
      | on_queue_loss   | hold  |
      | backlog_rate    | 500   |
    And 50 messages per second
    When steady state holds for 10 seconds
    And the queue in region "singapore" is lost for 30 seconds
    And 30 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 2 minutes

  # Sydney's gateway takes 32 messages a second of the 42 that come, so that a backlog waits in the broker.
  @docker @must-fail
  Scenario: A broker that keeps messages in memory loses those that wait
    Given the stack "reference" with
      | setting         | value  |
      | queue           | redis  |
      | store           | memory |
      | region_failover | off    |
      | on_queue_loss   | hold   |
      | workers         | 32     |
      | service_ms      | 1000   |
    And 60 messages per second
    When steady state holds for 20 seconds
    And the queue in region "sydney" is lost for 20 seconds
    And 20 seconds pass
    Then no accepted message is lost
