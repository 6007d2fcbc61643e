Feature: The SMS vendor is down for 65 minutes
  A product sends one-time codes through one vendor. From 10:00 to 11:05 that vendor answers 503,
  after four seconds each: the average length of a major outage, and the slow kind of failure. The
  same outage is played with no defence, with each defence alone, and with all of them.

  Background:
    Given the clock starts at 2026-03-02 09:30 +00:00
    And 1 million messages a day to "vendor-a"
    And an outage costs $350,000 an hour

  Scenario: No defence
    Given the stack "codes"
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 2 minutes
    And the impact lasts between 63 minutes and 67 minutes

  Scenario: A second vendor
    Given the stack "codes" with
      | setting | value    |
      | routing | priority |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 10 minutes
    And no accepted message is lost

  Scenario: A circuit breaker with a vendor to fall back on
    Given the stack "codes" with
      | setting | value    |
      | routing | priority |
      | breaker | on       |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 10 minutes
    And no accepted message is lost

  Scenario: A queue for retry
    Given the stack "codes" with
      | setting | value  |
      | retry   | queued |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then no accepted message is lost
    And the backlog drains within 30 minutes

  Scenario: A call that reads the code out
    Given the stack "codes" with
      | setting        | value |
      | voice_fallback | on    |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then at least 99% of messages are delivered within 1 minute
    And fewer than 1% of subscribers of "vendor-a" are affected
    And no accepted message is lost

  Scenario: A local cache of number lookups
    Given the stack "codes" with
      | setting       | value  |
      | number_lookup | cached |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then the outage is detected within 2 minutes
    And the impact lasts between 63 minutes and 67 minutes

  Scenario: All of them
    Given the stack "codes" with
      | setting        | value    |
      | routing        | priority |
      | breaker        | on       |
      | retry          | queued   |
      | voice_fallback | on       |
      | number_lookup  | cached   |
    When carrier "vendor-a" answers "503" to 100% of messages from 10:00 to 11:05
    And carrier "vendor-a" answers after 4 seconds from 10:00 to 11:05
    And 55 minutes pass
    Then at least 99.9% of messages are delivered within 1 minute
    And fewer than 1% of subscribers of "vendor-a" are affected
    And no accepted message is lost
