Feature: Regional queue loss, Singapore, 10 January 2026
  As reported (unverified): from 07:00 to 14:00 Jakarta time the message-queue servers of an SMS
  platform's Singapore data centre failed. About 30% of the carrier's 36 million subscribers had
  messages fail or come late. The platform sent the carrier 100 million messages a day.

  Background:
    Given the clock starts at 2026-01-10 06:30 +07:00
    And 100 million messages a day to "smartfren", sampled 1 in 100
    And an outage costs $350,000 an hour

  Scenario: As reported: one vendor, no failover
    Given the stack "reference" with
      | setting         | value        |
      | routing         | primary-only |
      | region_failover | off          |
      | on_queue_loss   | hold         |
      | backlog_order   | fresh-first  |
      | backlog_rate    | 100          |
    When the queue in region "singapore" is lost from 07:00 to 14:00
    And 60 minutes pass
    Then between 28% and 32% of subscribers of "smartfren" are affected
    And the impact lasts between 405 minutes and 435 minutes
    And the outage is detected within 5 minutes
    And no accepted message is lost
    And the backlog drains within 30 minutes

  Scenario: With region failover
    Given the stack "reference" with
      | setting         | value        |
      | routing         | primary-only |
      | region_failover | on           |
    When the queue in region "singapore" is lost from 07:00 to 14:00
    And 30 minutes pass
    Then at least 99% of messages are delivered within 5 minutes
    And traffic fails over to "sydney" within 2 minutes
    And fewer than 1% of subscribers of "smartfren" are affected
    And no accepted message is lost

  # The spilled messages go to the same carrier by another way, which no carrier can see: that the
  # way changed in time shows in how long each message took.
  Scenario: With a second vendor, and what cannot be queued goes straight to one
    Given the stack "reference" with
      | setting         | value    |
      | routing         | priority |
      | region_failover | off      |
      | on_queue_loss   | spill    |
    When the queue in region "singapore" is lost from 07:00 to 14:00
    And 30 minutes pass
    Then at least 99% of messages are delivered within 5 minutes
    And at least 99% of messages are delivered within 2 minutes
    And fewer than 1% of subscribers of "smartfren" are affected
    And no accepted message is lost

  Scenario: What cannot be queued is refused
    Given the stack "reference" with
      | setting         | value        |
      | routing         | primary-only |
      | region_failover | off          |
      | on_queue_loss   | reject       |
    When the queue in region "singapore" is lost from 07:00 to 14:00
    And 30 minutes pass
    Then no accepted message is lost
    And no message is delivered more than once
    And no receipt is false
    And every final outcome has a receipt

  # Messages wait in the queue while its gateway is away; then the queue forgets them.
  @must-fail
  Scenario: A queue in memory forgets what it accepted
    Given the stack "reference" with
      | setting         | value        |
      | routing         | primary-only |
      | region_failover | off          |
      | store           | memory       |
    When node "gateway-1" is killed from 06:50 to 07:10
    And the queue in region "singapore" is lost from 07:00 to 07:01
    And 29 minutes pass
    Then no accepted message is lost
